"""Events of a few attempts as hypothesis draws them: odd, late, doubled, out of order."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from pilotfish.schemas.events import (
    Agent,
    AttemptEnded,
    AttemptStarted,
    Event,
    FeedbackGiven,
    HintMark,
    SignalRecorded,
    StepRecorded,
    StrategyAssigned,
)

START = datetime(2026, 1, 1, tzinfo=UTC)

times = st.integers(0, 10_000_000_000).map(
    lambda us: START + timedelta(microseconds=us)
)
names = st.sampled_from(["plan", "react", "direct"])
values = st.floats(0, 1)
common = {
    "event_id": st.integers(0, 40).map("event-{}".format),
    "attempt_id": st.sampled_from(["a", "b", "c"]),
    "tenant": st.sampled_from(["one", "two"]),
    "at": times,
}
hints = st.builds(
    HintMark,
    request_id=st.just("request"),
    approach=st.none() | names,
    propensity=st.none() | st.floats(0.01, 1),
    holdout=st.booleans(),
    advisor_version=st.sampled_from(["", "v1"]),
)
agents = st.builds(Agent, name=names, version=st.just("1"), model=st.just("m"))
events: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        AttemptStarted,
        **common,
        problem=st.sampled_from(["", "p1", "p'2\n\\"]),
        problem_type=st.sampled_from(["", "sql", "it's \\ odd"]),
        approach=st.none() | names,
        agent=agents,
    ),
    st.builds(
        StepRecorded,
        **common,
        kind=st.just("action"),
        name=names,
        cost=st.floats(0, 1e9),
        tokens=st.integers(0, 10**12),
    ),
    st.builds(
        SignalRecorded,
        **common,
        kind=st.sampled_from(["explicit", "verifier", "judge", "infrastructure"]),
        value=st.none() | values,
    ),
    st.builds(
        AttemptEnded,
        **common,
        status=st.sampled_from(
            ["succeeded", "failed", "infrastructure", "abandoned", "unknown"]
        ),
        approach=st.none() | names,
        hint=st.none() | hints,
    ),
    st.builds(FeedbackGiven, **common, value=values, source=names),
    st.builds(StrategyAssigned, **common, strategy=st.just("") | names),
)
