from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from pilotfish.runtime.folders import DATA
from pilotfish.runtime.settings import Settings


def test_each_setting_comes_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PILOTFISH_KAFKA", "broker:9092")
    monkeypatch.setenv("PILOTFISH_TRAIN_AT", "750")
    monkeypatch.setenv("PILOTFISH_HOME", "/srv/pilotfish")
    settings = Settings()
    assert (settings.kafka, settings.train_at) == ("broker:9092", 750)
    assert settings.models == Path("/srv/pilotfish/models")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KAFKA_SECURITY", "TLS"),
        ("TRAIN_AT", "49"),
        ("TRAIN_AT", "many"),
        ("HOLDOUT", "1.5"),
        ("IDLE_S", "0"),
    ],
)
def test_a_wrong_value_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"PILOTFISH_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


def test_passwords_are_not_shown() -> None:
    secret = SecretStr("hush")
    settings = Settings(kafka_password=secret, clickhouse_password=secret)
    assert "hush" not in repr(settings) + str(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CLICKHOUSE", "http://me:hush@server:8123"),
        ("CLICKHOUSE", "http://server:8123/?password=hush"),
        ("KAFKA_SECURITY", "hush"),
    ],
)
def test_a_refused_value_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """It may be a password: in an address, or in the wrong variable."""
    monkeypatch.setenv(f"PILOTFISH_{name}", value)
    with pytest.raises(ValidationError, match=name.lower()) as raised:
        Settings()
    assert "hush" not in str(raised.value)


def test_another_process_gets_the_same_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = Settings(
        home=tmp_path,
        kafka_password=SecretStr("hush"),
        kafka_ca=tmp_path / "ca.pem",
        holdout=0.2,
    )
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    assert Settings() == settings


@pytest.mark.parametrize(
    ("given", "home"),
    [
        ("", DATA),
        ("data", Path.cwd() / "data"),
        ("~/data", Path.home() / "data"),
    ],
)
def test_a_home_is_the_same_in_every_folder(
    monkeypatch: pytest.MonkeyPatch, given: str, home: Path
) -> None:
    monkeypatch.setenv("PILOTFISH_HOME", given)
    assert Settings().home == home


def test_a_home_of_nobody_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PILOTFISH_HOME", "~nobody-of-this-name/data")
    with pytest.raises(ValidationError, match="home directory"):
        Settings()


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().tenant = "other"  # type: ignore[misc]
