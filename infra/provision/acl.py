"""Kafka's access control lists: one set of rules for each role.

They separate roles, not tenants: a user who may publish events may publish them for any
tenant, and a user who may read replies reads those of all tenants.
"""

from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

# Public names of confluent_kafka.admin, but hidden from type checkers there.
from confluent_kafka.admin._acl import AclBinding, AclOperation, AclPermissionType
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType

from pilotfish.infra.provision.roles import Role
from pilotfish.schemas.errors import ConfigurationError, UnavailableError
from pilotfish.schemas.topics import (
    ADVICE_REPLIES,
    ADVICE_REQUESTS,
    COLLECTOR_TOPICS,
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
        *(
            (ResourceType.TOPIC, topic.name, _LITERAL, AclOperation.ALL)
            for topic in COLLECTOR_TOPICS
        ),
        (ResourceType.GROUP, "pilotfish-", _PREFIXED, AclOperation.READ),
    ),
    Role.ANALYST: (
        (ResourceType.TOPIC, _TOPICS, _PREFIXED, AclOperation.READ),
        (ResourceType.GROUP, "analyst-", _PREFIXED, AclOperation.READ),
    ),
}
"""Kind of resource, its name or name prefix, and the permitted operation.

Kafka lets a user who may read or write a topic describe it too.
"""


def bindings(role: Role, user: str) -> list[AclBinding]:
    """Return a role's rules for a Kafka user, from any host."""
    return [
        AclBinding(
            restype=kind,
            name=name,
            resource_pattern_type=pattern,
            principal=f"User:{user}",
            host="*",
            operation=operation,
            permission_type=AclPermissionType.ALLOW,
        )
        for kind, name, pattern, operation in RULES[role]
    ]


def grant(client: dict[str, Any], role: Role, user: str) -> None:
    """Permit a Kafka user what a role needs; existing permissions stay.

    Args:
        client: librdkafka's connection properties, of a user who may alter ACLs.
        role: the role whose rules to create.
        user: the user's name, without `User:`.

    Raises:
        ConfigurationError: Kafka has no authorizer, or refuses the connected user.
        UnavailableError: Kafka does not answer within twenty seconds.
    """
    if not user or "*" in user:
        raise ConfigurationError(
            f"{user!r} does not name one user: give the name of a single user"
        )
    admin = AdminClient(client | {"log_level": 0})
    created = admin.create_acls(bindings(role, user), request_timeout=_TIMEOUT_S)
    for future in created.values():
        try:
            future.result()
        except KafkaException as error:
            raise _mapped(error.args[0]) from error


def _mapped(error: KafkaError) -> ConfigurationError | UnavailableError:
    if error.code() == KafkaError.SECURITY_DISABLED:
        return ConfigurationError("Kafka has no authorizer: set authorizer.class.name")
    if error.code() == KafkaError.CLUSTER_AUTHORIZATION_FAILED:
        return ConfigurationError(
            f"Kafka refuses to change ACLs: {error.str()}; connect as an admin user"
        )
    return UnavailableError(f"Kafka created no ACLs: {error.str()}")
