"""A Kafka that asks who is there: TLS, SCRAM and the authorizer, as in production."""

from pathlib import Path
from typing import Any

import trustme
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import (
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
)
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType
from confluent_kafka.admin._scram import (
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import SecretStr

from pilotfish.infra.embedded.kafka import EmbeddedKafka
from pilotfish.runtime.settings import Settings

PASSWORD = "s3cret-of-the-test"


class SecuredKafka(EmbeddedKafka):
    """The embedded broker with a second listener; whoever comes to the first is root."""

    def __init__(self, data: Path, ports: list[int]) -> None:
        super().__init__(data, ports[0], ports[1])
        self._secured_port = ports[2]
        self.ca = data.parent / "ca.pem"
        self._key = data.parent / "server.pem"
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca)
        made = authority.issue_cert("localhost", "127.0.0.1")
        chain = b"".join(one.bytes() for one in made.cert_chain_pems)
        self._key.write_bytes(_pkcs8(made.private_key_pem.bytes()) + chain)

    def _configure(self) -> Path:
        path = super()._configure()
        text = path.read_text(encoding="utf-8")
        listener = f"SASL_SSL://127.0.0.1:{self._secured_port}"
        lines = [
            f"{line},{listener}" if "listeners=PLAINTEXT" in line else line
            for line in text.splitlines()
        ]
        lines += [
            "listener.security.protocol.map="
            "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL",
            "sasl.enabled.mechanisms=SCRAM-SHA-512",
            "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config="
            "org.apache.kafka.common.security.scram.ScramLoginModule required;",
            "ssl.keystore.type=PEM",
            f"ssl.keystore.location={self._key}",
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users=User:ANONYMOUS",
        ]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    @property
    def root(self) -> dict[str, Any]:
        """Connection properties of who may do everything."""
        return {"bootstrap.servers": self.bootstrap}

    def add_user(self, name: str) -> None:
        """Let a user in, with `PASSWORD`; what he may do is another matter."""
        scram = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        user = UserScramCredentialUpsertion(name, scram, PASSWORD.encode())
        admin = AdminClient(self.root)
        admin.alter_user_scram_credentials([user])[name].result(60)

    def take_away(self, user: str, kind: ResourceType) -> None:
        """Delete a user's rules about one kind of resource."""
        anything: Any = None  # the package's types do not know that it may be
        found = AclBindingFilter(
            *(kind, anything, ResourcePatternType.ANY, f"User:{user}", anything),
            *(AclOperation.ANY, AclPermissionType.ANY),
        )
        admin = AdminClient(self.root)  # it must live until the answer is there
        [deleted] = admin.delete_acls([found]).values()
        assert deleted.result(60)

    def forget_user(self, name: str) -> None:
        """Delete a user's password, and start again: open connections would go on."""
        user = UserScramCredentialDeletion(name, ScramMechanism.SCRAM_SHA_512)
        admin = AdminClient(self.root)
        admin.alter_user_scram_credentials([user])[name].result(60)
        self.stop()
        self.start()

    def settings(self, user: str, password: str = PASSWORD) -> Settings:
        """What this user sets to come in by the secured door."""
        return Settings(
            kafka=f"127.0.0.1:{self._secured_port}",
            kafka_security="SASL_SSL",
            kafka_username=user,
            kafka_password=SecretStr(password),
            kafka_ca=self.ca,
        )


def _pkcs8(key: bytes) -> bytes:
    """Return a private key as Java reads it."""
    return load_pem_private_key(key, None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
