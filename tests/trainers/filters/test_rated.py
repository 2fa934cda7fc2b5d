"""The filter by quality."""

from dataclasses import replace

from support.advice.worlds import attempts, rows, world

from pilotfish.trainers.filters.rated import THRESHOLDS, rated


def test_what_is_kept_is_all_above_one_of_the_thresholds() -> None:
    made = world(100)
    told = attempts(made, 0.2)
    kept = rated(told, rows(made)).tolist()
    quality = [one.quality for one in told]
    assert kept in [[one >= least for one in quality] for least in THRESHOLDS]


def test_lost_failures_go_and_the_others_stay_to_tell_approaches_apart() -> None:
    made = world(150)
    told = [
        replace(one, conduct=0.0) if number % 30 == 0 else one
        for number, one in enumerate(attempts(made, 0.0))
    ]
    kept = rated(told, rows(made))
    lost = [one.p_success == 0 and one.conduct == 0 for one in told]
    assert any(lost)
    assert kept.tolist() == [not one for one in lost]


def test_failures_that_went_as_usual_are_all_kept() -> None:
    made = world(60)
    told = [replace(one, conduct=1.0) for one in attempts(made, 0.0)]
    assert rated(told, rows(made)).all()
