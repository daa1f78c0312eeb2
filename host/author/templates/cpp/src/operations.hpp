// The operations: each is a function from a struct to a struct, which name their fields once.
#pragma once

#include <remit.hpp>

struct Text {
    std::string_view text;
    std::size_t top = 5;

    static constexpr auto fields = remit::fields(
        remit::field("text", &Text::text, "The text to count in"),
        remit::field("top", &Text::top, "How many of the most frequent words to list").range(1, 50).otherwise("5"));
};

struct Frequency {
    std::string word;
    std::size_t count = 0;

    static constexpr auto fields =
        remit::fields(remit::field("word", &Frequency::word), remit::field("count", &Frequency::count));
};

struct Counts {
    std::size_t words = 0, characters = 0, lines = 0;
    std::vector<Frequency> most_frequent;

    static constexpr auto fields =
        remit::fields(remit::field("words", &Counts::words), remit::field("characters", &Counts::characters),
                      remit::field("lines", &Counts::lines),
                      remit::field("most_frequent", &Counts::most_frequent,
                                   "The most frequent first; words of one count by the alphabet"));
};

remit::Result<Counts> word_count(const Text &input);

struct Address {
    std::string_view url;

    static constexpr auto fields =
        remit::fields(remit::field("url", &Address::url, "The page, for example `https://example.org/`"));
};

struct Page {
    unsigned status = 0;
    std::optional<std::string> title;

    static constexpr auto fields =
        remit::fields(remit::field("status", &Page::status, "The HTTP status of the answer"),
                      remit::field("title", &Page::title, "What stands in the page's <title>; null if it has none"));
};

remit::Result<Page> fetch_title(const Address &input);
