/* What an input may be, and what the world gives: `make test`. */
#include "../include/remit_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const orders[] = {"up", "down", NULL};
static const remit_field tag[] = {
    {"name", REMIT_STRING},
    {"yes", REMIT_BOOLEAN, .optional = true, .nullable = true},
    {0},
};
static const remit_field tags = {.type = REMIT_OBJECT, .fields = tag};
static const remit_field input[] = {
    {"text", REMIT_STRING, "Some \"text\"", .range = REMIT_AT_MOST(8)},
    {"top", REMIT_INTEGER, .optional = true, .range = REMIT_RANGE(1, 50), .default_json = "5"},
    {"ratio", REMIT_NUMBER, .optional = true},
    {"order", REMIT_STRING, .optional = true, .one_of = orders},
    {"tags", REMIT_ARRAY, .optional = true, .range = REMIT_AT_MOST(2), .items = &tags},
    {"any", REMIT_ANY, .optional = true},
    {0},
};
static const remit_field output[] = {{"echo", REMIT_OBJECT}, {"top", REMIT_INTEGER}, {0}};

static remit_fault echo(yyjson_val *from, yyjson_mut_doc *document, yyjson_mut_val *to) {
    yyjson_mut_obj_add_val(document, to, "echo", yyjson_val_mut_copy(document, from));
    yyjson_mut_obj_add_int(document, to, "top", remit_integer(from, "top", 5));
    return remit_done();
}

static const remit_field path[] = {{"path", REMIT_STRING}, {0}};

static remit_fault file(yyjson_val *from, yyjson_mut_doc *document, yyjson_mut_val *to) {
    const char *name = remit_string(from, "path").data;
    remit_text bytes;
    remit_fault fault = remit_write_file(name, "words", 5);
    if (!fault.kind) fault = remit_read_file(name, 5, &bytes);
    if (fault.kind) return fault;
    remit_entry *entries;
    size_t count;
    fault = remit_list_folder("/notes", &entries, &count);
    if (fault.kind) return fault;
    yyjson_mut_obj_add_strncpy(document, to, "bytes", bytes.data, bytes.length);
    yyjson_mut_obj_add_str(document, to, "entry", entries[0].name);
    yyjson_mut_obj_add_str(document, to, "folder", remit_config("folder").data);
    return remit_read_file(name, 4, &bytes).kind == REMIT_INVALID_INPUT ? remit_done()
                                                                        : remit_fail(REMIT_INTERNAL, "no limit");
}

static const remit_operation operations[] = {{"echo", "", input, output, echo}, {"file", "", path, output, file}, {0}};
const remit_plugin plugin = {"test", "0.1.0", "", NULL, operations};

static void a_schema_is_plain_and_strict(void) {
    REMIT_TEST_SAME(
        remit_schema(input).data,
        "{\"type\":\"object\",\"properties\":{\"text\":{\"type\":\"string\",\"description\":\"Some \\\"text\\\"\","
        "\"maxLength\":8},\"top\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":50,\"default\":5},"
        "\"ratio\":{\"type\":\"number\"},\"order\":{\"type\":\"string\",\"enum\":[\"up\",\"down\"]},"
        "\"tags\":{\"type\":\"array\",\"maxItems\":2,\"items\":{\"type\":\"object\",\"properties\":{\"name\":"
        "{\"type\":\"string\"},\"yes\":{\"type\":[\"boolean\",\"null\"]}},\"required\":[\"name\"],"
        "\"additionalProperties\":false}},\"any\":{}},\"required\":[\"text\"],\"additionalProperties\":false}");
    remit_end_call();
}

static void an_input_is_what_its_table_says(void) {
    REMIT_TEST_SAME(
        remit_test_call("echo",
                        "{\"t\\u0065xt\":\"\\ud83d\\ude00\",\"top\":5.0e1,\"tags\":[{\"name\":\"a\",\"yes\":null}],"
                        "\"any\":[{}],\"ratio\":-0.5}"),
        "{\"echo\":{\"text\":\"😀\",\"top\":50,\"tags\":[{\"name\":\"a\",\"yes\":null}],\"any\":[{}],"
        "\"ratio\":-0.5},\"top\":50}");
    REMIT_TEST_SAME(remit_test_call("echo", "{\"text\":\"\"}"), "{\"echo\":{\"text\":\"\"},\"top\":5}");
    REMIT_TEST_SAME(remit_test_call("ech", "{}"), "not-found: test has no operation `ech`");
}

static void what_is_wrong_is_said_with_its_place(void) {
    static const char *const cases[][2] = {
        {"[]", "input: expected an object, found a list"},
        {"{}", "input: lacks `text`"},
        {"{\"text\":1}", "input.text: expected a text, found a number"},
        {"{\"text\":\"\",\"txt\":1}", "input: has no field `txt`"},
        {"{\"text\":\"\",\"text\":\"\"}", "input.text: is there twice"},
        {"{\"text\":\"123456789\"}", "input.text: has 9 characters, more than 8"},
        {"{\"text\":\"\",\"top\":0}", "input.top: 0 is less than 1"},
        {"{\"text\":\"\",\"top\":1.5}", "input.top: expected a whole number, found a number"},
        {"{\"text\":\"\",\"top\":99999999999999999999}", "input.top: expected a whole number, found a number"},
        {"{\"text\":\"\",\"top\":18446744073709551615}", "input.top: is too large"},
        {"{\"text\":\"\",\"top\":null}", "input.top: expected a whole number, found null"},
        {"{\"text\":\"\",\"order\":\"sideways\"}", "input.order: `sideways` is none of up, down"},
        {"{\"text\":\"\",\"tags\":[{\"name\":\"\"},{\"name\":2}]}",
         "input.tags[1].name: expected a text, found a number"},
        {"{\"text\":\"\",\"tags\":[1,2,3]}", "input.tags: has 3 items, more than 2"},
    };
    for (size_t at = 0; at < sizeof cases / sizeof *cases; at++) {
        const char *got = remit_test_call("echo", cases[at][0]);
        char expected[200];
        snprintf(expected, sizeof expected, "invalid-input: %s", cases[at][1]);
        REMIT_TEST_SAME(got, expected);
    }
}

static void what_is_no_json_is_refused(void) {
    static const char *const cases[] = {"",
                                        "{\"text\":\"\\ud800\"}",
                                        "{\"text\":\"\\udc00\\ud800\"}",
                                        "{\"text\":\"\xff\"}",
                                        "{\"text\":\"\"} x",
                                        "{'text':''}",
                                        "{\"text\":\"\",}",
                                        "{\"text\":\"\"",
                                        "{\"text\":NaN}"};
    for (size_t at = 0; at < sizeof cases / sizeof *cases; at++) {
        const char *got = remit_test_call("echo", cases[at]);
        const char *start = "invalid-input: the input is no JSON text: ";
        if (strncmp(got, start, strlen(start)) != 0) REMIT_TEST_SAME(got, start);
    }
}

static void depth_is_bounded(void) {
    enum { DEPTH = 200000 };
    char *text = calloc(1, 2 * DEPTH + 40), *at = text;
    at += sprintf(at, "{\"text\":\"[[\",\"any\":");
    memset(at, '[', DEPTH);
    memset(at + DEPTH, ']', DEPTH);
    strcpy(at + 2 * DEPTH, "}");
    REMIT_TEST_SAME(remit_test_call("echo", text), "invalid-input: the input is nested more than 128 deep");
    free(text);
}

static void a_world_holds_what_was_put_in(void) {
    REMIT_TEST_SAME(remit_test_call("file", "{\"path\":\"/notes/a.md\"}"),
                    "denied: no folder is mounted at `/notes/a.md`");
    char folder[] = "/tmp/remit-sdk-XXXXXX";
    if (!mkdtemp(folder)) exit(1);
    const remit_test_pair config[] = {{"folder", "/notes"}, {0}}, mounts[] = {{"/notes", folder}, {0}};
    const remit_test_world world = {config, mounts, NULL};
    remit_test_enter(&world);
    REMIT_TEST_SAME(remit_test_call("file", "{\"path\":\"/notes/a.md\"}"),
                    "{\"bytes\":\"words\",\"entry\":\"a.md\",\"folder\":\"/notes\"}");
    REMIT_TEST_SAME(remit_test_call("file", "{\"path\":\"/notes/../a.md\"}"),
                    "denied: `/notes/../a.md` is not allowed");
    REMIT_TEST_SAME(remit_test_call("file", "{\"path\":\"/notesx\"}"), "denied: no folder is mounted at `/notesx`");
    char name[80];
    snprintf(name, sizeof name, "%s/a.md", folder);
    unlink(name);
    rmdir(folder);
    remit_test_enter(NULL);
}

static void no_bytes_end_in_a_trap(void) {
    static const char whole[] =
        "{\"text\":\"\\u00e9\",\"top\":12,\"tags\":[{\"name\":\"a\"}],\"any\":[{}],\"ratio\":1e5}";
    static const char letters[] = "\"\\{}[],:u0e9d8\xff ";
    srand(7);
    for (int round = 0; round < 20000; round++) {
        char text[sizeof whole];
        memcpy(text, whole, sizeof whole);
        for (int change = rand() % 4; change > 0; change--)
            text[rand() % (sizeof whole - 1)] = letters[rand() % (sizeof letters - 1)];
        text[rand() % sizeof whole] = 0;
        const char *got = remit_test_call("echo", text);
        if (*got != '{' && strncmp(got, "invalid-input: ", 15) != 0) REMIT_TEST_SAME(got, "an output or invalid-input");
    }
}

static void utf8_is_told_from_other_bytes(void) {
    static const struct {
        const char *bytes;
        bool is;
    } cases[] = {{"", true},
                 {"aé€😀", true},
                 {"\xff", false},
                 {"\xc3", false},
                 {"\xc0\x80", false},
                 {"\xed\xa0\x80", false},
                 {"\xf4\x90\x80\x80", false},
                 {"\xe2\x82", false}};
    for (size_t at = 0; at < sizeof cases / sizeof *cases; at++) {
        remit_text text = {cases[at].bytes, strlen(cases[at].bytes)};
        REMIT_TEST_SAME(remit_is_utf8(text) ? "yes" : "no", cases[at].is ? "yes" : "no");
    }
}

int main(void) {
    a_schema_is_plain_and_strict();
    an_input_is_what_its_table_says();
    what_is_wrong_is_said_with_its_place();
    what_is_no_json_is_refused();
    depth_is_bounded();
    a_world_holds_what_was_put_in();
    no_bytes_end_in_a_trap();
    utf8_is_told_from_other_bytes();
    puts("8 passed, 0 failed");
    return 0;
}
