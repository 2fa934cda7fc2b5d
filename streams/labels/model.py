"""How far each source of labels can be believed, learned online without knowing labels.

Sources vote success or failure, or not at all. Online expectation-maximisation (Cappé and
Moulines 2009) of the model of Dawid and Skene (1979): a vote is right with a probability
that its source has for successes and one for failures. Each attempt is weighed with
P(success) by what is known so far, and its votes are counted with that weight; where
somebody said what is true, the weight is 1 or 0. Later weights are better, so they count
more: the n-th attempt n times, until the gain is that of the last `WINDOW`.

Two sources that copy one another would be believed twice. Pairs whose votes depend on
one another within successes or failures, by a G-test, are counted as one source with
four words. A source that only ever says one thing tells something by being silent, too:
for those, whether they speak is part of their word.

The state is a pure function of the votes in their order, and goes through JSON unchanged.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from pilotfish.streams.labels.dependence import g_statistic, mates

WINDOW: Final = 2000
"""Attempts that count in the long run, so that sources may change."""
READY_ATTEMPTS: Final = 50
READY_SOURCES: Final = 3
"""With fewer sources, nothing but true outcomes tells which of two is wrong."""
READY_VOTES: Final = 20
"""Of a source, in attempts' worth, before it counts towards `READY_SOURCES`."""
COMPARED: Final = 5
"""Votes of a source beside another one's, or beside the truth, before it is judged."""

_RIGHT: Final = 0.7
_PRIOR: Final = 20.0
"""Votes that a source is taken to have given, `_RIGHT` of them right."""
_SAID: Final = 5.0
"""Attempts without a known truth that one with it outweighs (EM-lambda, Nigam 2000)."""
_PAIR_PRIOR: Final = 4.0
_SPEAKS_PRIOR: Final = 20.0
_CLASS_PRIOR: Final = 2.0
_PAIRS_EVERY: Final = 25
_ONE_SIDED: Final = 0.02
"""Share of a source's rarer word below which it says one thing only."""
_LARGE: Final = 1e6

Votes = Mapping[str, bool]
_Counts = list[list[float]]


@dataclass(slots=True)
class LabelModel:
    """What a stream of votes taught. Counts are in units of the newest attempt's `gain`.

    Args:
        attempts: learned so far.
        classes: weight of failures and of successes.
        sources: source -> [truth][vote] -> weight.
        pairs: "a b" -> [truth][2 x vote of a + vote of b] -> weight.
        mates: source -> the one it is counted with; both ways.
        known: weight of attempts whose truth somebody said.
        compared: source -> weight of its votes beside another one's, or beside the truth.
    """

    attempts: int = 0
    gain: float = 1.0
    known: float = 0.0
    classes: list[float] = field(default_factory=lambda: [0.0, 0.0])
    sources: dict[str, _Counts] = field(default_factory=dict)
    pairs: dict[str, _Counts] = field(default_factory=dict)
    mates: dict[str, str] = field(default_factory=dict)
    compared: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "LabelModel":
        """Return the model that `to_json` told of."""
        return cls(**data)

    @property
    def ready(self) -> bool:
        """Whether it knows its sources; until then majority vote is no worse."""
        if self.attempts < READY_ATTEMPTS:
            return False
        heard = sum(self.votes_of(name) >= READY_VOTES for name in self.sources)
        return heard >= READY_SOURCES or self._scaled(self.known) >= READY_VOTES

    def knows(self, votes: Votes) -> bool:
        """Whether it can say how far to believe one of these votes at least.

        Of a source that always speaks alone nothing tells how often it is right.
        """
        compared = (self._scaled(self.compared.get(name, 0.0)) for name in votes)
        return self.ready and any(weight >= COMPARED for weight in compared)

    def votes_of(self, source: str) -> float:
        """Return how many votes of a source count now, in attempts' worth."""
        return self._scaled(sum(map(sum, self.sources[source])))

    def accuracy(self, source: str) -> float:
        """Return the estimated share of a source's votes that are right."""
        right = sum(
            (self._class(truth) * self._says(source, truth, vote=bool(truth)))
            for truth in (0, 1)
        )
        return right / (self._class(0) + self._class(1))

    def coverage(self, source: str) -> float:
        """Return the share of attempts on which a source votes."""
        attempts = self._scaled(sum(self.classes))
        return self.votes_of(source) / attempts if attempts else 0.0

    def p_success(self, votes: Votes) -> float:
        """Return P(success) given these votes; sources not seen before are as the prior."""
        odds = math.log(self._class(1) / self._class(0))
        odds += sum(told for _, told in self.told(votes))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))

    def label(self, votes: Votes) -> float:
        """Return P(success) given at least one vote; of unknown ones, their share."""
        if self.knows(votes):
            return self.p_success(votes)
        return sum(votes.values()) / len(votes)

    def told(self, votes: Votes) -> Iterator[tuple[str, float]]:
        """Yield who adds how much to the log odds of success; "a b" for a pair."""
        done: set[str] = set()
        for name, vote in votes.items():
            mate = self.mates.get(name, "")
            if mate in votes:
                pair = _pair(name, mate)
                if pair not in done:
                    done.add(pair)
                    yield pair, self._pair_told(pair, votes)
            else:
                says = [self._says(name, truth, vote=vote) for truth in (0, 1)]
                yield name, math.log(says[1] / says[0])
        for name in self.sources:
            if self._one_sided(name):
                yield f"{name} speaks", self._speaking_told(name, name in votes)

    def learn(self, votes: Votes, truth: bool | None = None) -> None:
        """Learn an attempt's votes, and what is true where somebody said it."""
        success = self.p_success(votes) if truth is None else float(truth)
        self.attempts += 1
        self.gain *= 1 + max(1 / self.attempts, 1 / WINDOW)
        weight = self.gain if truth is None else _SAID * self.gain
        self._count(votes, success, weight)
        if truth is not None:
            self.known += self.gain
        if truth is not None or len(votes) > 1:
            for name in votes:
                self.compared[name] = self.compared.get(name, 0.0) + self.gain
        if self.attempts % _PAIRS_EVERY == 0:
            self.mates = self._dependent()
        if self.gain > _LARGE:
            self._rescale()

    def _count(self, votes: Votes, success: float, gain: float) -> None:
        names = sorted(votes)
        for truth, weight in enumerate(((1 - success) * gain, success * gain)):
            self.classes[truth] += weight
            for at, name in enumerate(names):
                counts = self.sources.setdefault(name, [[0.0] * 2, [0.0] * 2])
                counts[truth][votes[name]] += weight
                for other in names[at + 1 :]:
                    key = _pair(name, other)
                    pair = self.pairs.setdefault(key, [[0.0] * 4, [0.0] * 4])
                    pair[truth][2 * votes[name] + votes[other]] += weight

    def _class(self, truth: int) -> float:
        return self._scaled(self.classes[truth]) + _CLASS_PRIOR

    def _scaled(self, weight: float) -> float:
        return weight / self.gain

    def _says(self, name: str, truth: int, *, vote: bool) -> float:
        """Return P(vote | truth, it votes)."""
        counts = self.sources.get(name, [[0.0] * 2, [0.0] * 2])[truth]
        prior = _RIGHT if vote == bool(truth) else 1 - _RIGHT
        total = self._scaled(sum(counts)) + _PRIOR
        return (self._scaled(counts[vote]) + _PRIOR * prior) / total

    def _pair_told(self, pair: str, votes: Votes) -> float:
        a, b = pair.split()
        says = []
        for truth, counts in enumerate(self._pair_counts(pair)):
            apart = self._says(a, truth, vote=votes[a])
            apart *= self._says(b, truth, vote=votes[b])
            both = counts[2 * votes[a] + votes[b]] + _PAIR_PRIOR * apart
            says.append(both / (sum(counts) + _PAIR_PRIOR))
        return math.log(says[1] / says[0])

    def _one_sided(self, name: str) -> bool:
        failures, successes = (
            sum(self.sources[name][truth][vote] for truth in (0, 1)) for vote in (0, 1)
        )
        return min(failures, successes) < _ONE_SIDED * (failures + successes)

    def _speaking_told(self, name: str, speaks: bool) -> float:
        rate = (self.votes_of(name) + 0.5) / (self._scaled(sum(self.classes)) + 1)
        shares = [
            (self._scaled(sum(self.sources[name][truth])) + _SPEAKS_PRIOR * rate)
            / (self._scaled(self.classes[truth]) + _SPEAKS_PRIOR)
            for truth in (0, 1)
        ]
        chances = shares if speaks else [1 - share for share in shares]
        return math.log(max(chances[1], 1e-9) / max(chances[0], 1e-9))

    def _dependent(self) -> dict[str, str]:
        """Return who is counted with whom: whose votes depend on one another."""
        tests = []
        for key in self.pairs:
            a, b = key.split()
            tests.append((sum(map(g_statistic, self._pair_counts(key))), a, b))
        return mates(tests)

    def _pair_counts(self, key: str) -> _Counts:
        return [[self._scaled(weight) for weight in row] for row in self.pairs[key]]

    def _rescale(self) -> None:
        scale = 1 / self.gain
        self.gain, self.known = 1.0, self.known * scale
        self.classes = [weight * scale for weight in self.classes]
        self.compared = {name: at * scale for name, at in self.compared.items()}
        for table in (self.sources, self.pairs):
            for counts in table.values():
                counts[:] = [[weight * scale for weight in row] for row in counts]


def _pair(a: str, b: str) -> str:
    return f"{a} {b}" if a < b else f"{b} {a}"
