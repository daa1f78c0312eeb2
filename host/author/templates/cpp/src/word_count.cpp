#include "operations.hpp"

#include <algorithm>
#include <cwctype>
#include <map>

// The character at the start of `text`, which is taken off. The reader of the input saw to it that it is UTF-8.
static std::wint_t next(std::string_view &text) {
    unsigned char first = static_cast<unsigned char>(text.front());
    std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    std::wint_t character = length == 1 ? first : first & (0x7fu >> length);
    for (std::size_t at = 1; at < length; at++)
        character = character << 6 | (static_cast<unsigned char>(text[at]) & 0x3fu);
    text.remove_prefix(length);
    return character;
}

static void append(std::string &to, std::wint_t character) {
    if (character < 0x80) return to.push_back(static_cast<char>(character));
    int more = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
    to.push_back(static_cast<char>((0xf80u >> more & 0xf0u) | character >> 6 * more));
    while (more-- > 0) to.push_back(static_cast<char>(0x80 | (character >> 6 * more & 0x3f)));
}

remit::Result<Counts> word_count(const Text &input) {
    Counts counts;
    std::map<std::string, std::size_t> words;
    std::string word;
    auto ended = [&] {
        if (word.empty()) return;
        counts.words++;
        words[word]++;
        word.clear();
    };
    for (std::string_view rest = input.text; !rest.empty();) {
        std::wint_t character = next(rest);
        counts.characters++;
        if (character == '\n' || rest.empty()) counts.lines++;
        if (std::iswalnum(character)) append(word, std::towlower(character));
        else ended();
    }
    ended();

    for (const auto &[key, count] : words) counts.most_frequent.push_back({key, count});
    // Stable, so that words of one count stay in the alphabet's order.
    std::stable_sort(counts.most_frequent.begin(), counts.most_frequent.end(),
                     [](const Frequency &a, const Frequency &b) { return a.count > b.count; });
    if (counts.most_frequent.size() > input.top) counts.most_frequent.resize(input.top);
    return counts;
}
