"""Writes src/summary/profiles.py from the profiles that langdetect ships: `pip install langdetect==1.0.9`, run this.

The profiles are of Nakatani Shuyo's language-detection (Apache-2.0), made from Wikipedia. Only trigrams are taken, in
lower case, the most frequent ones of each language, with their probability as a number of half bits.
"""

import json
import math
import pathlib
import unicodedata
from collections import Counter

import langdetect

TRIGRAMS = 500

# A letter that is one in so many is of the language, others come with names of elsewhere.
USUAL = 1 / 4000

LANGUAGES = {
    "latin": "en de fr es it nl pt sv da no fi pl cs sk hu ro hr sl et lv lt tr ca sq id vi af",
    "cyrillic": "ru uk bg mk",
}

HEAD = '''"""How often trigrams occur in each language. Written by scripts/make_profiles.py; do not edit.

Derived from the language profiles of language-detection, Copyright 2010-2014 Cybozu Labs, Inc. (Nakatani Shuyo), and
of its Python port langdetect by Michal Mimino Danilak, under the Apache License 2.0.
"""

# For each language the trigrams of each class, one after the other. Those of class n occur with a probability of
# 2^-(n/2); words begin and end with a blank.
PROFILES: dict[str, dict[str, dict[int, str]]] = {
'''


def classes(language: str) -> dict[int, str]:
    """The most frequent trigrams by the class of their probability."""
    path = pathlib.Path(langdetect.__file__).parent / "profiles" / language
    counts: Counter[str] = Counter()
    for gram, count in json.loads(path.read_text(encoding="utf-8"))["freq"].items():
        lower = gram.lower()
        if len(lower) == 3:
            counts[lower] += count
    total = sum(counts.values())
    found: dict[int, list[str]] = {}
    for gram, count in sorted(counts.items(), key=lambda it: (-it[1], it[0]))[:TRIGRAMS]:
        found.setdefault(round(-2 * math.log2(count / total)), []).append(gram)
    return {level: "".join(sorted(grams)) for level, grams in sorted(found.items())}


def alphabet(language: str) -> str:
    """The letters beyond a to z that are usual in the language."""
    path = pathlib.Path(langdetect.__file__).parent / "profiles" / language
    counts: Counter[str] = Counter()
    for gram, count in json.loads(path.read_text(encoding="utf-8"))["freq"].items():
        if len(gram) == 1:
            counts[gram.lower()] += count
    total = sum(counts.values())
    script = next(script for script, languages in LANGUAGES.items() if language in languages.split()).upper()
    usual = [it for it, count in counts.items() if it > "\x7f" and count / total > USUAL]
    if language == "vi":
        # Its vowels with two marks, which the profile has apart.
        usual = [*usual, *map(chr, range(0x1EA1, 0x1EFA, 2))]
    return "".join(sorted(it for it in usual if unicodedata.name(it, "").startswith(f"{script} SMALL")))


def main() -> None:
    lines = [HEAD]
    for script, languages in LANGUAGES.items():
        lines.append(f'    "{script}": {{\n')
        for language in languages.split():
            lines.append(f'        "{language}": {{\n')
            lines.extend(
                f"            {level}: {json.dumps(grams, ensure_ascii=False)},\n"
                for level, grams in classes(language).items()
            )
            lines.append("        },\n")
        lines.append("    },\n")
    lines.append(
        "}\n\n# For each language the letters beyond a to z that are usual in it.\nALPHABETS: dict[str, str] = {\n"
    )
    for language in " ".join(LANGUAGES.values()).split():
        lines.append(f'    "{language}": {json.dumps(alphabet(language), ensure_ascii=False)},\n')
    lines.append("}\n")
    target = pathlib.Path(__file__).parents[1] / "src/summary/profiles.py"
    target.write_text("".join(lines), encoding="utf-8")


main()
