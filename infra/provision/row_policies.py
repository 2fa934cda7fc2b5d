"""ClickHouse's row policies: a role for each tenant that reads this tenant's rows alone.

For a ClickHouse server of your own; the embedded one makes no roles. A policy and a
right go together in a role, so whoever lays the role down loses both.
"""

from typing import Final

from pilotfish.infra.sql import quoted
from pilotfish.schemas.errors import ConfigurationError

RELATIONS: Final = (
    "attempts",
    "attempts_current",
    "clusters",
    "dead_letters",
    "drift",
    "events",
    "forgotten",
    "grouped_attempts",
    "groups",
    "hint_lift",
    "hints",
    "label_models",
    "learning_curve",
    "memory",
    "memory_current",
    "playbook",
    "playbook_current",
    "success_by_approach",
    "trainings",
    "window_counts",
    "window_counts_by_partition",
)
"""Every table and view with a column `tenant`.

A view reads with the rights of who asks, so the policies of its tables hold behind it. It
has one of its own in case a server's settings made it read with its definer's rights.
"""

_ROLE: Final = "pilotfish_reader_"


def row_policies(tenant: str, database: str = "default") -> list[str]:
    """Return the statements that make a tenant's role; they may be run again.

    Policies come before rights: at no moment does the role read more than it should.

    Raises:
        ConfigurationError: the tenant is empty.
    """
    if not tenant:
        raise ConfigurationError("'' is no tenant: give the name of one")
    role, mine = _name(_ROLE + tenant), condition(tenant)
    places = [f"{_name(database)}.{_name(relation)}" for relation in RELATIONS]
    return [
        f"CREATE ROLE IF NOT EXISTS {role}",
        *(
            f"CREATE ROW POLICY OR REPLACE {role} ON {place} USING {mine} TO {role}"
            for place in places
        ),
        *(f"GRANT SELECT ON {place} TO {role}" for place in places),
    ]


def condition(tenant: str) -> str:
    """Return what is true for a tenant's rows and for no others."""
    return f"tenant = {quoted(tenant)}"


def _name(text: str) -> str:
    return quoted(text, "`")
