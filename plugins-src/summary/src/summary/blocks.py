"""The blocks of a text: what is prose, and what only looks like it.

Plain text and Markdown are read alike. Headings, items of lists, tables, code and markup are no sentences; each block
is a range of the text, so nothing is copied.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

Kind = Literal["prose", "heading", "item", "other"]

# Several blank lines are one.
_LINE = re.compile(r"(?:[ \t\r\f\v\u00a0\u200b]*\n){1,999}|[^\n]*\n|[^\n]+")
_BLANK = re.compile(r"[\s\u200b]*$")
_FENCE = re.compile(r"\s{0,3}(?:>\s?){0,9}\s{0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"\s{0,3}#{1,6}(?:\s|$)")
_UNDERLINE = re.compile(r"\s{0,3}(?:=+|-{2,})\s*$")
_RULE = re.compile(r"\s{0,3}(?:(?:\*\s*){3,99}|(?:-\s*){3,99}|(?:_\s*){3,99})$")
_ITEM = re.compile(r"\s*(?:[-*+•‣▪◦]|\d{1,3}[.)]|[A-Za-z]\))\s+\S")
_TABLE = re.compile(r"\s*\|.*\|\s*$|\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*){1,99}\|?\s*$")
_MARKUP = re.compile(r"\s{0,3}(?:<[/!?A-Za-z]|\[[^\]\n]{1,80}\]:\s)")
_INDENTED = re.compile(r"(?:\t| {4,})\S")
_QUOTE = re.compile(r"\s{0,3}>")
# The end of a mail, and what is quoted below it is not marked by anything else.
_SIGNATURE = re.compile(r"--\s*$")


# A text of more blocks than these is no prose; only so many are looked at.
MAX_BLOCKS = 30_000


@dataclass(slots=True)
class Block:
    """A range of a text that is of one kind."""

    kind: Kind
    start: int
    end: int


def blocks(text: str) -> list[Block]:
    """The blocks of a text, in their order; blank lines are in none."""
    return list(islice(_blocks(text), MAX_BLOCKS))


def _blocks(text: str) -> Iterator[Block]:
    reader = _Reader(text)
    for line in _LINE.finditer(text):
        yield from reader.take(line[0].rstrip("\n"), line.start(), line.end())
    yield from reader.close()


class _Reader:
    """Reads line by line, and holds the block that the next line may belong to."""

    def __init__(self, text: str) -> None:
        self.open: Block | None = None
        self.fence: str | None = None
        self.in_front_matter = False
        self.after_blank = True
        self.has_front_matter = re.match(r"---[ \t]*\n(?:.*\n){0,200}?---[ \t]*(?:\n|$)", text) is not None

    def close(self) -> Iterator[Block]:
        if self.open is not None:
            yield self.open
            self.open = None

    def begin(self, kind: Kind, start: int, end: int) -> Iterator[Block]:
        """Ends the open block and begins one; the next line may go on with it."""
        yield from self.close()
        self.open = Block(kind, start, end)

    def alone(self, kind: Kind, start: int, end: int) -> Iterator[Block]:
        """A block that the next line does not go on with."""
        yield from self.close()
        yield Block(kind, start, end)

    def take(self, line: str, start: int, end: int) -> Iterator[Block]:
        after_blank, self.after_blank = self.after_blank, False
        if start == 0 and self.has_front_matter:
            self.in_front_matter = True
            return
        if self.in_front_matter:
            self.in_front_matter = line.rstrip() != "---"
            return
        fence = _FENCE.match(line)
        if self.fence is not None:
            if fence and fence[1].startswith(self.fence):
                self.fence = None
            return
        if fence:
            self.fence = fence[1]
            yield from self.close()
            return
        if _BLANK.match(line):
            self.after_blank = True
            # What belongs to an item may come after a blank line, if it is indented.
            if self.open is not None and self.open.kind != "item":
                yield from self.close()
            return
        yield from self._text(line, start, end, after_blank)

    def _text(self, line: str, start: int, end: int, after_blank: bool) -> Iterator[Block]:
        open = self.open
        if open is not None and open.kind == "prose" and _UNDERLINE.match(line):
            open.kind, open.end = "heading", start
            yield from self.close()
        elif _HEADING.match(line):
            yield from self.alone("heading", start, end)
        elif _RULE.match(line) or _SIGNATURE.match(line):
            yield from self.close()
        elif _TABLE.match(line) or _MARKUP.match(line):
            yield from self.alone("other", start, end)
        elif _ITEM.match(line):
            yield from self.begin("item", start, end)
        elif open is not None and open.kind == "item" and (not after_blank or line[:1] in " \t"):
            open.end = end
        elif _INDENTED.match(line) and after_blank:
            yield from self.alone("other", start, end)
            self.after_blank = True
        elif _QUOTE.match(line):
            yield from self._quoted(line, start, end)
        elif open is not None and open.kind == "prose":
            open.end = end
        else:
            yield from self.begin("prose", start, end)

    def _quoted(self, line: str, start: int, end: int) -> Iterator[Block]:
        inner = line.lstrip(" >\t")
        if not inner or _HEADING.match(inner) or _ITEM.match(inner):
            yield from self.close()
        elif self.open is not None and self.open.kind == "prose":
            self.open.end = end
        else:
            yield from self.begin("prose", start, end)
