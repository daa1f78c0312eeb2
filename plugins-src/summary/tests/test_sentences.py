"""Where sentences end, and what is none."""

import unittest

from summary.blocks import MAX_BLOCKS, blocks
from summary.sentences import sentences

from .texts import MARKDOWN


def split(language: str, text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text, 0, len(text), language)]


class Ends(unittest.TestCase):
    def test_sentences_end_where_a_reader_ends_them(self) -> None:
        for language, marked in [
            ("en", 'Dr. Smith met Mr. J. K. Brown at 3.5 p.m. on Monday.|He said "It works."|Then he left.'),
            ("en", "The U.S. Army agreed.|It was made in the U.S.|The end.|It costs $3.50!|Really?|Yes."),
            ("en", "He waited... and then went.|See Fig. 3, vol. 2, and so on.|Is it 5 p.m.?|No."),
            ("en", "It says so.[12]|Visit example.com or v1.2.3 today.|(It is short.)|Done."),
            ("de", "Am 3. Oktober kam Dr. Müller, z. B. mit dem Zug.|Er sah u. a. Bäume usw. am Weg.|Das war gut."),
            ("de", "Im 19. Jahrhundert war Ludwig XIV. schon tot.|Es waren 12.|Danach ging er."),
            ("fr", "M. Dupont est venu.|« Il pleut. »|Puis il est parti !|Vraiment ?"),
            ("es", "La Sra. Lind llegó.|¿De verdad?|¡Sí!"),
            ("it", "Il sig. Rossi è qui.|Che bello!"),
            ("nl", "Dhr. Jansen kwam, d.w.z. hij belde.|Dat was goed."),
            ("pt", "O Sr. Silva chegou.|Foi bom."),
            ("pl", "W 1990 r. Jan wyjechał, tzn. uciekł.|Wrócił."),
            ("cs", "Dne 3. října přijel např. Jan.|Bylo to dobré."),
            ("tr", "Dr. Yılmaz geldi.|Güzel oldu."),
            ("ru", "В 1990 г. Иванов И. И. уехал в г. Омск.|Он вернулся."),
            ("uk", "У 1990 р. Коваль І. І. поїхав.|Він повернувся."),
            ("el", "Πού είναι;|Δεν ξέρω.|Ο κ. Παπαδόπουλος ήρθε."),
            ("ar", "أين التقرير؟|لا أعرف.|شكرا."),
            ("ja", "今日は晴れです。|「はい。」と言った。|彼は来た！|明日は？"),
            ("zh", "他说：“好的。”|我们走吧！|真的吗？"),
            ("ko", "안녕하세요.|반갑습니다."),
        ]:
            with self.subTest(language=language, text=marked):
                expected = marked.split("|")
                joint = "" if language in ("ja", "zh") else " "
                self.assertEqual(split(language, joint.join(expected)), expected)

    def test_lines_may_be_wrapped_anywhere(self) -> None:
        self.assertEqual(split("en", "One\nsentence. Another\none."), ["One\nsentence.", "Another\none."])

    def test_a_text_without_an_end_is_one_sentence(self) -> None:
        self.assertEqual(split("en", "  no end in sight \n"), ["no end in sight"])
        self.assertEqual(split("en", ""), [])


class Blocks(unittest.TestCase):
    def test_only_prose_is_prose(self) -> None:
        prose = [MARKDOWN[it.start : it.end] for it in blocks(MARKDOWN) if it.kind == "prose"]
        self.assertEqual(len(prose), 4)
        self.assertEqual(prose[0], "Dear all,\n")
        self.assertTrue(prose[1].startswith("The city council"))
        self.assertTrue(prose[2].startswith("> One lane"))
        self.assertTrue(prose[3].startswith("The cables"))

    def test_headings_and_items_are_known(self) -> None:
        headings = [MARKDOWN[it.start : it.end] for it in blocks(MARKDOWN) if it.kind == "heading"]
        self.assertEqual([it.split("\n")[0] for it in headings],
                         ["# The harbour bridge is a heading.", "Traffic on the bridge"])  # fmt: skip
        items = [MARKDOWN[it.start : it.end] for it in blocks(MARKDOWN) if it.kind == "item"]
        self.assertEqual(len(items), 2)
        self.assertIn("It goes on with the bridge.", items[0])

    def test_code_that_never_ends_ends_with_the_text(self) -> None:
        self.assertEqual([it.kind for it in blocks("Prose.\n\n```\ncode\n\nmore code\n")], ["prose"])

    def test_a_rule_is_no_front_matter(self) -> None:
        self.assertEqual([it.kind for it in blocks("---\n\nProse.\n")], ["prose"])

    def test_there_are_never_more_than_can_be_held(self) -> None:
        self.assertEqual(len(blocks("- a\n" * (MAX_BLOCKS + 5))), MAX_BLOCKS)
