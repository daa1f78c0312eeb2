"""Where sentences end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import abbreviations, stopwords

_CLOSERS = "\"'”’»›)\\]}」』）】〉》*_"
_OPENERS = "\"'“‘„«‹([{「『（【〈《*_>¿¡–—-"

_END = re.compile(
    # A full stop and its like end a sentence where a blank follows, or nothing.
    f"[.!?…؟۔।՝։]+[{_CLOSERS}]*(?:[ \u00a0\u202f]»)?(?:\\[\\d{{1,3}}\\]){{0,9}}(?=\\s|$)"
    # Those of Chinese and Japanese do so wherever they are.
    f"|[。！？｡]+[{_CLOSERS}]*"
    # The Greek question mark looks like a semicolon.
    f"|;(?=\\s+[{_OPENERS}]*[\u0386-\u03ab])"
)
_NEXT = re.compile(f"[\\s{_OPENERS}]*(\\w?)")
_WORD_AFTER = re.compile(f"[\\s{_OPENERS}]*([^\\W\\d_]+)")
_BEFORE = re.compile(r"[^\s]*\Z")
_ROMAN = re.compile(r"[IVXLC]+")
# What goes on after a quotation in Japanese: 「はい。」と言った。
_GOES_ON = "とのをはがもにでへやか、，"
# How far back the word before a full stop is looked for.
_LOOK_BACK = 40


def sentences(text: str, start: int, end: int, language: str) -> Iterator[tuple[int, int]]:
    """The sentences in a part of a text, as ranges without blanks around them."""
    begin = start
    for found in _END.finditer(text, start, end):
        if _ends(text, found, end, language):
            yield from _trimmed(text, begin, found.end())
            begin = found.end()
    yield from _trimmed(text, begin, end)


_SPACE = re.compile(r"[\s>]*")


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    blank = _SPACE.match(text, start, end)
    start = blank.end() if blank else start
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end


def _ends(text: str, found: re.Match[str], end: int, language: str) -> bool:
    """Whether a sentence ends at this mark."""
    mark = found[0]
    if mark[0] in "。！？｡":
        closed = mark[-1] not in "。！？｡"
        return not (closed and found.end() < end and text[found.end()] in _GOES_ON)
    following = _NEXT.match(text, found.end(), end)
    letter = following[1] if following else ""
    if not letter:
        return True
    # No sentence begins with a small letter, in any script that has them.
    if letter.islower():
        return False
    if mark[0] != "." or mark.startswith(".."):
        return True
    return not _is_abbreviated(text, found, end, language)


def _is_abbreviated(text: str, found: re.Match[str], end: int, language: str) -> bool:
    before = _BEFORE.search(text, max(0, found.start() - _LOOK_BACK), found.start())
    word = before[0].lstrip(_OPENERS.replace("\\", "")) if before else ""
    lower = word.lower()
    if not word:
        return False
    after = _WORD_AFTER.match(text, found.end(), end)
    # A single letter is the next initial, not a word.
    begins = after is not None and len(after[1]) > 1 and after[1].lower() in stopwords.of(language)
    if lower in abbreviations.of(language):
        # `etc.` and `U.S.` may also be the last word: so it is where a sentence's first word follows.
        return not (begins and (lower in ("etc", "usw", "ecc", "enz", "итд") or "." in lower))
    # An initial (`J. Bach`) or the rest of `z. B.`; not `I`, nor a single letter of a script without small ones.
    if len(word) == 1 and (word.isupper() or word.islower()) and word != "I":
        return not begins
    if re.fullmatch(r"(?:[^\W\d_]\.)+[^\W\d_]", word):
        return not begins
    if language in abbreviations.ORDINALS and (word.isdecimal() and len(word) <= 2 or _ROMAN.fullmatch(word)):
        return not begins
    return False
