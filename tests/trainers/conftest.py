"""Models of two layers, saved as folders; an advisor in service."""

from collections.abc import Callable
from pathlib import Path

import pytest
from advice.tiny_models import save_tiny_model

from pilotfish.advisors import bundle
from pilotfish.advisors.bundle import Bundle
from pilotfish.advisors.store import BASE_TENANT, ModelStore
from pilotfish.runtime.settings import Settings
from pilotfish.trainers.base import ensure_base
from pilotfish.trainers.base_build import build
from pilotfish.trainers.promote import put_into_service


@pytest.fixture
def serving(settings: Settings) -> Bundle:
    """The base advisor under another name, in service for the test's tenant."""
    return _serve(settings, ensure_base(settings))


@pytest.fixture
def small_serving(settings: Settings, tiny_model: Callable[[str], Path]) -> Bundle:
    """One of two layers, in service as `serving` is."""
    place = ModelStore(settings.models).path(BASE_TENANT, "small")
    build(str(tiny_model("bert")), "small", place)
    base = ModelStore(settings.models).bundle(BASE_TENANT, "small")
    return _serve(settings, base)


def _serve(settings: Settings, base: Bundle) -> Bundle:
    made = bundle.write(
        ModelStore(settings.models).path(settings.tenant, "first"),
        base.card.model_dump(exclude={"files"})
        | {"tenant": settings.tenant, "version": "first"},
        {name: (base.path / name).read_bytes() for name in bundle.FILES},
    )
    put_into_service(settings, made, "put there by a test")
    return made


@pytest.fixture
def tiny_model(tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that saves a model of an architecture and gives its folder."""
    return lambda architecture: save_tiny_model(architecture, tmp_path / architecture)
