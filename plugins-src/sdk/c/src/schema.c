/* JSON Schemas (2020-12) of tables of fields. */
#include "internal.h"

#include <string.h>

static const char *const names[] = {"string", "integer", "number", "boolean", "array", "object"};

static yyjson_mut_val *of(yyjson_mut_doc *doc, const remit_field *field);

static void describe_object(yyjson_mut_doc *doc, yyjson_mut_val *schema, const remit_field *fields) {
    yyjson_mut_val *properties = yyjson_mut_obj(doc), *required = yyjson_mut_arr(doc);
    for (const remit_field *field = fields; field && field->name; field++) {
        yyjson_mut_obj_add_val(doc, properties, field->name, of(doc, field));
        if (!field->optional) yyjson_mut_arr_add_str(doc, required, field->name);
    }
    yyjson_mut_obj_add_val(doc, schema, "properties", properties);
    if (yyjson_mut_arr_size(required)) yyjson_mut_obj_add_val(doc, schema, "required", required);
    yyjson_mut_obj_add_bool(doc, schema, "additionalProperties", false);
}

static void describe_range(yyjson_mut_doc *doc, yyjson_mut_val *schema, const remit_field *field) {
    const char *least = "minimum", *most = "maximum";
    if (field->type == REMIT_STRING) least = "minLength", most = "maxLength";
    if (field->type == REMIT_ARRAY) least = "minItems", most = "maxItems";
    if (field->range.has_least) yyjson_mut_obj_add_sint(doc, schema, least, field->range.least);
    if (field->range.has_most) yyjson_mut_obj_add_sint(doc, schema, most, field->range.most);
}

static yyjson_mut_val *of(yyjson_mut_doc *doc, const remit_field *field) {
    yyjson_mut_val *schema = yyjson_mut_obj(doc);
    if (field->type != REMIT_ANY) {
        const char *name = names[field->type];
        if (field->nullable) {
            yyjson_mut_val *either = yyjson_mut_obj_add_arr(doc, schema, "type");
            yyjson_mut_arr_add_str(doc, either, name);
            yyjson_mut_arr_add_str(doc, either, "null");
        } else {
            yyjson_mut_obj_add_str(doc, schema, "type", name);
        }
    }
    if (field->description) yyjson_mut_obj_add_str(doc, schema, "description", field->description);
    describe_range(doc, schema, field);
    if (field->one_of) {
        yyjson_mut_val *all = yyjson_mut_obj_add_arr(doc, schema, "enum");
        for (const char *const *it = field->one_of; *it; it++) yyjson_mut_arr_add_str(doc, all, *it);
        if (field->nullable) yyjson_mut_arr_add_null(doc, all);
    }
    if (field->default_json) {
        yyjson_mut_obj_add_val(doc, schema, "default", yyjson_mut_raw(doc, field->default_json));
    }
    if (field->type == REMIT_ARRAY && field->items) yyjson_mut_obj_add_val(doc, schema, "items", of(doc, field->items));
    if (field->type == REMIT_OBJECT && field->fields) describe_object(doc, schema, field->fields);
    return schema;
}

remit_text remit_schema(const remit_field *fields) {
    yyjson_mut_doc *doc = yyjson_mut_doc_new(&remit_memory);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    yyjson_mut_doc_set_root(doc, root);
    yyjson_mut_obj_add_str(doc, root, "type", "object");
    describe_object(doc, root, fields);
    remit_text text = {NULL, 0};
    text.data = yyjson_mut_write_opts(doc, YYJSON_WRITE_NOFLAG, &remit_memory, &text.length, NULL);
    return text;
}
