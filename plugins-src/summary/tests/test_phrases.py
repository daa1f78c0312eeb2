"""Key phrases."""

import unittest

from . import call
from .texts import BRIDGE

CLIMATE = """Carbon capture plants take carbon dioxide out of the air. The new carbon capture plant in Reykjavik stores
carbon dioxide in rock. Dr. Maria Olsen, who leads the plant, says that carbon capture is still too expensive. Carbon
dioxide in rock stays there for ever."""


def phrases(text: str, **given: object) -> list[str]:
    return [it["phrase"] for it in call("key_phrases", text, **given)["phrases"]]


class KeyPhrases(unittest.TestCase):
    def test_whole_phrases_come_before_their_words(self) -> None:
        found = [it.lower() for it in phrases(CLIMATE, max_phrases=5)]
        self.assertIn("carbon dioxide", found[:2])
        self.assertTrue(found[0].startswith("carbon capture"), found)
        self.assertNotIn("carbon", found)
        self.assertNotIn("capture", found)

    def test_grammar_is_in_no_phrase(self) -> None:
        for language, text in BRIDGE.items():
            if language in ("ja", "zh", "ko"):
                continue
            from summary import stopwords

            for phrase in phrases(text, max_phrases=20):
                self.assertFalse(set(phrase.lower().split()) & stopwords.of(language), (language, phrase))

    def test_what_a_text_is_about_is_found_in_any_script(self) -> None:
        for language, phrase in [
            ("en", "bridge"),
            ("de", "Brücke"),
            ("fr", "pont"),
            ("es", "puente"),
            ("ru", "мост"),
            ("zh", "大桥"),
            ("ko", "다리"),
            ("ja", "修理"),
        ]:
            with self.subTest(language=language):
                found = " / ".join(phrases(BRIDGE[language], max_phrases=6))
                self.assertIn(phrase.lower(), found.lower())

    def test_counts_and_scores_are_given(self) -> None:
        found = call("key_phrases", CLIMATE)["phrases"]
        by_name = {it["phrase"].lower(): it for it in found}
        self.assertEqual(by_name["carbon dioxide"]["count"], 3)
        self.assertEqual(found[0]["score"], 1.0)

    def test_a_text_about_nothing_has_none(self) -> None:
        for text in ("", "It is what it is.", "12 34 56", "```\ncode code\n```"):
            self.assertEqual(phrases(text), [], text)
