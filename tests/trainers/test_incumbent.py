import pytest
from support.advice.tiny import tiny_bundle

from pilotfish.advisors.bundle import Bundle
from pilotfish.runtime.promotions import announce
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advisors import AdvisorRolledBack
from pilotfish.schemas.errors import BundleError
from pilotfish.trainers.incumbent import incumbent
from pilotfish.trainers.promote import put_into_service


@pytest.mark.slow
def test_the_incumbent_is_the_advisor_in_service(
    settings: Settings, serving: Bundle
) -> None:
    assert incumbent(settings, settings.tenant) == serving


@pytest.mark.slow
def test_without_an_advisor_in_service_the_base_is_the_incumbent(
    settings: Settings,
) -> None:
    assert incumbent(settings, settings.tenant).card.tenant == "base"


def test_after_a_rollback_the_parent_is_the_incumbent(
    settings: Settings,
) -> None:
    tenant = settings.tenant
    parent = tiny_bundle(settings.models, tenant, "v1")
    child = tiny_bundle(settings.models, tenant, "v2", parent="v1")
    put_into_service(settings, child, "better")
    assert incumbent(settings, tenant) == child
    announce(
        settings,
        AdvisorRolledBack(
            tenant=tenant, version="v1", withdrawn="v2", checksum=parent.checksum
        ),
    )
    assert incumbent(settings, tenant) == parent


@pytest.mark.slow
@pytest.mark.parametrize("name", ["encoder.onnx", "head.safetensors", "card.json"])
def test_an_incumbent_with_a_changed_byte_is_not_loaded(
    settings: Settings, serving: Bundle, name: str
) -> None:
    content = bytearray((serving.path / name).read_bytes())
    content[len(content) // 2] ^= 1
    (serving.path / name).write_bytes(content)
    with pytest.raises(BundleError, match=name):
        incumbent(settings, settings.tenant)
