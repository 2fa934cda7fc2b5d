"""A label model: learns online, without known labels, how reliable each source is.

Sources vote success or failure, or abstain. The model is that of Dawid and Skene (1979):
each source votes correctly with one probability for successes and another for failures.
It is fitted by online expectation-maximisation (Cappé and Moulines 2009): each attempt is
weighted with its current P(success), and its votes are counted with that weight; if the
outcome is known, the weight is 1 or 0. Later weights are better, so they count more: the
n-th attempt n times, until the gain is that of the last `WINDOW` attempts.

Two sources that copy each other would count twice. Pairs whose votes depend on one
another within successes or failures, by a G-test, are counted as one source with four
possible votes. A source that only ever votes one way is also informative when it abstains:
for such sources, abstaining counts as a vote.

The state is a pure function of the votes in their order, and survives JSON unchanged.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from pilotfish.streams.labels.dependence import dependent_pairs, g_statistic

WINDOW: Final = 2000
"""Attempts that count in the long run: the model forgets, because sources change."""
READY_ATTEMPTS: Final = 50
READY_SOURCES: Final = 3
"""With fewer sources, only known outcomes show which of two is wrong."""
READY_VOTES: Final = 20
"""Votes of a source, weighted, before it counts towards `READY_SOURCES`."""
COMPARED: Final = 5
"""Votes of a source together with another one's, or with a known outcome, before its
accuracy is estimated."""

_PRIOR_ACCURACY: Final = 0.7
_PRIOR_VOTES: Final = 20.0
"""Votes that every source is assumed to have given, with `_PRIOR_ACCURACY`."""
_KNOWN_OUTCOME_WEIGHT: Final = 5.0
"""An attempt with a known outcome counts as five without (EM-lambda, Nigam 2000)."""
_PAIR_PRIOR: Final = 4.0
_VOTING_PRIOR: Final = 20.0
_CLASS_PRIOR: Final = 2.0
_PAIRS_EVERY: Final = 25
_ONE_SIDED: Final = 0.02
"""Share of a source's rarer vote below which it votes one way only."""
_LARGE: Final = 1e6

Votes = Mapping[str, bool]
_Counts = list[list[float]]


@dataclass(slots=True)
class LabelModel:
    """The model after a stream of votes; weights are relative to the current `gain`.

    Args:
        attempts: learned so far.
        gain: weight of the newest attempt.
        known: weight of attempts with a known outcome.
        classes: weight of failures and of successes.
        sources: source -> [outcome][vote] -> weight.
        pairs: "a b" -> [outcome][2 x vote of a + vote of b] -> weight.
        mates: source -> the source it is paired with; both ways.
        compared: source -> weight of its votes together with another one's, or with a
            known outcome.
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
        """Return the state as JSON, for `from_json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "LabelModel":
        """Return the model with a state from `to_json`."""
        return cls(**data)

    @property
    def ready(self) -> bool:
        """Whether it knows its sources; until then a majority vote is no worse."""
        if self.attempts < READY_ATTEMPTS:
            return False
        sources = sum(self.votes_of(name) >= READY_VOTES for name in self.sources)
        return sources >= READY_SOURCES or self._scaled(self.known) >= READY_VOTES

    def knows(self, votes: Votes) -> bool:
        """Whether it can estimate the accuracy of at least one of these votes.

        It cannot for a source that always votes alone: nothing shows how often it is right.
        """
        compared = (self._scaled(self.compared.get(name, 0.0)) for name in votes)
        return self.ready and any(weight >= COMPARED for weight in compared)

    def votes_of(self, source: str) -> float:
        """Return how many votes of a source currently count, weighted."""
        return self._scaled(sum(map(sum, self.sources[source])))

    def accuracy(self, source: str) -> float:
        """Return the estimated share of a source's votes that are correct."""
        correct = sum(
            (self._class(truth) * self._p_vote(source, truth, vote=bool(truth)))
            for truth in (0, 1)
        )
        return correct / (self._class(0) + self._class(1))

    def coverage(self, source: str) -> float:
        """Return the share of attempts on which a source votes."""
        attempts = self._scaled(sum(self.classes))
        return self.votes_of(source) / attempts if attempts else 0.0

    def p_success(self, votes: Votes) -> float:
        """Return P(success) given these votes; new sources have the prior accuracy."""
        log_odds = math.log(self._class(1) / self._class(0))
        log_odds += sum(contribution for _, contribution in self.contributions(votes))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds))))

    def label(self, votes: Votes) -> float:
        """Return P(success) given at least one vote; of unknown sources, the share of votes."""
        if self.knows(votes):
            return self.p_success(votes)
        return sum(votes.values()) / len(votes)

    def contributions(self, votes: Votes) -> Iterator[tuple[str, float]]:
        """Yield what each source adds to the log odds of success; "a b" for a pair."""
        done: set[str] = set()
        for name, vote in votes.items():
            mate = self.mates.get(name, "")
            if mate in votes:
                pair = _pair(name, mate)
                if pair not in done:
                    done.add(pair)
                    yield pair, self._pair_log_odds(pair, votes)
            else:
                chances = [self._p_vote(name, truth, vote=vote) for truth in (0, 1)]
                yield name, math.log(chances[1] / chances[0])
        for name in self.sources:
            if self._one_sided(name):
                yield f"{name} votes", self._voting_log_odds(name, name in votes)

    def learn(self, votes: Votes, truth: bool | None = None) -> None:
        """Learn an attempt's votes, and its outcome if that is known."""
        success = self.p_success(votes) if truth is None else float(truth)
        self.attempts += 1
        self.gain *= 1 + max(1 / self.attempts, 1 / WINDOW)
        weight = self.gain if truth is None else _KNOWN_OUTCOME_WEIGHT * self.gain
        self._count(votes, success, weight)
        if truth is not None:
            self.known += self.gain
        if truth is not None or len(votes) > 1:
            for name in votes:
                self.compared[name] = self.compared.get(name, 0.0) + self.gain
        if self.attempts % _PAIRS_EVERY == 0:
            self.mates = self._find_mates()
        if self.gain > _LARGE:
            self._rescale()

    def _count(self, votes: Votes, success: float, gain: float) -> None:
        names = sorted(votes)
        for truth, weight in enumerate(((1 - success) * gain, success * gain)):
            self.classes[truth] += weight
            for index, name in enumerate(names):
                counts = self.sources.setdefault(name, [[0.0] * 2, [0.0] * 2])
                counts[truth][votes[name]] += weight
                for other in names[index + 1 :]:
                    key = _pair(name, other)
                    pair = self.pairs.setdefault(key, [[0.0] * 4, [0.0] * 4])
                    pair[truth][2 * votes[name] + votes[other]] += weight

    def _class(self, truth: int) -> float:
        return self._scaled(self.classes[truth]) + _CLASS_PRIOR

    def _scaled(self, weight: float) -> float:
        return weight / self.gain

    def _p_vote(self, name: str, truth: int, *, vote: bool) -> float:
        """Return P(vote | outcome, the source votes)."""
        counts = self.sources.get(name, [[0.0] * 2, [0.0] * 2])[truth]
        prior = _PRIOR_ACCURACY if vote == bool(truth) else 1 - _PRIOR_ACCURACY
        total = self._scaled(sum(counts)) + _PRIOR_VOTES
        return (self._scaled(counts[vote]) + _PRIOR_VOTES * prior) / total

    def _pair_log_odds(self, pair: str, votes: Votes) -> float:
        a, b = pair.split()
        chances = []
        for truth, counts in enumerate(self._pair_counts(pair)):
            independent = self._p_vote(a, truth, vote=votes[a])
            independent *= self._p_vote(b, truth, vote=votes[b])
            both = counts[2 * votes[a] + votes[b]] + _PAIR_PRIOR * independent
            chances.append(both / (sum(counts) + _PAIR_PRIOR))
        return math.log(chances[1] / chances[0])

    def _one_sided(self, name: str) -> bool:
        failures, successes = (
            sum(self.sources[name][truth][vote] for truth in (0, 1)) for vote in (0, 1)
        )
        return min(failures, successes) < _ONE_SIDED * (failures + successes)

    def _voting_log_odds(self, name: str, votes: bool) -> float:
        """Return what a source contributes by voting at all, or by abstaining."""
        rate = (self.votes_of(name) + 0.5) / (self._scaled(sum(self.classes)) + 1)
        shares = [
            (self._scaled(sum(self.sources[name][truth])) + _VOTING_PRIOR * rate)
            / (self._scaled(self.classes[truth]) + _VOTING_PRIOR)
            for truth in (0, 1)
        ]
        chances = shares if votes else [1 - share for share in shares]
        return math.log(max(chances[1], 1e-9) / max(chances[0], 1e-9))

    def _find_mates(self) -> dict[str, str]:
        """Return the pairs of sources whose votes depend on one another."""
        tests = []
        for key in self.pairs:
            a, b = key.split()
            tests.append((sum(map(g_statistic, self._pair_counts(key))), a, b))
        return dependent_pairs(tests)

    def _pair_counts(self, key: str) -> _Counts:
        return [[self._scaled(weight) for weight in row] for row in self.pairs[key]]

    def _rescale(self) -> None:
        scale = 1 / self.gain
        self.gain, self.known = 1.0, self.known * scale
        self.classes = [weight * scale for weight in self.classes]
        self.compared = {name: weight * scale for name, weight in self.compared.items()}
        for table in (self.sources, self.pairs):
            for counts in table.values():
                counts[:] = [[weight * scale for weight in row] for row in counts]


def _pair(a: str, b: str) -> str:
    return f"{a} {b}" if a < b else f"{b} {a}"
