import pytest

from pilotfish.advisors.bundle import Bundle
from pilotfish.schemas.errors import BundleError
from pilotfish.schemas.settings import Settings
from pilotfish.trainers.incumbent import incumbent


@pytest.mark.slow
def test_the_incumbent_is_who_was_put_into_service(
    settings: Settings, serving: Bundle
) -> None:
    assert incumbent(settings, settings.tenant) == serving


@pytest.mark.slow
def test_where_nobody_serves_the_base_does(settings: Settings) -> None:
    assert incumbent(settings, settings.tenant).card.tenant == "base"


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
