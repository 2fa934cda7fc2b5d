"""The tools over standard input and output, for a client that starts them as a process."""

from pilotfish.runtime.settings import Settings
from pilotfish.web.advice import Advice
from pilotfish.web.attempts import Attempts
from pilotfish.web.behind import opened
from pilotfish.web.bodies import Bodies
from pilotfish.web.mcp_server import mcp_server
from pilotfish.web.tools import Tools


def run(settings: Settings) -> None:
    """Answer until standard input ends; the tenant is that of the settings.

    Raises:
        ConfigurationError: a setting is wrong.
    """
    with opened(settings) as behind:
        bodies = Bodies()
        advice = Advice(behind.channel, behind.client_id, bodies)
        tools = Tools(advice, Attempts(behind.publisher, bodies), behind.knowledge)
        mcp_server(tools, settings.tenant).run("stdio")
