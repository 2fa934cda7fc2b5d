from hypothesis import given
from hypothesis import strategies as st

from pilotfish.schemas.codec import encode
from pilotfish.schemas.events import MAX_CONTENT, StepRecorded
from pilotfish.schemas.fitting import fitting
from pilotfish.schemas.topics import EVENTS


@given(st.characters(codec="utf-8"), st.integers(0, MAX_CONTENT))
def test_a_step_fits_and_keeps_the_beginning_of_its_content(
    character: str, length: int
) -> None:
    step = StepRecorded(
        attempt_id="a", kind="action", name="x", content=character * length
    )
    cut = fitting(step)
    assert len(encode(cut)) <= EVENTS.max_bytes
    assert step.content.startswith(cut.content)
    assert cut.truncated == (len(cut.content) < length)
