"""An extractive summary: the sentences that stand for the texts, as they are and in their order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from . import words
from .blocks import Block, blocks
from .rank import Frequencies, Sentence, nearest, rank, similarities
from .sentences import sentences

# Two sentences that are this much alike say the same.
_SAME = 0.6
# A sentence of more characters is cut: it is a list, a table or no text at all.
_MAX_LENGTH = 1000
# Prose that does not end as sentences do is taken from this many words on; what is shorter is a title or a greeting.
_MIN_WORDS = 8
_ENDS = re.compile(r"[.!?…。！？｡؟۔।;:：][^\w\s]*(?:\[\d{1,3}\])?$")
# A text of more sentences than these has said by then what it is about.
_MAX_LOOKED_AT = 20_000
# Blanks, and the marks of quoted lines, which are no part of what is said.
_BETWEEN = re.compile(r"\s*\n\s*(?:>\s*)*|\s+")


class Part:
    """One of the texts, with the language that it is in, and its blocks."""

    def __init__(self, text: str, language: str) -> None:
        self.text = text
        self.language = language
        self.blocks = blocks(text)


@dataclass
class Picked:
    """A sentence of the summary.

    Attributes:
        part: Which of the texts it is in.
        start: Its first character.
        end: The character after its last one.
        score: How well it stands for the texts, between 0 and 1.
        cut: Whether it was cut, since no whole sentence is as short as was asked.
    """

    part: int
    start: int
    end: int
    score: float
    cut: bool = False


def summarize(parts: list[Part], max_sentences: int, max_chars: int | None) -> list[Picked]:
    """Picks sentences, never more nor longer together than asked for, in the order in which they stand."""
    ranked = _ranked(parts, "prose")
    # A text that is nothing but lists is summed up by its items, one of nothing but headings by those.
    for kind in ("item", "heading"):
        if not ranked[0]:
            ranked = _ranked(parts, kind)
    found, likeness = ranked
    budget = _Budget(max_sentences, max_chars)
    chosen: list[int] = []
    for index in sorted(range(len(found)), key=lambda it: (-found[it].score, it)):
        if budget.sentences == 0:
            break
        if any(likeness[index].get(other, 0.0) >= _SAME for other in chosen):
            continue
        sentence = found[index]
        if budget.takes(len(cleaned(parts[sentence.text].text, sentence.start, sentence.end)) + sentence.cut):
            chosen.append(index)
    if not chosen and found and max_chars:
        return _cut(parts, max(found, key=lambda it: it.score), max_chars)
    picked = [Picked(it.text, it.start, it.end, it.score, it.cut) for it in (found[index] for index in chosen)]
    return sorted(picked, key=lambda it: (it.part, it.start))


def joined(parts: list[Part], picked: list[Picked]) -> str:
    """The summary as one text: blanks are single, and a sentence that was cut ends with an ellipsis."""
    said = ""
    for it in picked:
        sentence = cleaned(parts[it.part].text, it.start, it.end) + ("…" if it.cut else "")
        # Chinese and Japanese set no blank between sentences.
        said += " " + sentence if said and said[-1] not in "。！？｡」』" else sentence
    return said


def cleaned(text: str, start: int, end: int) -> str:
    """A sentence on one line."""
    return _BETWEEN.sub(" ", text[start:end]).strip()


class _Budget:
    def __init__(self, max_sentences: int, max_chars: int | None) -> None:
        self.sentences = max_sentences
        self.chars = max_chars
        self.first = True

    def takes(self, length: int) -> bool:
        """Whether a sentence still fits, with the blank before it; if so, it is counted."""
        needed = length if self.first else length + 1
        if self.chars is not None and needed > self.chars:
            return False
        if self.chars is not None:
            self.chars -= needed
        self.sentences -= 1
        self.first = False
        return True


def _cut(parts: list[Part], sentence: Sentence, max_chars: int) -> list[Picked]:
    """The beginning of the best sentence, where no whole one is short enough."""
    # Cleaning only shortens, so what fits as it stands fits cleaned; one is for the ellipsis.
    end = _word_end(parts[sentence.text].text, sentence.start, sentence.end, max_chars - 1)
    if end <= sentence.start:
        return []
    return [Picked(sentence.text, sentence.start, end, sentence.score, cut=True)]


def _word_end(text: str, start: int, end: int, length: int) -> int:
    """Where the last word ends that ends within a length; `start` if none does."""
    limit = min(end, start + length)
    last = start
    for found in words.tokens(text, start, end):
        if found.end() <= limit:
            last = found.end()
            continue
        # A run of characters may be cut anywhere; so must be what is a word only in name.
        if found.start() < limit and (words.is_cjk(found[0]) or last == start):
            last = limit
        break
    return last


def _ranked(parts: list[Part], kind: str) -> tuple[list[Sentence], list[dict[int, float]]]:
    frequencies, titles = Frequencies(), Counter[str]()
    for part in parts:
        for block in part.blocks:
            if block.kind == "heading":
                titles.update(words.terms(part.text, block.start, block.end, part.language))
    candidates = list(_candidates(parts, kind))
    for sentence in candidates:
        frequencies.add(sentence.terms)
    found = nearest(candidates, frequencies)
    likeness = similarities(found, frequencies)
    # What the headings speak of matters to who wrote them.
    bonus = [1.0 + 0.3 * min(1.0, sum(term in titles for term in set(it.terms)) / 3) for it in found]
    rank(found, likeness, bonus)
    return found, likeness


def _candidates(parts: list[Part], kind: str) -> Iterator[Sentence]:
    looked_at, known = 0, dict[str, str]()
    for number, part in enumerate(parts):
        position = 0
        for block in part.blocks:
            if block.kind != kind:
                continue
            opens = True
            for start, whole_end in _ranges(part, block):
                looked_at += 1
                if looked_at > _MAX_LOOKED_AT:
                    return
                cut = whole_end - start > _MAX_LENGTH
                end = _word_end(part.text, start, whole_end, _MAX_LENGTH) if cut else whole_end
                length, terms = words.measured(part.text, start, end, part.language)
                if _is_sentence(part.text, start, end, length, kind):
                    # The same term is the same object, however often it is there: a megabyte has many.
                    shared = tuple(known.setdefault(term, term) for term in terms)
                    yield Sentence(number, start, end, position, opens, length, shared, cut=cut)
                    position += 1
                opens = False


_MARK = re.compile(r"\s*(?:>\s*){0,9}(?:#{1,6}\s+|(?:[-*+•‣▪◦]|\d{1,3}[.)]|[A-Za-z]\))\s+(?:\[[ xX]\]\s+)?)?")


def _ranges(part: Part, block: Block) -> Iterator[tuple[int, int]]:
    start, end = block.start, block.end
    if block.kind != "prose":
        mark = _MARK.match(part.text, start, end)
        start = mark.end() if mark else start
    yield from sentences(part.text, start, end, part.language)


def _is_sentence(text: str, start: int, end: int, length: int, kind: str) -> bool:
    if length == 0:
        return False
    if kind != "prose":
        return True
    ends = _ENDS.search(text, max(start, end - 12), end) is not None
    return length >= 3 if ends else length >= _MIN_WORDS
