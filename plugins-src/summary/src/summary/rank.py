"""Which sentences stand for the whole: LexRank over the candidates, with priors of place and length.

Sentences are compared by the cosine of their terms, weighted by how rare these are; those that are like many others are
what the text is about. The work is bounded: of more sentences than `MAX_COMPARED` those nearest to the text's centroid
are compared.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

# Each is compared with each, so the work grows with the square.
MAX_COMPARED = 300
# A text of more different terms than these has not more to say; they would only take memory.
_MAX_TERMS = 40_000
# A term that is in most sentences connects all with all, and tells nothing.
_MAX_SHARE = 0.5
_DAMPING = 0.85
_ROUNDS = 30
# The number of words of a sentence that is best quoted alone.
_SHORT, _LONG = 8, 40


@dataclass(slots=True)
class Sentence:
    """A sentence that may stand for the text.

    Attributes:
        text: Which of the texts it is in.
        start: Its first character.
        end: The character after its last one.
        position: Its number among the sentences of its text.
        opens: Whether it is the first of its paragraph.
        length: Its words.
        terms: What it is about; a term is there as often as it occurs.
        score: How well it stands for the text; between 0 and 1 after ranking.
        cut: Whether it is only the beginning of a sentence that is too long.
    """

    text: int
    start: int
    end: int
    position: int
    opens: bool
    length: int
    terms: tuple[str, ...] = field(repr=False)
    score: float = 0.0
    cut: bool = False


class Frequencies:
    """In how many sentences each term is."""

    def __init__(self) -> None:
        self.sentences = 0
        self.counts: Counter[str] = Counter()

    def add(self, terms: tuple[str, ...]) -> None:
        """Counts one more sentence."""
        self.sentences += 1
        for term in set(terms):
            if term in self.counts or len(self.counts) < _MAX_TERMS:
                self.counts[term] += 1

    def weight(self, term: str) -> float:
        """How much a term tells: nothing in all sentences, much in few."""
        return math.log(1 + self.sentences / (1 + self.counts[term]))

    def centrality(self, terms: tuple[str, ...], length: int) -> float:
        """How much a sentence is about what the whole is about: the weight of its terms that occur elsewhere too."""
        if not terms:
            return 0.0
        shared = (math.log(self.counts[term]) * self.weight(term) for term in set(terms) if self.counts[term] > 1)
        return sum(shared) / (math.sqrt(max(length, _SHORT)) * math.log(2 + self.sentences))


def nearest(sentences: list[Sentence], frequencies: Frequencies) -> list[Sentence]:
    """The sentences that are nearest to the centroid, no more than can be compared, in their order."""
    if len(sentences) <= MAX_COMPARED:
        return sentences
    order = sorted(
        range(len(sentences)),
        key=lambda it: (
            -frequencies.centrality(sentences[it].terms, sentences[it].length) * place(sentences[it]),
            it,
        ),
    )
    return [sentences[it] for it in sorted(order[:MAX_COMPARED])]


def place(sentence: Sentence) -> float:
    """Texts say early what they are about, and paragraphs begin with what they are about."""
    return 1.0 + 0.6 / (1.0 + sentence.position / 2) + (0.1 if sentence.opens else 0.0)


def _fitness(length: int) -> float:
    if length < _SHORT:
        return 0.4 + 0.6 * length / _SHORT
    if length > _LONG:
        return max(0.3, _LONG / length)
    return 1.0


def similarities(sentences: list[Sentence], frequencies: Frequencies) -> list[dict[int, float]]:
    """For each sentence the others that share terms with it, and the cosine between them."""
    vectors: list[dict[str, float]] = []
    holders: dict[str, list[int]] = {}
    limit = max(2, int(_MAX_SHARE * len(sentences)))
    for index, sentence in enumerate(sentences):
        vector = {term: (1 + math.log(n)) * frequencies.weight(term) for term, n in Counter(sentence.terms).items()}
        norm = math.sqrt(sum(it * it for it in vector.values())) or 1.0
        vectors.append({term: it / norm for term, it in vector.items()})
        for term in vector:
            holders.setdefault(term, []).append(index)
    likeness: list[dict[int, float]] = [{} for _ in sentences]
    for term, indices in holders.items():
        if not 1 < len(indices) <= limit:
            continue
        for at, one in enumerate(indices):
            weight = vectors[one][term]
            row = likeness[one]
            for other in indices[at + 1 :]:
                row[other] = row.get(other, 0.0) + weight * vectors[other][term]
    for one, row in enumerate(likeness):
        for other, value in row.items():
            if other > one:
                likeness[other][one] = value
    return likeness


def rank(sentences: list[Sentence], likeness: list[dict[int, float]], bonus: list[float]) -> None:
    """Gives each sentence its score: how central it is, times where it stands, how long it is, and a bonus."""
    count = len(sentences)
    if not count:
        return
    degrees = [sum(row.values()) for row in likeness]
    scores = [1.0 / count] * count
    for _ in range(_ROUNDS):
        idle = sum(score for score, degree in zip(scores, degrees, strict=True) if not degree) / count
        base = (1 - _DAMPING) / count + _DAMPING * idle
        following = [
            base + _DAMPING * sum(value * scores[other] / degrees[other] for other, value in row.items())
            for row in likeness
        ]
        change = sum(abs(a - b) for a, b in zip(scores, following, strict=True))
        scores = following
        if change < 1e-6:
            break
    for sentence, score, extra in zip(sentences, scores, bonus, strict=True):
        sentence.score = score * place(sentence) * _fitness(sentence.length) * extra
    best = max(sentence.score for sentence in sentences) or 1.0
    for sentence in sentences:
        sentence.score = round(sentence.score / best, 4)
