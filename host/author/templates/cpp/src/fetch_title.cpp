#include "operations.hpp"

#include <algorithm>

static std::size_t find(std::string_view text, std::string_view tag, std::size_t from) {
    auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
    auto at = std::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), tag.begin(), tag.end(), same);
    return at == text.end() ? text.npos : static_cast<std::size_t>(at - text.begin());
}

// The text between `<title>` and `</title>`, its blanks put together.
static std::optional<std::string> title_of(std::string_view html) {
    std::size_t tag = find(html, "<title", 0);
    std::size_t start = tag == html.npos ? tag : html.find('>', tag);
    std::size_t end = start == html.npos ? start : find(html, "</title", start);
    if (end == html.npos) return std::nullopt;
    std::string title;
    bool blank = false;
    for (char letter : html.substr(start + 1, end - start - 1)) {
        if (letter == ' ' || letter == '\t' || letter == '\r' || letter == '\n') {
            blank = !title.empty();
            continue;
        }
        if (blank) title.push_back(' ');
        blank = false;
        title.push_back(letter);
    }
    return title;
}

remit::Result<Page> fetch_title(const Address &input) {
    auto response = remit::http::get(input.url);
    // Where no grant covers the request, this is the host's refusal, of the kind `denied`.
    if (!response) return response.fault();
    // What a server sends need not be UTF-8, and an output must be.
    bool is_text = remit_is_utf8({response->body.data(), response->body.size()});
    return Page{response->status, is_text ? title_of(response->body) : std::nullopt};
}
