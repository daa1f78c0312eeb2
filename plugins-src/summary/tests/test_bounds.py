"""A megabyte of anything ends, within a call's time and memory."""

import tracemalloc
import unittest

from . import call

SIZE = 1 << 20

# What is hard on patterns, on memory, or on what grows with the number of sentences.
HARD = {
    "short sentences": "Aa bb cc. " * (SIZE // 10),
    "letters": "A. " * (SIZE // 3),
    "one word": "a" * SIZE,
    "one Chinese word": "中" * SIZE,
    "hyphens": "a-" * (SIZE // 2),
    "apostrophes": "a'" * (SIZE // 2),
    "blank lines": " \n" * (SIZE // 2),
    "lines": "word\n \n" * (SIZE // 7),
    "quotes": "> " * (SIZE // 2),
    "angles": ">" * SIZE,
    "stars": "* " * (SIZE // 2),
    "dashes": "-" * SIZE,
    "bars": "|--" * (SIZE // 3),
    "backticks": "`" * SIZE,
    "references": "a.[1]" + "[1]" * (SIZE // 3 - 2),
    "full stops": "." * SIZE,
    "brackets": "<" * SIZE,
    "addresses": "a@" * (SIZE // 2),
    "emoji": "😀 Ab " * (SIZE // 5),
    "other words": " ".join(f"W{n:x}" + "." * (n % 12 == 0) for n in range(SIZE // 6)),
    "items": "- Item one is here.\n" * (SIZE // 20),
}


class Bounds(unittest.TestCase):
    def test_a_megabyte_of_anything_ends_with_little(self) -> None:
        for name, text in HARD.items():
            for operation in ("summarize", "key_phrases", "detect_language"):
                with self.subTest(text=name, operation=operation):
                    self.assertLess(len(str(call(operation, text[:SIZE]))), 50_000)

    def test_memory_stays_within_a_calls(self) -> None:
        for name in ("hyphens", "blank lines", "quotes", "lines", "emoji", "other words"):
            text = HARD[name][:SIZE]
            tracemalloc.start()
            call("summarize", text)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            # A call has 64 MiB, of which the interpreter takes 14; texts are held in up to four bytes a character.
            self.assertLess(peak, 40 << 20, name)
