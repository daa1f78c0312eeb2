// The operations, called natively: `make test`.
#include <remit_test.h>

#include <clocale>
#include <cstdio>
#include <cstring>

static void words_are_counted_without_their_case_ties_by_the_word() {
    REMIT_TEST_SAME(
        remit_test_call("word_count", "{\"text\":\"The cat and the \\u00c4pfel.\\n\\u00c4PFEL and I\",\"top\":4}"),
        "{\"words\":8,\"characters\":34,\"lines\":2,\"most_frequent\":[{\"word\":\"and\",\"count\":2},"
        "{\"word\":\"the\",\"count\":2},{\"word\":\"äpfel\",\"count\":2},{\"word\":\"cat\",\"count\":1}]}");
}

static void an_empty_text_has_nothing_in_it() {
    REMIT_TEST_SAME(remit_test_call("word_count", "{\"text\":\"\"}"),
                    "{\"words\":0,\"characters\":0,\"lines\":0,\"most_frequent\":[]}");
}

static void what_the_schema_forbids_is_refused() {
    REMIT_TEST_SAME(remit_test_call("word_count", "{\"text\":\"\",\"top\":51}"),
                    "invalid-input: input.top: 51 is more than 50");
}

static void answer(const remit_request *request, remit_response *response) {
    bool found = std::strcmp(request->url, "https://example.org/") == 0;
    const char *body = found ? "<html><TITLE lang=en>\n An  example </title>" : "nothing here";
    response->status = found ? 200 : 404;
    response->body = {body, std::strlen(body)};
}

static void a_title_is_found() {
    const remit_test_world world = {nullptr, nullptr, answer};
    remit_test_enter(&world);
    REMIT_TEST_SAME(remit_test_call("fetch_title", "{\"url\":\"https://example.org/\"}"),
                    "{\"status\":200,\"title\":\"An example\"}");
    REMIT_TEST_SAME(remit_test_call("fetch_title", "{\"url\":\"https://example.org/x\"}"),
                    "{\"status\":404,\"title\":null}");
    remit_test_enter(nullptr);
}

static void a_refusal_is_a_fault() {
    REMIT_TEST_SAME(remit_test_call("fetch_title", "{\"url\":\"https://example.org/\"}"),
                    "denied: GET https://example.org/: this world has no http");
}

int main() {
    // Where the sandbox's C library knows Unicode by itself, this machine's may want to be told.
    std::setlocale(LC_CTYPE, "C.UTF-8");
    words_are_counted_without_their_case_ties_by_the_word();
    an_empty_text_has_nothing_in_it();
    what_the_schema_forbids_is_refused();
    a_title_is_found();
    a_refusal_is_a_fault();
    std::puts("5 passed, 0 failed");
}
