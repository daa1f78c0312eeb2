/* Does one of each thing that the SDK offers: tests/it/native_sdks.rs calls it. */
#include <remit.h>

#include <string.h>

static remit_fault world(yyjson_val *input, yyjson_mut_doc *document, yyjson_mut_val *output) {
    const char *base = remit_string(input, "base").data;
    remit_text folder = remit_config("folder"), back;
    if (!folder.data) return remit_fail(REMIT_INTERNAL, "no folder is configured");
    const char *path = remit_print("%s/out.txt", folder.data);
    remit_fault fault = remit_write_file(path, "first", 5);
    if (!fault.kind) fault = remit_write_file(path, "second", 6);
    if (!fault.kind) fault = remit_read_file(path, 100, &back);
    if (fault.kind) return fault;

    remit_entry *entries;
    size_t count;
    fault = remit_list_folder(folder.data, &entries, &count);
    if (fault.kind) return fault;
    const char *names = "";
    for (size_t at = 0; at < count; at++) {
        names = remit_print("%s%s%s ", names, entries[at].name, entries[at].kind == REMIT_FOLDER ? "/" : "");
    }

    remit_response got, posted, large;
    fault = remit_http_get(remit_print("%s/get?x=1", base), &got);
    if (fault.kind) return fault;
    size_t length = 20000;
    char *body = remit_alloc(length);
    memset(body, 'b', length);
    fault = remit_http_post(remit_print("%s/post", base), "text/plain", (remit_text){body, length}, &posted);
    if (fault.kind) return fault;
    const char *url = remit_print("%s/large", base);
    remit_request request = {.url = url, .max_body = 10};
    fault = remit_send(&request, &large);
    remit_log(REMIT_WARN, "%s", fault.message);

    yyjson_mut_obj_add_strncpy(document, output, "file", back.data, back.length);
    yyjson_mut_obj_add_str(document, output, "names", names);
    yyjson_mut_obj_add_uint(document, output, "status", got.status);
    yyjson_mut_obj_add_strncpy(document, output, "got", got.body.data, got.body.length);
    yyjson_mut_obj_add_strncpy(document, output, "posted", posted.body.data, posted.body.length);
    for (size_t at = 0; at < got.header_count; at++) {
        if (strcmp(got.headers[at].name, "x-mark") == 0) {
            yyjson_mut_obj_add_str(document, output, "mark", got.headers[at].value);
        }
    }
    yyjson_mut_obj_add_bool(document, output, "too_large", fault.kind == REMIT_UNAVAILABLE);
    yyjson_mut_obj_add_bool(document, output, "late", remit_now() > 1700000000000);
    return remit_done();
}

static const remit_field input[] = {{"base", REMIT_STRING}, {0}};
static const remit_field output[] = {
    {"file", REMIT_STRING},    {"names", REMIT_STRING},      {"status", REMIT_INTEGER},
    {"got", REMIT_STRING},     {"posted", REMIT_STRING},     {"mark", REMIT_STRING},
    {"too_large", REMIT_BOOLEAN}, {"late", REMIT_BOOLEAN}, {0},
};
static const remit_operation operations[] = {{"world", "Does one of each", input, output, world}, {0}};
const remit_plugin plugin = {"world", "0.1.0", "For tests", NULL, operations};
