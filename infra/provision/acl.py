"""Who may do what on Kafka: one set of ACLs for each role.

They keep roles apart, not tenants: whoever may publish events may publish them for any
tenant, and whoever may hear replies hears those of all tenants.
"""

from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

# The package offers them to users, but not to type checkers.
from confluent_kafka.admin._acl import AclBinding, AclOperation, AclPermissionType
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType

from pilotfish.infra.provision.roles import Role
from pilotfish.schemas.errors import ConfigurationError, UnavailableError
from pilotfish.schemas.topics import (
    ADVICE_REPLIES,
    ADVICE_REQUESTS,
    EVENTS,
)

_TIMEOUT_S: Final = 20.0
_TOPICS: Final = "pilotfish."
_LITERAL, _PREFIXED = ResourcePatternType.LITERAL, ResourcePatternType.PREFIXED

_Rule = tuple[ResourceType, str, ResourcePatternType, AclOperation]


RULES: Final[dict[Role, tuple[_Rule, ...]]] = {
    Role.AGENT: (
        (ResourceType.TOPIC, EVENTS.name, _LITERAL, AclOperation.WRITE),
        (ResourceType.TOPIC, ADVICE_REQUESTS.name, _LITERAL, AclOperation.WRITE),
        (ResourceType.TOPIC, ADVICE_REPLIES.name, _LITERAL, AclOperation.READ),
    ),
    Role.SERVICE: (
        (ResourceType.TOPIC, _TOPICS, _PREFIXED, AclOperation.ALL),
        (ResourceType.GROUP, "pilotfish-", _PREFIXED, AclOperation.READ),
    ),
    Role.ANALYST: (
        (ResourceType.TOPIC, _TOPICS, _PREFIXED, AclOperation.READ),
        (ResourceType.GROUP, "analyst-", _PREFIXED, AclOperation.READ),
    ),
}
"""Kind of resource, its name or the beginning of it, and the operation that is allowed.

Who may read or write a topic may describe it too.
"""


def bindings(role: Role, user: str) -> list[AclBinding]:
    """Return a role's rules for a Kafka user, from any host."""
    return [
        AclBinding(
            *(kind, name, pattern, f"User:{user}", "*"),
            *(operation, AclPermissionType.ALLOW),
        )
        for kind, name, pattern, operation in RULES[role]
    ]


def grant(client: dict[str, Any], role: Role, user: str) -> None:
    """Let a Kafka user do what a role needs; what is allowed already stays so.

    Args:
        client: librdkafka's connection properties, of a user who may alter ACLs.
        role: which rules.
        user: the name without `User:`.

    Raises:
        ConfigurationError: Kafka has no authorizer, or refuses who asks.
        UnavailableError: Kafka does not answer within twenty seconds.
    """
    if not user or "*" in user:
        raise ConfigurationError(f"{user!r} is no single user: give the name of one")
    admin = AdminClient(client | {"log_level": 0})
    made = admin.create_acls(bindings(role, user), request_timeout=_TIMEOUT_S)
    for future in made.values():
        try:
            future.result()
        except KafkaException as error:
            raise _mapped(error.args[0]) from error


def _mapped(error: KafkaError) -> ConfigurationError | UnavailableError:
    if error.code() == KafkaError.SECURITY_DISABLED:
        return ConfigurationError("Kafka has no authorizer: set authorizer.class.name")
    if error.code() == KafkaError.CLUSTER_AUTHORIZATION_FAILED:
        return ConfigurationError(f"Kafka refuses: {error.str()}; come as an admin")
    return UnavailableError(f"Kafka granted nothing: {error.str()}")
