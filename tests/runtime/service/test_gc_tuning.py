import gc
from collections.abc import Iterator

import pytest

from pilotfish.runtime.service.gc_tuning import loading


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    gc.enable()


def test_while_modules_load_nothing_is_collected() -> None:
    with loading():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_failed_import_leaves_the_collector_on() -> None:
    with pytest.raises(ImportError), loading():
        raise ImportError
    assert gc.isenabled()


def test_who_had_it_off_has_it_off() -> None:
    gc.disable()
    with loading():
        pass
    assert not gc.isenabled()
