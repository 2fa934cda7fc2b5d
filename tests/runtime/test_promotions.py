from confluent_kafka import Message as Record
from support.polling import eventually

from pilotfish.runtime.kafka import producer
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
