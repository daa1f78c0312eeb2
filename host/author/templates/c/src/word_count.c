/* `word_count`. */
#include "operations.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

const remit_field word_count_input[] = {
    {"text", REMIT_STRING, "The text to count in"},
    {
        "top",
        REMIT_INTEGER,
        "How many of the most frequent words to list",
        .optional = true,
        .range = REMIT_RANGE(1, 50),
        .default_json = "5",
    },
    {0},
};

static const remit_field frequency[] = {
    {"word", REMIT_STRING},
    {"count", REMIT_INTEGER, .range = REMIT_AT_LEAST(1)},
    {0},
};
static const remit_field frequencies = {.type = REMIT_OBJECT, .fields = frequency};

const remit_field word_count_output[] = {
    {"words", REMIT_INTEGER, .range = REMIT_AT_LEAST(0)},
    {"characters", REMIT_INTEGER, .range = REMIT_AT_LEAST(0)},
    {"lines", REMIT_INTEGER, .range = REMIT_AT_LEAST(0)},
    {
        "most_frequent",
        REMIT_ARRAY,
        "The most frequent first; words of one count by the alphabet",
        .items = &frequencies,
    },
    {0},
};

/* The character at `at`, and how many bytes it takes. The text is UTF-8: the reader of the input saw to that. */
static wint_t decode(const char *at, size_t *length) {
    unsigned char first = (unsigned char)*at;
    *length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    wint_t character = *length == 1 ? first : first & (0x7fu >> *length);
    for (size_t next = 1; next < *length; next++) character = character << 6 | ((unsigned char)at[next] & 0x3fu);
    return character;
}

static size_t encode(wint_t character, char *to) {
    if (character < 0x80) return to[0] = (char)character, 1;
    size_t length = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (size_t at = length; --at > 0; character >>= 6) to[at] = (char)(0x80 | (character & 0x3f));
    to[0] = (char)((0xf00u >> length & 0xf0u) | character);
    return length;
}

static int by_word(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

typedef struct {
    const char *word;
    size_t count;
} counted;

static int more_frequent(const void *a, const void *b) {
    const counted *one = a, *other = b;
    if (one->count != other->count) return one->count < other->count ? 1 : -1;
    return strcmp(one->word, other->word);
}

remit_fault word_count(yyjson_val *input, yyjson_mut_doc *document, yyjson_mut_val *output) {
    remit_text text = remit_string(input, "text");
    size_t top = (size_t)remit_integer(input, "top", 5);

    /* All words in lower case, one behind the other. Lower case takes at most 3 bytes for 2. */
    char *lower = remit_alloc(text.length * 2 + 2), *end = lower;
    char **words = remit_alloc((text.length / 2 + 1) * sizeof *words);
    size_t word_total = 0, characters = 0, lines = 0, length = 1;
    bool in_word = false;
    for (size_t at = 0; at < text.length; at += length) {
        wint_t character = decode(text.data + at, &length);
        characters++;
        if (character == '\n' || at + length == text.length) lines++;
        bool letter = iswalnum(character);
        if (letter && !in_word) words[word_total++] = end;
        if (letter) end += encode(towlower(character), end);
        if (!letter && in_word) *end++ = 0;
        in_word = letter;
    }

    qsort(words, word_total, sizeof *words, by_word);
    counted *all = remit_alloc((word_total + 1) * sizeof *all);
    size_t different = 0;
    for (size_t at = 0; at < word_total; at++) {
        if (different == 0 || strcmp(all[different - 1].word, words[at]) != 0) all[different++].word = words[at];
        all[different - 1].count++;
    }
    qsort(all, different, sizeof *all, more_frequent);

    yyjson_mut_obj_add_uint(document, output, "words", word_total);
    yyjson_mut_obj_add_uint(document, output, "characters", characters);
    yyjson_mut_obj_add_uint(document, output, "lines", lines);
    yyjson_mut_val *frequent = yyjson_mut_obj_add_arr(document, output, "most_frequent");
    for (size_t at = 0; at < different && at < top; at++) {
        yyjson_mut_val *one = yyjson_mut_arr_add_obj(document, frequent);
        yyjson_mut_obj_add_str(document, one, "word", all[at].word);
        yyjson_mut_obj_add_uint(document, one, "count", all[at].count);
    }
    return remit_done();
}
