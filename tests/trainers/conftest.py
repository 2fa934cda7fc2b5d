"""Models of two layers, saved as folders; an advisor in service."""

from collections.abc import Callable
from pathlib import Path

import pytest
from support.advice.tiny_models import save_tiny_model

from pilotfish.advisors import bundle
from pilotfish.advisors.bundle import Bundle
from pilotfish.advisors.store import ModelStore
from pilotfish.runtime.settings import Settings
from pilotfish.trainers.base import ensure_base
from pilotfish.trainers.promote import put_into_service


@pytest.fixture
def serving(settings: Settings, serve: Callable[[Bundle], Bundle]) -> Bundle:
    """The base advisor under another name, in service for the test's tenant."""
    return serve(ensure_base(settings))


@pytest.fixture
def serve(settings: Settings) -> Callable[[Bundle], Bundle]:
    """Return a function that puts a bundle into service under the name `first`."""

    def put(base: Bundle) -> Bundle:
        made = bundle.write(
            ModelStore(settings.models).path(settings.tenant, "first"),
            base.card.model_dump(exclude={"files"})
            | {"tenant": settings.tenant, "version": "first"},
            {name: (base.path / name).read_bytes() for name in bundle.FILES},
        )
        put_into_service(settings, made, "put there by a test")
        return made

    return put


@pytest.fixture
def tiny_model(tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that saves a model of an architecture and returns its folder."""
    return lambda architecture: save_tiny_model(architecture, tmp_path / architecture)
