/* From an operation's name and a JSON text to its answer. */
#include "internal.h"

#include <string.h>

/* How deep a text is nested. Told before it is read, so that a hostile one costs nothing. */
static size_t depth_of(remit_text text) {
    size_t depth = 0, deepest = 0;
    bool quoted = false;
    for (size_t at = 0; at < text.length; at++) {
        char byte = text.data[at];
        if (quoted) {
            if (byte == '\\') at++;
            else if (byte == '"') quoted = false;
        } else if (byte == '"') {
            quoted = true;
        } else if (byte == '[' || byte == '{') {
            if (++depth > deepest) deepest = depth;
        } else if ((byte == ']' || byte == '}') && depth > 0) {
            depth--;
        }
    }
    return deepest;
}

static remit_fault run(const remit_operation *operation, remit_text input, remit_text *output) {
    if (depth_of(input) > REMIT_MAX_DEPTH) {
        return remit_fail(REMIT_INVALID_INPUT, "the input is nested more than %d deep", REMIT_MAX_DEPTH);
    }
    yyjson_read_err unread;
    /* Without the flag that allows it to change the text, yyjson does not. */
    yyjson_doc *given =
        yyjson_read_opts((char *)(uintptr_t)input.data, input.length, YYJSON_READ_NOFLAG, &remit_memory, &unread);
    if (!given) {
        return remit_fail(REMIT_INVALID_INPUT, "the input is no JSON text: %s at byte %zu", unread.msg, unread.pos);
    }
    yyjson_val *root = yyjson_doc_get_root(given);
    remit_fault fault = remit_check(root, operation->input);
    if (fault.kind) return fault;

    yyjson_mut_doc *document = yyjson_mut_doc_new(&remit_memory);
    yyjson_mut_val *answer = yyjson_mut_obj(document);
    yyjson_mut_doc_set_root(document, answer);
    fault = operation->run(root, document, answer);
    if (fault.kind) return fault;

    yyjson_write_err unwritten;
    output->data = yyjson_mut_write_opts(document, YYJSON_WRITE_NOFLAG, &remit_memory, &output->length, &unwritten);
    if (!output->data) return remit_fail(REMIT_INTERNAL, "the output is no JSON text: %s", unwritten.msg);
    return remit_done();
}

remit_fault remit_invoke(const char *operation, remit_text input, remit_text *output) {
    for (const remit_operation *it = plugin.operations; it && it->name; it++) {
        if (strcmp(it->name, operation) == 0) return run(it, input, output);
    }
    return remit_fail(REMIT_NOT_FOUND, "%s has no operation `%s`", plugin.name, operation);
}

yyjson_val *remit_get(yyjson_val *object, const char *name) {
    yyjson_val *value = yyjson_obj_get(object, name);
    return yyjson_is_null(value) ? NULL : value;
}

remit_text remit_string(yyjson_val *object, const char *name) {
    yyjson_val *value = remit_get(object, name);
    return (remit_text){yyjson_get_str(value), yyjson_get_len(value)};
}

int64_t remit_integer(yyjson_val *object, const char *name, int64_t otherwise) {
    yyjson_val *value = remit_get(object, name);
    return value ? yyjson_get_sint(value) : otherwise;
}

double remit_number(yyjson_val *object, const char *name, double otherwise) {
    yyjson_val *value = remit_get(object, name);
    return value ? yyjson_get_num(value) : otherwise;
}

bool remit_boolean(yyjson_val *object, const char *name, bool otherwise) {
    yyjson_val *value = remit_get(object, name);
    return value ? yyjson_get_bool(value) : otherwise;
}
