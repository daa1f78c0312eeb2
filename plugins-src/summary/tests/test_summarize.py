"""Summaries: what is taken, and what always holds."""

import random
import unittest

from remit_plugin import InvalidInput

from . import call
from .texts import BRIDGE, MARKDOWN

# What every summary of the text about the bridge has to say: what was decided.
DECIDED = {
    "en": "decided on Tuesday",
    "de": "beschlossen",
    "fr": "a décidé",
    "es": "decidió",
    "ru": "решил",
    "ja": "決めた",
    "zh": "决定",
    "ko": "결정했다",
    "ar": "قرر",
}
# And what none should.
WEATHER = {
    "en": "weather",
    "de": "Wetter",
    "fr": "faisait beau",
    "es": "buen tiempo",
    "ru": "Погода",
    "ja": "天気",
    "zh": "天气",
    "ko": "날씨",
    "ar": "الطقس",
}


class Choice(unittest.TestCase):
    def test_a_summary_says_what_matters_and_not_what_does_not(self) -> None:
        for language, text in BRIDGE.items():
            with self.subTest(language=language):
                found = call("summarize", text, max_sentences=3)
                self.assertEqual(found["language"], language)
                self.assertEqual(len(found["sentences"]), 3)
                self.assertIn(DECIDED[language], found["summary"])
                self.assertNotIn(WEATHER[language], found["summary"])

    def test_one_sentence_is_the_most_important_one(self) -> None:
        found = call("summarize", BRIDGE["en"], max_sentences=1)
        self.assertEqual(
            found["summary"],
            "The city council decided on Tuesday to repair the old harbour bridge instead of replacing it.",
        )
        self.assertEqual(found["sentences"][0]["score"], 1.0)

    def test_headings_items_code_and_tables_are_no_sentences(self) -> None:
        found = call("summarize", MARKDOWN, max_sentences=100)
        self.assertEqual(len(found["sentences"]), 5)
        for word in ("heading", "item", "code", "table", "markup", "reference", "matter", "Dear"):
            self.assertNotIn(word, found["summary"])
        self.assertIn("stays open for buses while", found["summary"])

    def test_a_text_of_lists_is_summed_up_by_its_items(self) -> None:
        text = "# Changes\n\n- Fix a crash when the file is empty.\n- [x] Faster start of the plugin.\n* New icons\n"
        found = call("summarize", text, max_sentences=10)
        self.assertEqual(
            [it["text"] for it in found["sentences"]],
            ["Fix a crash when the file is empty.", "Faster start of the plugin.", "New icons"],
        )

    def test_what_is_said_twice_is_taken_once(self) -> None:
        sentence = "The old harbour bridge of the city is repaired by engineers next year."
        text = f"{sentence} Ships can pass below the bridge all the time. {sentence} Nobody knows the costs of it yet."
        found = call("summarize", text, max_sentences=3)
        self.assertEqual(found["summary"].count("The old harbour bridge"), 1)

    def test_several_texts_are_summed_up_together_with_their_ids(self) -> None:
        texts = [{"id": "a", "text": BRIDGE["en"]}, {"id": "b", "text": "Nobody was hurt when the ferry stopped."}]
        found = call("summarize", texts, max_sentences=9)
        self.assertEqual({it["id"] for it in found["sentences"]}, {"a", "b"})
        ids = [it["id"] for it in found["sentences"]]
        self.assertEqual(ids, sorted(ids))

    def test_nothing_is_summed_up_as_nothing(self) -> None:
        for text in ("", " \n ", "```\ncode\n```", "🙂", "!!!", "| a |\n|---|"):
            with self.subTest(text=text):
                self.assertEqual(call("summarize", text)["summary"], "")
                self.assertEqual(call("summarize", text)["sentences"], [])

    def test_where_no_sentence_is_short_enough_the_best_is_cut_at_a_word(self) -> None:
        found = call("summarize", "Interdepartmental coordination of the harbour bridge was announced.", max_chars=50)
        self.assertEqual(found["summary"], "Interdepartmental coordination of the harbour…")

    def test_more_than_a_megabyte_is_refused(self) -> None:
        texts = [{"id": str(n), "text": "a" * 700_000} for n in range(2)]
        with self.assertRaisesRegex(InvalidInput, "1400000"):
            call("summarize", texts)
        with self.assertRaisesRegex(InvalidInput, "at least 1"):
            call("summarize", [])


class Properties(unittest.TestCase):
    """What holds for any text: here, for some made of pieces of real ones, and of characters at random."""

    def texts(self) -> list[str]:
        source = random.Random(20261116)
        pieces = [piece for text in (*BRIDGE.values(), MARKDOWN) for piece in text.split(" ")]
        signs = "aB. !?\n\n-#>*`|\t。、「」éß中文한국ا.é\u200b\u00a0😀1.2"
        made = [" ".join(source.choice(pieces) for _ in range(source.randrange(400))) for _ in range(40)]
        return made + ["".join(source.choice(signs) for _ in range(source.randrange(600))) for _ in range(80)]

    def test_a_summary_keeps_what_it_promises(self) -> None:
        source = random.Random(1)
        for text in self.texts():
            sentences, chars = source.randint(1, 8), source.choice([None, 20, 60, 200, 1000])
            with self.subTest(text=text, sentences=sentences, chars=chars):
                found = call("summarize", text, max_sentences=sentences, max_chars=chars)
                self.assertLessEqual(len(found["sentences"]), sentences)
                self.assertLessEqual(len(found["summary"]), chars or len(text))
                self.assertNotIn("\n", found["summary"])
                end = 0
                for sentence in found["sentences"]:
                    self.assertEqual(text[sentence["start"] : sentence["end"]], sentence["text"])
                    self.assertEqual(sentence["text"].strip(), sentence["text"])
                    self.assertGreaterEqual(sentence["start"], end)
                    self.assertTrue(0 <= sentence["score"] <= 1)
                    end = sentence["end"]
                self.assertEqual(call("summarize", text, max_sentences=sentences, max_chars=chars), found)

    def test_key_phrases_keep_what_they_promise(self) -> None:
        for text in self.texts():
            with self.subTest(text=text):
                found = call("key_phrases", text, max_phrases=7)["phrases"]
                self.assertLessEqual(len(found), 7)
                scores = [it["score"] for it in found]
                self.assertEqual(scores, sorted(scores, reverse=True))
                self.assertTrue(all(0 < it <= 1 for it in scores))
                self.assertEqual(len({it["phrase"] for it in found}), len(found))

    def test_any_text_has_a_language_or_none(self) -> None:
        for text in self.texts():
            with self.subTest(text=text):
                found = call("detect_language", text)
                self.assertEqual(found["language"] == "und", found["confidence"] == 0)
                self.assertTrue(0 <= found["confidence"] <= 1)
