"""Where answers may go, and what happens to those that may not."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.advice.asking import Asker
from support.record_batches import UNCOMPRESSED, codecs

from pilotfish.consumers.advisor.replies import Replies
from pilotfish.consumers.advisor.requests import Address
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advice import HintGiven
from pilotfish.schemas.ids import new_id
from pilotfish.schemas.topics import ADVICE_REPLIES


@pytest.fixture
def asker(settings: Settings) -> Iterator[Asker]:
    made = Asker(settings)
    yield made
    made.close()


def test_a_hint_comes_to_its_partition_under_its_key(
    settings: Settings, asker: Asker
) -> None:
    replies = Replies(settings, time.monotonic)
    hint = HintGiven(
        request_id=new_id(),
        tenant=settings.tenant,
        client_id=asker.client_id,
        approach="plan",
        text="try it",
    )
    replies.send(hint, Address(ADVICE_REPLIES.name, 3))
    replies.flush(60)
    assert asker.wait_for(hint.request_id) == hint


@pytest.mark.parametrize(
    "address",
    [
        Address("pilotfish.events", 0),
        Address(f"{ADVICE_REPLIES.name}.mine", 0),
        Address(ADVICE_REPLIES.name, 1000),
    ],
)
def test_an_impossible_address_makes_it_invalid(
    settings: Settings, asker: Asker, address: Address
) -> None:
    replies = Replies(settings, time.monotonic)
    hint = HintGiven(
        request_id=new_id(),
        tenant=settings.tenant,
        client_id=asker.client_id,
        approach="plan",
        text="try it",
    )
    replies.send(hint, address)
    replies.flush(60)
    got = asker.wait_for(hint.request_id)
    assert (got.abstained, got.text, got.approach) == ("invalid", "", None)
    assert got.detail == replies.problem_with(address)


def test_answers_are_not_compressed_so_that_every_client_reads_them(
    settings: Settings, server_folder: Path
) -> None:
    def batches() -> Counter[int]:
        return Counter(codecs(server_folder / "kafka", ADVICE_REPLIES.name))

    before = batches()
    replies = Replies(settings, time.monotonic)
    for _ in range(200):  # batches that would be worth it
        hint = HintGiven(
            tenant=settings.tenant,
            request_id=new_id(),
            client_id=new_id(),
            approach="plan",
            text="try",
        )
        replies.send(hint, Address(ADVICE_REPLIES.name, None))
    replies.flush(60)
    assert set(batches() - before) == {UNCOMPRESSED}
