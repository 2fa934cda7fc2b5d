"""The advisor killed again and again: it forgets no label and counts none twice."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from faults.processes import Platform, logs
from support.advice.asking import APPROACHES, Asker, lessons, publish_labels
from support.advice.tiny import tiny_bundle
from support.polling import eventually

from pilotfish.advisors.advisor import Advisor
from pilotfish.advisors.bundle import Bundle
from pilotfish.advisors.embedding_cache import EmbeddingCache
from pilotfish.advisors.encoder import Encoder
from pilotfish.advisors.state import AdvisorState
from pilotfish.consumers.advisor.snapshot_store import SnapshotStore
from pilotfish.schemas.labels import AttemptLabelled, PlacedLabel

PROBLEM = "w1 w7"
PAUSES_S = (0.5, 3.0, 1.0, 2.0)
"""From new labels to a worker's death; before the third one, it saves a snapshot."""


@pytest.mark.slow
def test_killed_while_it_learns_it_knows_each_label_once(platform: Platform) -> None:
    settings = platform.settings.model_copy(update={"holdout": 0.0})
    bundle = tiny_bundle(settings.models, "base", "tiny-1")
    labels = lessons(settings, 160, "react")
    revised = [_revised(one) for one in labels[:40]]
    asker, snapshots = Asker(settings), SnapshotStore(settings.models)
    with platform.services("advisor") as services:
        advisor = services["advisor"]
        for part, pause_s in enumerate(PAUSES_S):
            publish_labels(settings, *labels[40 * part : 40 * part + 40])
            if part == 2:
                eventually(lambda: bool(snapshots.read_place()))
            time.sleep(pause_s)
            advisor.kill()
            advisor.start()
        publish_labels(settings, *revised, *labels[:20])
        expected = pytest.approx(_taught(bundle, [*labels, *revised]), abs=1e-6)
        try:
            eventually(lambda: asker.believed(PROBLEM), expected)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{logs([advisor])}") from error
        assert advisor.stop() == 0
        assert b'"left_behind"' not in advisor.log.read_bytes()
    asker.close()


def _revised(one: AttemptLabelled) -> AttemptLabelled:
    assert one.p_success is not None
    return one.model_copy(update={"version": 2, "p_success": 1 - one.p_success})


def _taught(bundle: Bundle, labels: Sequence[AttemptLabelled]) -> dict[str, float]:
    """What an advisor believes that was never killed."""
    cache = EmbeddingCache(Encoder(bundle))
    advisor = Advisor(AdvisorState.of_bundle(bundle, {}), cache, bundle.card)
    now = datetime.now(UTC)
    advisor.learn_all([PlacedLabel(one, 0, n, now) for n, one in enumerate(labels)])
    [row] = cache.embed([PROBLEM])
    means, _ = advisor.state.head.predict(row, "", list(APPROACHES))
    return dict(zip(APPROACHES, means.tolist(), strict=True))
