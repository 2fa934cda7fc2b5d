"""Where things are: read from the environment once, in each process's `__main__`."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from pilotfish.runtime.folders import DATA
from pilotfish.schemas.errors import ConfigurationError

CLICKHOUSE_CLIENT = "pilotfish"
"""How pilotfish calls itself to ClickHouse: the embedded one has threads for it alone."""
CLICKHOUSE_READER = "readonly"
"""Name of the embedded ClickHouse's user that only reads."""

FilterName = Literal["everything", "rated", "judged"]
"""Which attempts trainings learn: all, those of high quality, or those whose label the
small model itself believes."""


class Settings(BaseSettings):
    """All settings, each from `PILOTFISH_<NAME>`; the defaults are the embedded set-up."""

    model_config = SettingsConfigDict(
        env_prefix="PILOTFISH_", frozen=True, hide_input_in_errors=True
    )

    tenant: str = "default"
    home: Path = DATA

    kafka: str = "127.0.0.1:29092"
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = (
        "PLAINTEXT"
    )
    kafka_sasl_mechanism: str = "SCRAM-SHA-512"
    kafka_username: str = ""
    kafka_password: SecretStr = SecretStr("")
    kafka_ca: Path | None = None

    clickhouse: str = "http://127.0.0.1:28123"
    clickhouse_user: str = "default"
    clickhouse_password: SecretStr = SecretStr("")
    clickhouse_readonly_password: SecretStr = SecretStr("")
    """Lets the user `readonly` into the embedded ClickHouse, to read within limits."""
    clickhouse_database: str = "default"

    retention: str = ""
    """Days that tables keep rows, as `events=90,memory=30`; else 400."""

    train_at: int = Field(default=500, ge=50)
    """New labelled attempts of a tenant at which a training starts."""
    holdout: float = Field(default=0.05, ge=0, le=1)
    """Share of advice requests that get no hint on purpose."""
    cost_weight: float = Field(default=0.0, ge=0)
    """P(success) that a unit of an attempt's cost is worth when approaches are compared."""
    learn_from: FilterName = "judged"
    idle_s: float = Field(default=3600.0, gt=0)
    """Seconds without an event after which an open attempt counts as abandoned."""
    trace_quiet_s: float = Field(default=600.0, gt=0)
    """Seconds without a span after which a trace without its root counts as abandoned."""
    labelling: str = ""
    """A module with labelling functions of your own, as Python imports it."""
    naming_model: str = ""
    """A chat model that names groups by their terms, at OPENAI_BASE_URL; else terms do."""
    metrics_port: int | None = Field(default=None, ge=1, le=65535)
    """Where a service shows metrics and health; None: nowhere.

    `pilotfish up` gives this port and the next ones to its services.
    """
    metrics_host: str = "127.0.0.1"
    """The address it listens on; whoever reaches it may read, without a password."""
    http_port: int = Field(default=4318, ge=1, le=65535)
    """Where `pilotfish serve` listens; the default is OTLP's own port."""
    http_host: str = "127.0.0.1"
    """The address it listens on; any other than this machine's own needs a token."""
    http_token: SecretStr = SecretStr("")
    """What its clients have to show: a token, or `tenant=token,tenant=token`."""
    base_model: str = "minilm"
    """What LoRA adapts: `minilm`, `smollm2`, or a folder with a Hugging Face model."""

    @field_validator("home", mode="before")
    @classmethod
    def _named(cls, home: str | Path) -> str | Path:
        """Take the default for an empty text, not the current folder."""
        return home or DATA

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        """Say where it is from the root on: servers run in folders of their own."""
        try:
            return home.expanduser().absolute()
        except RuntimeError as error:
            raise ValueError(str(error)) from error

    @field_validator("clickhouse")
    @classmethod
    def _plain_url(cls, address: str) -> str:
        """Refuse what is no URL, and what errors and `pilotfish doctor` would show."""
        if "@" in address or "?" in address:
            raise ValueError(
                "the address must have no user and no password: set "
                "PILOTFISH_CLICKHOUSE_USER and PILOTFISH_CLICKHOUSE_PASSWORD"
            )
        if not address.startswith(("http://", "https://")):
            raise ValueError(
                "the address needs its scheme, http or https, as in "
                "http://127.0.0.1:28123"
            )
        if not _names_a_host(address):
            raise ValueError("the address must have a host, and a port from 1 to 65535")
        return address

    @field_validator("kafka")
    @classmethod
    def _hosts(cls, addresses: str) -> str:
        """Refuse what Kafka's clients take in different ways, or look up in vain."""
        for address in addresses.split(","):
            if "/" in address or not _names_a_host(f"//{address.strip()}"):
                raise ValueError(
                    "each address must be HOST:PORT without a scheme, as in "
                    "127.0.0.1:29092; commas separate several"
                )
        return addresses

    @property
    def models(self) -> Path:
        """The model store."""
        return self.home / "models"

    def environment(self) -> dict[str, str]:
        """Return the variables that make these settings in another process."""
        return {
            f"PILOTFISH_{name.upper()}": _text(value)
            for name, value in self
            if value is not None
        }


def wrong_settings(error: ValidationError) -> ConfigurationError:
    """Return the error for settings that are refused: it names them, not their values."""
    problems = []
    for problem in error.errors(include_url=False, include_input=False):
        name = "_".join(str(part) for part in problem["loc"]).upper()
        reason = problem["msg"].removeprefix("Value error, ")
        problems.append(f"PILOTFISH_{name}: {reason}")
    return ConfigurationError("; ".join(problems))


def _names_a_host(url: str) -> bool:
    parts = urlsplit(url)
    try:
        return bool(parts.hostname) and parts.port != 0
    except ValueError:  # no number, or too large
        return False


def _text(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
