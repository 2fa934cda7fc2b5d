"""Which fact of an attempt counts as its approach: `connect(approach_by=...)`."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from pilotfish.schemas.errors import ConfigurationError

Fact = Literal["skill", "sub_agent", "model", "version"]
"""The skill that was loaded first, the sub-agent that was called first, the agent's model,
or its version, for example that of its prompt."""

_FACTS: Final = get_args(Fact)


@dataclass(frozen=True, slots=True)
class ApproachBy:
    """The fact that counts, of an agent with this model and version; None: no fact does.

    Raises:
        ConfigurationError: there is no such fact, or the agent does not have it.
    """

    fact: Fact | None = None
    model: str = ""
    version: str = ""

    def __post_init__(self) -> None:
        if self.fact is not None and self.fact not in _FACTS:
            raise ConfigurationError(
                f"approach_by is {self.fact!r}: give one of {', '.join(_FACTS)}"
            )
        if self.fact in ("model", "version") and not self.of_agent:
            raise ConfigurationError(
                f"approach_by is {self.fact!r}: give `model` or `agent_version`, too"
            )

    @property
    def of_agent(self) -> str:
        """The approach of all attempts of the agent; empty if their steps tell it."""
        return {"model": self.model, "version": self.version}.get(self.fact or "", "")

    def of_step(self, kind: str, tool: str, arguments: str) -> str:
        """Return the approach that a step tells; empty if it tells none."""
        if kind != "action" or self.fact not in ("skill", "sub_agent"):
            return ""
        from pilotfish.schemas.delegation import skill_of, sub_agent_of

        if self.fact == "skill":
            return skill_of(tool, arguments)
        return sub_agent_of(arguments)
