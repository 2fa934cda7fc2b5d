"""Shapes of secrets. All of them are made up; none was ever valid."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pilotfish
from pilotfish import redact_secrets
from pilotfish.schemas.codec import encode
from pilotfish.testing import MemoryClient

LETTERS = "Zx9" * 20
SECRETS = {
    "AKIA" + "IOSFODNN7EXAMPLE": "key",
    "sk-" + LETTERS[:48]: "key",
    "sk-proj-" + LETTERS[:40]: "key",
    "sk_live_" + LETTERS[:24]: "key",
    "AIza" + LETTERS[:35]: "key",
    "ghp_" + LETTERS[:36]: "token",
    "github_pat_" + LETTERS[:50]: "token",
    "glpat-" + LETTERS[:20]: "token",
    "xoxb-" + "1234567890-" + LETTERS[:24]: "token",
    "hf_" + LETTERS[:34]: "token",
    "eyJ" + LETTERS[:20] + ".eyJ" + LETTERS[:30] + "." + LETTERS[:43]: "token",
    "Bearer " + LETTERS[:40]: "token",
    "ann.example+tag@mail.example.org": "e-mail",
    "4111 1111 1111 1111": "card",
    "5500-0055-5555-5559": "card",
    "378282246310005": "card",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE"
    + LETTERS
    + "\n-----END RSA PRIVATE KEY-----": ("private key"),
    "PASSWORD=hunter22": "secret",
    '"api_key": "' + LETTERS[:20]: "secret",
}
HARMLESS = (
    "SELECT count(*) FROM heads WHERE age > 56",
    "1234 5678 9012 3456",
    "a@b",
    "the token bucket holds 40",
    "ftp://example.org/a:b/c",
    "x = sk + rk",
    "3.14159",
    "01926d3a-7b2c-7def-8a11-0123456789ab",
    "2026-11-25T17:30:00Z",
    "task-oriented",
    "1000000000000000000000000000",
    "password must be long",
)


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "around", ["{}", "it is {} .", 'curl -H "{}" host', "a\n{}\nb"]
)
def test_a_secret_is_replaced_by_its_kind(secret: str, around: str) -> None:
    redacted = redact_secrets(around.format(secret))
    assert f"[{SECRETS[secret]}]" in redacted
    assert (
        LETTERS[:16] not in redacted
        and "1111" not in redacted
        and "hunter" not in redacted
    )


def test_a_url_keeps_all_but_user_and_password() -> None:
    redacted = redact_secrets("see ftp://ann:hunter22@db.example.org/path")
    assert redacted == "see ftp://[password]@db.example.org/path"


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_texts_stay_unchanged(text: str) -> None:
    assert redact_secrets(text) == text


@given(st.text())
def test_redacting_twice_changes_no_more(text: str) -> None:
    once = redact_secrets(text)
    assert redact_secrets(once) == once


@pytest.mark.parametrize(
    "unit",
    ["a", "1", "-----BEGIN PRIVATE KEY-----", "eyJ" + "a" * 9 + ".", "a@", "://a:"],
)
def test_no_text_takes_long(unit: str) -> None:
    """The longest possible content, which makes a careless pattern backtrack."""
    text = unit * (256 * 1024 // len(unit))
    begun = time.process_time()
    redact_secrets(text)
    assert time.process_time() - begun < 5


def test_one_switch_keeps_secrets_out_of_every_event() -> None:
    with MemoryClient(redact=pilotfish.redact_secrets) as client:
        secret = "ghp_" + LETTERS[:36]
        with client.attempt(f"use {secret}") as attempt:
            attempt.action("curl", f"-H 'Bearer {secret}'")
            attempt.fail(f"401 for {secret}")
        client.feedback(attempt.id, 0.0, detail=secret)
        assert len(client.events) >= 4
        assert all(secret.encode() not in encode(event) for event in client.events)
