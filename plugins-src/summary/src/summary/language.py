"""Which language a text is in: by its script, by its trigrams, and by the words that carry grammar."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass

from . import stopwords
from .profiles import ALPHABETS, PROFILES

UNKNOWN = "und"

NAMES = {
    "af": "Afrikaans", "ar": "Arabic", "bg": "Bulgarian", "ca": "Catalan", "cs": "Czech", "da": "Danish",
    "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "fa": "Persian",
    "fi": "Finnish", "fr": "French", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian",
    "hy": "Armenian", "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ka": "Georgian", "ko": "Korean",
    "lt": "Lithuanian", "lv": "Latvian", "mk": "Macedonian", "nl": "Dutch", "no": "Norwegian", "pl": "Polish",
    "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "sq": "Albanian",
    "sv": "Swedish", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese", "zh": "Chinese",
    UNKNOWN: "unknown",
}  # fmt: skip

# Scripts by the ranges of their letters.
_SCRIPTS = {
    "latin": "a-zA-Z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff",
    "cyrillic": "\u0400-\u052f",
    "greek": "\u0370-\u03ff\u1f00-\u1fff",
    "hebrew": "\u05d0-\u05f2",
    "arabic": "\u0620-\u064a\u066e-\u06d3\u0750-\u077f",
    "kana": "\u3041-\u3096\u30a1-\u30fa\uff66-\uff9f",
    "han": "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff",
    "hangul": "\uac00-\ud7af\u1100-\u11ff\u3130-\u318f",
    "hi": "\u0900-\u097f",
    "th": "\u0e00-\u0e7f",
    "ka": "\u10a0-\u10ff",
    "hy": "\u0530-\u058f",
}
_LETTERS = {script: re.compile(f"[{ranges}]") for script, ranges in _SCRIPTS.items()}

# What is no prose says nothing about a language: code, addresses, markup.
_NO_PROSE = re.compile(
    r"```.{0,2000}?```|`[^`\n]{1,200}`|https?://\S+|[\w.+-]{1,64}@[\w.-]{1,200}|<[^>\n]{1,200}>|&\w{1,20};", re.DOTALL
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+){0,9}")

# Romanian has a comma below where the profiles have a cedilla.
_AS_IN_PROFILES = str.maketrans("’șț", "'şţ")

# How much of a text is looked at: its beginning, its middle and its end.
_SAMPLE = 4000

# Fewer letters than these say nothing; one character of Han says as much as several of an alphabet.
_MIN_LETTERS = 8
_MIN_CHARACTERS = 2

# What a trigram that is not among a language's most frequent costs: beyond the rarest of those.
_MISSING_BITS = 13.0
# Trigrams overlap, so they are not as independent as the sum of their bits takes them to be.
_DEPENDENCE = 0.35
# What one word of grammar says for a language, in bits, shared with the other languages that have it.
_WORD_BITS = 5.0
# What each occurrence of a letter that a language does not use says against it, and how many are counted.
_LETTER_BITS = 4.0
_MAX_LETTERS = 6
# Most of a real text's trigrams are among the frequent ones of its language; of other texts, few.
_MIN_KNOWN = 0.33
_MIN_CONFIDENCE = 0.5


@dataclass
class Candidate:
    """A language that a text may be in.

    Attributes:
        language: Its code, as in ISO 639-1.
        confidence: From 0 to 1.
    """

    language: str
    confidence: float


def _bits() -> dict[str, dict[str, dict[str, float]]]:
    """By script and language: the bits that each frequent trigram costs."""
    return {
        script: {
            language: {
                grams[at : at + 3]: level / 2 for level, grams in levels.items() for at in range(0, len(grams), 3)
            }
            for language, levels in languages.items()
        }
        for script, languages in PROFILES.items()
    }


_BITS = _bits()

# Each word of grammar with what it says for each language.
_WORDS: dict[str, dict[str, float]] = {}
for _language, _listed in stopwords.STOPWORDS.items():
    for _word in _listed:
        _WORDS.setdefault(_word, {})[_language] = 0.0
for _said in _WORDS.values():
    for _language in _said:
        _said[_language] = _WORD_BITS / len(_said)


def guess(text: str) -> list[Candidate]:
    """The languages that a text is most likely in, the likeliest first; `und` alone where it cannot be told."""
    sample = _NO_PROSE.sub(" ", _sampled(text))
    counts = {script: len(letters.findall(sample)) for script, letters in _LETTERS.items()}
    script = max(counts, key=lambda it: counts[it])
    total = sum(counts.values())
    east = counts["kana"] + counts["han"]
    if east + counts["hangul"] >= max(_MIN_CHARACTERS, 0.3 * total):
        return _eastern(counts)
    if total < _MIN_LETTERS:
        return [Candidate(UNKNOWN, 0.0)]
    share = counts[script] / total
    if script in _BITS:
        return _alphabetic(sample, script, share)
    if script == "arabic":
        return _arabic(sample, share)
    return [Candidate({"greek": "el", "hebrew": "he"}.get(script, script), _rounded(share))]


def detect(text: str) -> Candidate:
    """The likeliest language."""
    return guess(text)[0]


def _sampled(text: str) -> str:
    if len(text) <= 3 * _SAMPLE:
        return text
    middle = len(text) // 2
    return f"{text[:_SAMPLE]} {text[middle : middle + _SAMPLE]} {text[-_SAMPLE:]}"


def _eastern(counts: dict[str, int]) -> list[Candidate]:
    kana, han, hangul = counts["kana"], counts["han"], counts["hangul"]
    whole = kana + han + hangul
    if hangul >= kana + han:
        return [Candidate("ko", _rounded(hangul / whole))]
    # Japanese is written in both; more than a few of kana are in no Chinese text.
    if kana >= 0.08 * (kana + han):
        return [Candidate("ja", _rounded(min(1.0, (kana + han) / whole)))]
    # A title in Japanese may be of Han alone.
    return [Candidate("zh", _rounded((1.0 if han >= 20 else 0.5 + han / 40) * (kana + han) / whole))]


def _arabic(sample: str, share: float) -> list[Candidate]:
    words = Counter(found[0] for found in _WORD.finditer(sample))
    persian = len(re.findall("[پچژگکی]", sample))
    said = {
        language: sum(count for word, count in words.items() if word in stopwords.of(language))
        for language in ("ar", "fa")
    }
    if persian + 2 * said["fa"] > 2 * said["ar"] + len(re.findall("[ةىيكأإ]", sample)):
        return [Candidate("fa", _rounded(share * 0.9))]
    return [Candidate("ar", _rounded(share))]


def _alphabetic(sample: str, script: str, share: float) -> list[Candidate]:
    words = [found[0].lower().translate(_AS_IN_PROFILES) for found in _WORD.finditer(sample)]
    grams: Counter[str] = Counter()
    for word in words:
        padded = f" {word} "
        grams.update(padded[at : at + 3] for at in range(len(padded) - 2))
    length = sum(grams.values())
    said: dict[str, float] = dict.fromkeys(_BITS[script], 0.0)
    for word, count in Counter(words).items():
        for language, bits in _WORDS.get(word, {}).items():
            if language in said:
                # A word that is repeated says little more than once.
                said[language] += bits * (1 + math.log2(count))
    letters = Counter(letter for word in words for letter in word if letter > "\x7f" and letter.isalpha())
    scores: dict[str, float] = {}
    known: dict[str, float] = {}
    for language, bits in _BITS[script].items():
        cost = sum(count * bits.get(gram, _MISSING_BITS) for gram, count in grams.items())
        alphabet = ALPHABETS[language]
        foreign = sum(min(count, _MAX_LETTERS) for letter, count in letters.items() if letter not in alphabet)
        scores[language] = said[language] - _DEPENDENCE * cost - _LETTER_BITS * min(foreign, 2 * _MAX_LETTERS)
        known[language] = sum(count for gram, count in grams.items() if gram in bits) / max(1, length)
    ranked = sorted(scores, key=lambda it: (-scores[it], it))
    best = scores[ranked[0]]
    weights = {language: 2.0 ** max(-60.0, scores[language] - best) for language in ranked}
    whole = sum(weights.values())
    candidates = [Candidate(it, _rounded(share * weights[it] / whole)) for it in ranked[:3]]
    if known[ranked[0]] < _MIN_KNOWN or candidates[0].confidence < _MIN_CONFIDENCE:
        return [Candidate(UNKNOWN, 0.0)]
    return [it for it in candidates if it.confidence >= 0.01]


def _rounded(confidence: float) -> float:
    return round(confidence, 3)
