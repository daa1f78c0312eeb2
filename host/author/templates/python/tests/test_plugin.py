"""The plugin as its host calls it, in a world that the test makes."""

import json
import unittest
from typing import Any

from plugin import plugin
from remit_plugin import Denied, InvalidInput
from remit_plugin.http import Response
from remit_plugin.testing import World


def call(operation: str, **given: Any) -> Any:
    """Calls an operation as the host does, from JSON to JSON."""
    return json.loads(plugin.invoke(operation, json.dumps(given)))


class WordCount(unittest.TestCase):
    def test_words_are_counted_whatever_their_case_and_alphabet(self) -> None:
        counts = call("word_count", text="Größe zählt, größe nicht.\nΑ α", top=1)
        self.assertEqual((counts["words"], counts["lines"]), (6, 2))
        self.assertEqual(counts["most_frequent"], [{"word": "größe", "count": 2}])

    def test_equals_stand_by_alphabet(self) -> None:
        counts = call("word_count", text="b a c b_a")
        self.assertEqual([it["word"] for it in counts["most_frequent"]], ["a", "b", "c"])

    def test_a_text_without_words_has_none(self) -> None:
        counts = call("word_count", text="")
        self.assertEqual(counts, {"words": 0, "characters": 0, "lines": 0, "most_frequent": []})

    def test_an_input_of_another_shape_is_refused(self) -> None:
        for given in ({}, {"text": 1}, {"text": "a", "top": 0}, {"text": "a", "tip": 1}):
            with self.assertRaises(InvalidInput):
                call("word_count", **given)


class FetchTitle(unittest.TestCase):
    def test_a_page_has_the_title_that_stands_in_it(self) -> None:
        with World(http=lambda _: Response(200, body=b"<html><TITLE>\n Example  page </TITLE>")) as world:
            page = call("fetch_title", url="https://example.org/")
        self.assertEqual(page, {"status": 200, "title": "Example page"})
        self.assertEqual(world.requests[0].url, "https://example.org/")

    def test_a_page_without_a_title_has_none(self) -> None:
        with World(http=lambda _: Response(404, body=b"not here")):
            self.assertEqual(call("fetch_title", url="https://example.org/x"), {"status": 404, "title": None})

    def test_a_request_that_is_refused_is_denied(self) -> None:
        with World(), self.assertRaises(Denied):
            call("fetch_title", url="https://example.org/")
