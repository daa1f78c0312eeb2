"""`summary`: sums texts up, finds what they speak of, and says which language they are in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from remit_plugin import Field, InvalidInput, Plugin
from summary import language as languages
from summary.language import NAMES, UNKNOWN, Candidate
from summary.phrases import Phrase
from summary.phrases import key_phrases as find_phrases
from summary.summarize import Part, joined
from summary.summarize import summarize as pick

plugin = Plugin("summary", "0.1.0", "Sums texts up by their own sentences, finds key phrases, guesses languages")

# Characters of all texts together: what is done within a call's time and memory.
MAX_CHARACTERS = 1 << 20
# The language of the whole is guessed from this much of each text.
SAMPLE = 2000


@dataclass
class Text:
    """One of several texts.

    Attributes:
        id: What the answer calls it.
        text: Plain text or Markdown.
    """

    id: Annotated[str, Field(max_length=500)]
    text: Annotated[str, Field(max_length=MAX_CHARACTERS)]


Texts = Annotated[
    str | Annotated[list[Text], Field(min_length=1, max_length=1000)],
    Field(
        description="A text, plain or in Markdown, or a list of texts with an id each; of at most 1,048,576 characters."
    ),
]
Language = Annotated[
    str | None,
    Field(pattern="^[a-z]{2,3}$", description="The texts' language, as in ISO 639-1; guessed if it is left out."),
]


@dataclass
class Sentence:
    """A sentence of the summary, exactly as it stands in its text.

    Attributes:
        text: The sentence.
        id: The id of its text; null if only one text was given.
        start: Its first character in its text, counted from 0.
        end: The character after its last one.
        score: How well it stands for the whole, from 0 to 1.
    """

    text: str
    id: str | None
    start: int
    end: int
    score: float


@dataclass
class Summary:
    """What `summarize` returns.

    Attributes:
        summary: The sentences as one text on one line. Empty if there is nothing to sum up.
        sentences: They themselves, in the order of the texts.
        language: The language that the texts, or most of them, are in; `und` if it cannot be told.
    """

    summary: str
    sentences: list[Sentence]
    language: str


@dataclass
class Phrases:
    """What `key_phrases` returns.

    Attributes:
        phrases: The most important first.
        language: The language that the texts, or most of them, are in; `und` if it cannot be told.
    """

    phrases: list[Phrase]
    language: str


@dataclass
class Guess:
    """The language of one text.

    Attributes:
        id: The text's id.
        language: Its code, as in ISO 639-1; `und` if it cannot be told.
        confidence: From 0 to 1.
    """

    id: str
    language: str
    confidence: float


@dataclass
class Detected:
    """What `detect_language` returns.

    Attributes:
        language: The code of the language, as in ISO 639-1, of all texts together; `und` if it cannot be told.
        name: Its name in English.
        confidence: From 0 to 1.
        candidates: The likeliest languages, the likeliest first.
        texts: Each text by itself, if a list was given.
    """

    language: str
    name: str
    confidence: float
    candidates: list[Candidate]
    texts: list[Guess]


@plugin.read
def summarize(
    text: Texts,
    max_sentences: Annotated[int, Field(ge=1, le=100)] = 5,
    max_chars: Annotated[int | None, Field(ge=20, le=100_000)] = None,
    language: Language = None,
) -> Summary:
    """Sums up one text or several by their most important sentences, in their own words and order.

    Args:
        max_sentences: The most sentences to take.
        max_chars: The most characters of the summary.
    """
    parts, ids = _parts(text, language)
    picked = pick(parts, max_sentences, max_chars)
    sentences = [
        Sentence(parts[it.part].text[it.start : it.end], ids[it.part], it.start, it.end, it.score) for it in picked
    ]
    return Summary(joined(parts, picked), sentences, _main_language(parts))


@plugin.read
def key_phrases(
    text: Texts, max_phrases: Annotated[int, Field(ge=1, le=100)] = 10, language: Language = None
) -> Phrases:
    """Finds the phrases that one text or several speak of, the most important first.

    Args:
        max_phrases: The most phrases to list.
    """
    parts, _ = _parts(text, language)
    return Phrases(find_phrases(parts, max_phrases), _main_language(parts))


@plugin.read
def detect_language(text: Texts) -> Detected:
    """Guesses which language one text or several are in."""
    parts, ids = _parts(text, UNKNOWN)
    whole = languages.guess("\n".join(_sample(part.text, len(parts)) for part in parts))
    guesses = [
        Guess(id, guess.language, guess.confidence)
        for part, id in zip(parts, ids, strict=True)
        if id is not None
        for guess in [languages.detect(part.text)]
    ]
    best = whole[0]
    known = [it for it in whole if it.language != UNKNOWN]
    return Detected(best.language, NAMES.get(best.language, best.language), best.confidence, known, guesses)


def _parts(text: str | list[Text], language: str | None) -> tuple[list[Part], list[str | None]]:
    given = [(None, text)] if isinstance(text, str) else [(it.id, it.text) for it in text]
    whole = sum(len(it) for _, it in given)
    if whole > MAX_CHARACTERS:
        raise InvalidInput(f"the texts have {whole} characters together, and at most {MAX_CHARACTERS} are taken")
    parts = [Part(it, language or languages.detect(it).language) for _, it in given]
    return parts, [id for id, _ in given]


def _sample(text: str, count: int) -> str:
    return text if count == 1 else text[:SAMPLE]


def _main_language(parts: list[Part]) -> str:
    """The language that most of the characters are in."""
    lengths: dict[str, int] = {}
    for part in parts:
        lengths[part.language] = lengths.get(part.language, 0) + len(part.text)
    known = [it for it in lengths if it != UNKNOWN] or [UNKNOWN]
    return max(known, key=lambda it: lengths.get(it, 0))
