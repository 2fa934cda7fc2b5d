"""ClickHouse's row policies: for each tenant a role that reads only that tenant's rows.

For a ClickHouse server of your own; the embedded one has no roles. Policy and grant
belong to the same role, so a session that gives up the role loses both.
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
    "spans",
    "strategies",
    "strategies_current",
    "strategy_adherence",
    "strategy_patterns",
    "success_by_approach",
    "success_by_strategy",
    "trainings",
    "window_counts",
    "window_counts_by_partition",
)
"""Every table and view with a column `tenant`.

A view reads with the caller's rights, so the policies of its tables apply. It has its own
policy in case a server's settings make it read with its definer's rights.
"""

_ROLE: Final = "pilotfish_reader_"


def row_policies(tenant: str, database: str = "default") -> list[str]:
    """Return the statements that create a tenant's role; running them again is safe.

    Policies come before grants, so the role can never read more than it should.

    Raises:
        ConfigurationError: the tenant is empty.
    """
    if not tenant:
        raise ConfigurationError("the tenant is empty: give a tenant's name")
    role, own_rows = _identifier(_ROLE + tenant), condition(tenant)
    relations = [f"{_identifier(database)}.{_identifier(name)}" for name in RELATIONS]
    return [
        f"CREATE ROLE IF NOT EXISTS {role}",
        *(
            f"CREATE ROW POLICY OR REPLACE {role} ON {name} USING {own_rows} TO {role}"
            for name in relations
        ),
        *(f"GRANT SELECT ON {name} TO {role}" for name in relations),
    ]


def condition(tenant: str) -> str:
    """Return the SQL condition that holds for a tenant's rows only."""
    return f"tenant = {quoted(tenant)}"


def _identifier(text: str) -> str:
    return quoted(text, "`")
