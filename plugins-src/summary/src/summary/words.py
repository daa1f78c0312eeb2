"""Words: where they are in a text, and what two of them have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import stopwords

# Scripts that set no words apart: Han, and the two of Japanese.
CJK = "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"

# A run of such characters, or a word of any other script with what joins its parts.
_TOKEN = re.compile(f"[{CJK}]+|[^\\W_{CJK}]+(?:['’·\\-][^\\W_{CJK}]+){{0,9}}")
_IS_CJK = re.compile(f"[{CJK}]")
# Within Japanese what carries a subject: Han and Katakana. Hiragana is grammar.
_CONTENT = re.compile("[\u3005-\u3007\u30a1-\u30fa\u30fc-\u30fe\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")

# Two forms of a word mostly begin alike; what is behind this many letters is not looked at. It is crude, it needs no
# table for any language, and sentences are compared by many words.
_STEM = 6


def tokens(text: str, start: int = 0, end: int | None = None) -> Iterator[re.Match[str]]:
    """The words of a text, and runs of characters where words are not set apart."""
    return _TOKEN.finditer(text, start, len(text) if end is None else end)


def is_cjk(token: str) -> bool:
    """Whether a token is a run of characters instead of a word."""
    return _IS_CJK.match(token) is not None


def content_runs(token: str, language: str) -> Iterator[str]:
    """The parts of a run of characters that carry a subject: what is between grammar."""
    if language == "ja":
        for found in _CONTENT.finditer(token):
            yield found[0]
        return
    stop = stopwords.STOP_CHARACTERS["zh"]
    run = ""
    for character in token:
        if character in stop:
            if run:
                yield run
            run = ""
        else:
            run += character
    if run:
        yield run


def terms(text: str, start: int, end: int, language: str) -> list[str]:
    """What a part of a text is about, as terms that can be compared: stems of words, pairs of characters."""
    return measured(text, start, end, language)[1]


def measured(text: str, start: int, end: int, language: str) -> tuple[int, list[str]]:
    """How long a part of a text is in words, and its terms. Where words are not set apart, two characters are one."""
    stop = stopwords.of(language)
    length = 0
    found: list[str] = []
    for match in tokens(text, start, end):
        token = match[0]
        if is_cjk(token):
            length += (len(token) + 1) // 2
            for run in content_runs(token, language):
                found.extend([run] if len(run) == 1 else (run[at : at + 2] for at in range(len(run) - 1)))
            continue
        length += 1
        word = token.lower().replace("’", "'")
        if len(word) > 1 and word not in stop and not word.isdecimal():
            found.append(stem(word))
    return length, found


def stem(word: str) -> str:
    """What stands for all forms of a word in lower case."""
    word = word.split("'")[0] if word.find("'") > 2 else word
    return word[:_STEM] if len(word) > _STEM else word.rstrip("s") or word
