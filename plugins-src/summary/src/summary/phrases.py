"""Key phrases: what a text speaks of often, as whole phrases, by the C-value of Frantzi and Ananiadou.

Candidates are the runs of words between grammar and punctuation, and what such runs have in common. A phrase counts for
how often it occurs other than within longer ones, and the more the longer it is; phrases that come early, stand in
headings or are written as names count more.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from . import stopwords, words
from .summarize import Part

# The most words of a phrase, and the most characters where words are not set apart.
_MAX_WORDS = 4
_MAX_CHARACTERS = 8
# A text of more different candidates than these has them from names and numbers that occur once.
_MAX_CANDIDATES = 30_000
# What is looked at in all; what has more has said by then what it is about.
_MAX_PIECES = 500_000
# The longest run that is one: a thousand characters without a mark between them are no language.
_MAX_RUN = 100
# What has no blank for longer is no word, but an address, a key, a picture.
_MAX_WORD = 50
# Nothing but blanks, or what joins names, between two words of one phrase.
_JOINS = re.compile(r"[ \t\u00a0\u202f]+|\s*\n\s*(?:>\s*){0,9}")
# Particles that Korean writes at the end of a noun.
_PARTICLES = re.compile(
    r"(?<=[가-힣]{2})(?:은|는|이|가|을|를|의|에|에서|에게|으로|로|와|과|도|만|까지|부터|보다|처럼|입니다|이다|했다|한다|합니다)$"
)


@dataclass
class Phrase:
    """A phrase that a text speaks of.

    Attributes:
        phrase: As it is mostly written.
        score: Between 0 and 1, relative to the best one.
        count: How often it occurs.
    """

    phrase: str
    score: float
    count: int


@dataclass
class _Candidate:
    length: int
    first: int
    count: int = 0
    # How often it occurs within longer candidates, and in how many different ones.
    nested: int = 0
    holders: int = 0
    in_title: bool = False
    # Whether it was ever all that stood between grammar and punctuation.
    whole: bool = False
    forms: Counter[str] = field(default_factory=Counter)


# A word of a phrase: what it is compared by, and how it is written.
_Word = tuple[str, str]


def key_phrases(parts: list[Part], max_phrases: int) -> list[Phrase]:
    """The phrases that the texts speak of, the most important first."""
    found: dict[tuple[str, ...], _Candidate] = {}
    at = 0
    budget = _MAX_PIECES
    for run, in_title in _all_runs(parts):
        budget -= _count(found, run, at, in_title)
        at += len(run)
        if budget <= 0:
            break
    _nest(found)
    ranked = sorted(found, key=lambda key: (-_value(found[key], at), found[key].first, key))
    return _picked(found, ranked, max_phrases, at)


def _all_runs(parts: list[Part]) -> Iterator[tuple[list[_Word], bool]]:
    for part in parts:
        for block in part.blocks:
            # Code and tables are not written in phrases.
            if block.kind != "other":
                for run in _runs(part, block.start, block.end):
                    yield run, block.kind == "heading"


def _runs(part: Part, start: int, end: int) -> Iterator[list[_Word]]:
    """The longest runs of words that carry a subject."""
    stop = stopwords.of(part.language)
    run: list[_Word] = []
    last = start
    for token in words.tokens(part.text, start, end):
        written = token[0]
        if run and not _JOINS.fullmatch(part.text, last, token.start()):
            yield run
            run = []
        last = token.end()
        if words.is_cjk(written):
            if run:
                yield run
                run = []
            for content in words.content_runs(written, part.language):
                if 1 < len(content) <= _MAX_RUN:
                    yield [(content, content)]
            continue
        lower = written.lower().replace("’", "'")
        if part.language == "ko":
            written = lower = _PARTICLES.sub("", written)
        if lower in stop or not 2 <= len(lower) <= _MAX_WORD or lower.isdecimal():
            if run:
                yield run
            run = []
        else:
            run.append((words.stem(lower), written))
    if run:
        yield run


def _count(found: dict[tuple[str, ...], _Candidate], run: list[_Word], at: int, in_title: bool) -> int:
    """Counts what a run holds, and says how many pieces that were."""
    number = 0
    if len(run) == 1 and words.is_cjk(run[0][0]):
        pieces: Iterator[list[_Word]] = ([(piece, piece)] for piece in _pieces(run[0][0]))
    else:
        longest = min(_MAX_WORDS, len(run))
        pieces = (
            run[first : first + length] for length in range(1, longest + 1) for first in range(len(run) - length + 1)
        )
    for piece in pieces:
        number += 1
        key = tuple(stem for stem, _ in piece)
        candidate = found.get(key)
        if candidate is None:
            if len(found) >= _MAX_CANDIDATES:
                continue
            length = len(key) if len(key) > 1 or not words.is_cjk(key[0]) else (len(key[0]) + 1) // 2
            candidate = found[key] = _Candidate(length, at)
        candidate.count += 1
        candidate.in_title |= in_title
        candidate.whole |= len(piece) == len(run) and piece[0][0] == run[0][0]
        if len(candidate.forms) < 8:
            candidate.forms[" ".join(written for _, written in piece)] += 1
    return number


def _pieces(run: str) -> Iterator[str]:
    """A run of characters, and what it may have in common with others."""
    if len(run) <= _MAX_CHARACTERS:
        yield run
    for length in range(2, min(_MAX_CHARACTERS, len(run) - 1) + 1):
        for first in range(len(run) - length + 1):
            yield run[first : first + length]


def _nest(found: dict[tuple[str, ...], _Candidate]) -> None:
    """Finds for each candidate how much of it is only a part of longer ones that are phrases themselves."""
    for key, candidate in found.items():
        if candidate.count < 2 and len(found) > 200:
            continue
        for inner in _inner(key):
            part = found.get(inner)
            if part is not None:
                part.nested += candidate.count
                part.holders += 1


def _inner(key: tuple[str, ...]) -> set[tuple[str, ...]]:
    if len(key) == 1:
        run = key[0]
        if not words.is_cjk(run):
            return set()
        return {(run[:-1],), (run[1:],)}
    return {key[:-1], key[1:]}


def _value(candidate: _Candidate, words_in_all: int) -> float:
    alone = candidate.count - (candidate.nested / candidate.holders if candidate.holders else 0.0)
    # What was only ever a part of something longer, and not even twice, was cut out of it by nobody but us.
    if alone <= 0 or (candidate.count < 2 and candidate.length > 1 and not candidate.whole):
        return 0.0
    # A phrase of several words says more than one that is as frequent, if it is one: what occurs once may be anything.
    value = math.log2(1 + candidate.length) ** (1.5 if candidate.count > 1 else 0.5) * alone**0.8
    early = 1.0 + 0.5 * (1.0 - candidate.first / max(1, words_in_all))
    title = 1.5 if candidate.in_title else 1.0
    return value * early * title * (1.3 if _is_name(candidate) else 1.0)


def _written(candidate: _Candidate) -> str:
    """As it is mostly written."""
    return max(candidate.forms, key=candidate.forms.__getitem__)


def _is_name(candidate: _Candidate) -> bool:
    """Whether every word is mostly written with a capital."""
    form = _written(candidate)
    return all(word[:1].isupper() for word in form.split(" "))


def _picked(
    found: dict[tuple[str, ...], _Candidate], ranked: list[tuple[str, ...]], max_phrases: int, words_in_all: int
) -> list[Phrase]:
    best = _value(found[ranked[0]], words_in_all) if ranked else 0.0
    picked: list[Phrase] = []
    taken: list[tuple[str, ...]] = []
    for key in ranked:
        candidate = found[key]
        value = _value(candidate, words_in_all)
        if len(picked) == max_phrases or value <= 0:
            break
        # A part of a phrase that was taken says nothing new, unless it is spoken of by itself far more often.
        if any(_overlap(key, other, candidate.count, found[other].count) for other in taken):
            continue
        taken.append(key)
        form = _written(candidate)
        picked.append(Phrase(form, round(value / best, 4), candidate.count))
    return picked


def _overlap(key: tuple[str, ...], other: tuple[str, ...], count: int, others: int) -> bool:
    inner, outer = (key, other) if len(key) <= len(other) else (other, key)
    if len(inner) == len(outer) == 1:
        small, large = sorted((inner[0], outer[0]), key=len)
        # Two forms of one short word, which stems do not unite.
        forms = len(small) > 2 and large.startswith(small) and len(large) - len(small) <= 2
        return forms or (words.is_cjk(small) and small in large)
    contained = any(outer[at : at + len(inner)] == inner for at in range(len(outer) - len(inner) + 1))
    return contained and not (inner == key and count > 3 * others)
