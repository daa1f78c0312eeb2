/* What the component exports: `describe` and `invoke` of remit:connector/connector. What is returned is freed by the
 * bindings after the host has read it. */
#include "../../bindings/plugin.h"
#include "../internal.h"

#include <stdlib.h>
#include <string.h>

/* The bindings would link an object that carries the WIT world; `remit build` embeds that instead. */
void __component_type_object_force_link_plugin(void) {}

static void say(plugin_string_t *to, const char *text) { plugin_string_dup(to, text ? text : ""); }

static void say_schema(plugin_string_t *to, const remit_field *fields) {
    remit_text schema = remit_schema(fields);
    plugin_string_dup_n(to, schema.data, schema.length);
}

void exports_remit_connector_connector_describe(exports_remit_connector_connector_description_t *ret) {
    size_t operations = 0, needs = 0;
    while (plugin.operations && plugin.operations[operations].name) operations++;
    while (plugin.needs && plugin.needs[needs].grant) needs++;
    say(&ret->name, plugin.name);
    say(&ret->version, plugin.version);
    say(&ret->summary, plugin.summary);
    ret->operations.len = operations;
    ret->operations.ptr = calloc(operations + 1, sizeof *ret->operations.ptr);
    ret->needs.len = needs;
    ret->needs.ptr = calloc(needs + 1, sizeof *ret->needs.ptr);
    if (!ret->operations.ptr || !ret->needs.ptr) abort();
    for (size_t at = 0; at < operations; at++) {
        const remit_operation *from = &plugin.operations[at];
        remit_connector_types_operation_t *to = &ret->operations.ptr[at];
        say(&to->name, from->name);
        say(&to->summary, from->summary);
        say_schema(&to->input_schema, from->input);
        say_schema(&to->output_schema, from->output);
        to->effect = (remit_connector_types_effect_t)from->effect;
        to->idempotent = from->idempotent || from->effect == REMIT_READ;
    }
    for (size_t at = 0; at < needs; at++) {
        say(&ret->needs.ptr[at].grant, plugin.needs[at].grant);
        say(&ret->needs.ptr[at].reason, plugin.needs[at].reason);
    }
    remit_end_call();
}

bool exports_remit_connector_connector_invoke(plugin_string_t *operation, plugin_string_t *input, plugin_string_t *ret,
                                              exports_remit_connector_connector_fault_t *err) {
    remit_text name = remit_copy(operation->ptr, operation->len);
    remit_text given = {(const char *)input->ptr, input->len}, output = {NULL, 0};
    /* A name that goes on behind a zero byte is no operation's. */
    bool whole = strlen(name.data) == name.length;
    remit_fault fault = remit_invoke(whole ? name.data : "", given, &output);
    plugin_string_free(operation);
    plugin_string_free(input);
    if (fault.kind) {
        err->tag = (uint8_t)(fault.kind - REMIT_INVALID_INPUT);
        /* Each kind carries a text, at the same place. */
        say(&err->val.internal, fault.message);
    } else {
        plugin_string_dup_n(ret, output.data, output.length);
    }
    remit_end_call();
    return fault.kind == REMIT_OK;
}
