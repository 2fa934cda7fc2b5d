from collections import Counter
from pathlib import Path

from confluent_kafka import Message as Record
from support.polling import eventually
from support.record_batches import LZ4, UNCOMPRESSED, codecs

from pilotfish.runtime.kafka import producer, publish
from pilotfish.runtime.promotions import PromotionReader, announce
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advisors import AdvisorPromoted, AdvisorRolledBack
from pilotfish.schemas.topics import ADVISORS


def test_it_returns_the_newest_word_and_then_what_comes(settings: Settings) -> None:
    tenant, sum_ = settings.tenant, "0" * 64
    first = AdvisorPromoted(tenant=tenant, version="v1", checksum=sum_)
    second = AdvisorPromoted(tenant=tenant, version="v2", checksum=sum_)
    back = AdvisorRolledBack(tenant=tenant, version="v1", withdrawn="v2", checksum=sum_)
    announce(settings, first)
    to = producer(settings)
    to.produce(ADVISORS.name, key=tenant, value=b"no promotion")
    assert to.flush(60) == 0
    announce(settings, second)
    reasons: list[str] = []

    def set_aside(_: Record, reason: str) -> None:
        reasons.append(reason)

    reader = PromotionReader(settings, set_aside)
    assert [m for m in reader.read_to_end() if m.tenant == tenant] == [second]
    assert len(reasons) >= 1
    announce(settings, back)
    eventually(lambda: [m for m in reader.read() if m.tenant == tenant], [back])
    reader.close()


def test_an_announcement_is_not_compressed_so_that_every_client_reads_it(
    settings: Settings, server_folder: Path
) -> None:
    def batches() -> Counter[int]:
        return Counter(codecs(server_folder / "kafka", ADVISORS.name))

    before = batches()
    long = AdvisorPromoted(
        tenant=settings.tenant, version="v", checksum="0" * 64, reason="because " * 50
    )
    announce(settings, long)
    assert batches() - before == Counter({UNCOMPRESSED: 1})
    before = batches()
    publish(to := producer(settings), ADVISORS, settings.tenant, long)
    assert to.flush(60) == 0
    assert batches() - before == Counter({LZ4: 1})  # so the files do say it
