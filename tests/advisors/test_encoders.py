from pathlib import Path

from support.advice.tiny import tiny_bundle

from pilotfish.advisors.encoders import Encoders


def test_an_encoder_is_opened_once_for_all_who_use_it(tmp_path: Path) -> None:
    bundle, encoders = tiny_bundle(tmp_path, "base", "v1"), Encoders()
    assert encoders.of(bundle) is encoders.of(bundle)


def test_bundles_of_other_bytes_have_other_encoders(tmp_path: Path) -> None:
    encoders = Encoders()
    first = encoders.of(tiny_bundle(tmp_path, "base", "v1"))
    assert encoders.of(tiny_bundle(tmp_path, "base", "v2")) is not first
