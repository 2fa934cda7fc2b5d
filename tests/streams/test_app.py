import ssl

import pytest
from pydantic import SecretStr

from pilotfish.runtime.settings import Settings
from pilotfish.streams.app import create_app


def test_every_broker_of_the_settings_is_used() -> None:
    app = create_app(Settings(kafka="one:1, two:2"))
    assert [str(url) for url in app.conf.broker] == ["kafka://one:1", "kafka://two:2"]
    assert app.conf.broker_credentials is None


@pytest.mark.parametrize("security", ["SASL_PLAINTEXT", "SASL_SSL"])
def test_name_and_password_reach_kafka(security: str) -> None:
    settings = Settings(
        kafka_security=security,  # type: ignore[arg-type]
        kafka_username="me",
        kafka_password=SecretStr("secret"),
    )
    credentials = create_app(settings).conf.broker_credentials
    assert (credentials.username, credentials.password) == ("me", "secret")
    assert credentials.mechanism.value == "SCRAM-SHA-512"
    assert credentials.protocol.value == security
    assert (credentials.ssl_context is not None) == security.endswith("SSL")


def test_tls_checks_the_broker() -> None:
    credentials = create_app(Settings(kafka_security="SSL")).conf.broker_credentials
    assert credentials.protocol.value == "SSL"
    assert credentials.context.verify_mode == ssl.CERT_REQUIRED


def test_faust_creates_no_topics_and_opens_no_port() -> None:
    conf = create_app(Settings()).conf
    assert not conf.topic_allow_declare and conf.topic_disable_leader
    assert not conf.web_enabled and not conf.stream_wait_empty
