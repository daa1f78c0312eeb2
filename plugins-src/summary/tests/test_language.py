"""Which language a text is in."""

import unittest

from . import call
from .texts import ARTICLE, BRIDGE

# So alike that one sentence may not tell them apart.
ALIKE = {"da": {"da", "no"}, "no": {"da", "no"}}


class Detection(unittest.TestCase):
    def test_one_sentence_tells_its_language(self) -> None:
        for language, text in ARTICLE.items():
            with self.subTest(language=language):
                found = call("detect_language", text)
                self.assertIn(found["language"], ALIKE.get(language, {language}))
                self.assertGreater(found["confidence"], 0.5)

    def test_a_page_tells_it_for_sure(self) -> None:
        for language, text in BRIDGE.items():
            with self.subTest(language=language):
                found = call("detect_language", text)
                self.assertEqual(found["language"], language)
                self.assertGreater(found["confidence"], 0.9)

    def test_a_few_words_tell_it_where_they_are_telling(self) -> None:
        for language, text in [
            ("en", "Where is the report?"),
            ("de", "Wo ist der Bericht?"),
            ("fr", "Où est le rapport ?"),
            ("es", "¿Dónde está el informe?"),
            ("sv", "Var är rapporten?"),
            ("pl", "Gdzie jest raport?"),
            ("el", "Πού είναι η έκθεση;"),
            ("he", "איפה הדוח?"),
            ("ja", "会議は木曜日です"),
        ]:
            with self.subTest(language=language):
                self.assertEqual(call("detect_language", text)["language"], language)

    def test_what_cannot_be_told_is_und(self) -> None:
        for text in (
            "",
            "12345 67890",
            "ok",
            "!!! ???",
            "xqzv kwtr plmnb zxcvb qwrtp hjkl",
            "deadbeef f00dbabe c0ffee",
        ):
            with self.subTest(text=text):
                found = call("detect_language", text)
                self.assertEqual((found["language"], found["confidence"]), ("und", 0.0))
                self.assertEqual((found["name"], found["candidates"]), ("unknown", []))

    def test_code_and_addresses_do_not_count(self) -> None:
        text = "Das ist ein Beispiel für einen kurzen Text.\n\n```\nthe quick brown fox jumps over the lazy dog\n```\n"
        self.assertEqual(call("detect_language", text)["language"], "de")
        self.assertEqual(call("detect_language", "https://example.org/the/quick/brown/fox")["language"], "und")

    def test_each_text_of_a_list_has_its_own(self) -> None:
        texts = [{"id": language, "text": BRIDGE[language]} for language in ("en", "de", "ja")]
        found = call("detect_language", texts)
        self.assertEqual([(it["id"], it["language"]) for it in found["texts"]],
                         [("en", "en"), ("de", "de"), ("ja", "ja")])  # fmt: skip

    def test_candidates_are_sorted(self) -> None:
        found = call("detect_language", ARTICLE["no"])["candidates"]
        self.assertEqual({it["language"] for it in found} & {"da", "no"}, {"da", "no"})
        confidences = [it["confidence"] for it in found]
        self.assertEqual(confidences, sorted(confidences, reverse=True))
