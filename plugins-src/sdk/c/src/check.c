/* Holds an input to its table, and says where it is not as that says. */
#include "internal.h"

#include <math.h>
#include <string.h>

/* Where a value is: a field of an object, or, without a name, an item of an array. */
typedef struct place {
    const struct place *outer;
    const char *name;
    size_t item;
} place;

static const char *path_of(const place *it) {
    if (!it) return "input";
    const char *outer = path_of(it->outer);
    return it->name ? remit_print("%s.%s", outer, it->name) : remit_print("%s[%zu]", outer, it->item);
}

static const char *const wanted[] = {"a text", "a whole number", "a number", "true or false", "a list", "an object"};

static remit_fault wrong(const place *at, remit_type type, yyjson_val *value) {
    const char *found = yyjson_is_str(value)    ? "a text"
                        : yyjson_is_num(value)  ? "a number"
                        : yyjson_is_bool(value) ? "true or false"
                        : yyjson_is_arr(value)  ? "a list"
                        : yyjson_is_obj(value)  ? "an object"
                                                : "null";
    return remit_fail(REMIT_INVALID_INPUT, "%s: expected %s, found %s", path_of(at), wanted[type], found);
}

/* The schema counts characters, not bytes. */
static size_t characters(yyjson_val *text) {
    size_t count = 0;
    const char *bytes = yyjson_get_str(text);
    for (size_t at = 0; at < yyjson_get_len(text); at++) count += (bytes[at] & 0xc0) != 0x80;
    return count;
}

static remit_fault check_count(const remit_field *field, const place *at, size_t count, const char *what) {
    if (field->range.has_least && (int64_t)count < field->range.least) {
        return remit_fail(REMIT_INVALID_INPUT, "%s: has %zu %s, fewer than %lld", path_of(at), count, what,
                          (long long)field->range.least);
    }
    if (field->range.has_most && (int64_t)count > field->range.most) {
        return remit_fail(REMIT_INVALID_INPUT, "%s: has %zu %s, more than %lld", path_of(at), count, what,
                          (long long)field->range.most);
    }
    return remit_done();
}

static remit_fault check_number(const remit_field *field, const place *at, yyjson_val *value) {
    if (field->type == REMIT_INTEGER) {
        double real = yyjson_get_num(value);
        if (yyjson_is_real(value)) {
            /* 5.0 is a whole number to JSON Schema. */
            if (real != floor(real) || fabs(real) > 9007199254740992.0) return wrong(at, REMIT_INTEGER, value);
            yyjson_set_sint(value, (int64_t)real);
        } else if (yyjson_is_uint(value) && yyjson_get_uint(value) > INT64_MAX) {
            return remit_fail(REMIT_INVALID_INPUT, "%s: is too large", path_of(at));
        }
    }
    double number = yyjson_get_num(value);
    if (field->range.has_least && number < (double)field->range.least) {
        return remit_fail(REMIT_INVALID_INPUT, "%s: %.17g is less than %lld", path_of(at), number,
                          (long long)field->range.least);
    }
    if (field->range.has_most && number > (double)field->range.most) {
        return remit_fail(REMIT_INVALID_INPUT, "%s: %.17g is more than %lld", path_of(at), number,
                          (long long)field->range.most);
    }
    return remit_done();
}

static remit_fault check_string(const remit_field *field, const place *at, yyjson_val *value) {
    if (field->one_of) {
        for (const char *const *it = field->one_of; *it; it++) {
            if (yyjson_equals_strn(value, *it, strlen(*it))) return remit_done();
        }
        const char *all = field->one_of[0];
        for (const char *const *it = field->one_of + 1; *it; it++) all = remit_print("%s, %s", all, *it);
        return remit_fail(REMIT_INVALID_INPUT, "%s: `%s` is none of %s", path_of(at), yyjson_get_str(value), all);
    }
    return check_count(field, at, characters(value), "characters");
}

static remit_fault check_object(yyjson_val *object, const remit_field *fields, const place *at);

static remit_fault check_value(yyjson_val *value, const remit_field *field, const place *at) {
    if (field->type == REMIT_ANY || (field->nullable && yyjson_is_null(value))) return remit_done();
    const bool fits[] = {yyjson_is_str(value),  yyjson_is_num(value), yyjson_is_num(value),
                         yyjson_is_bool(value), yyjson_is_arr(value), yyjson_is_obj(value)};
    if (!fits[field->type]) return wrong(at, field->type, value);
    if (field->type == REMIT_STRING) return check_string(field, at, value);
    if (field->type == REMIT_INTEGER || field->type == REMIT_NUMBER) return check_number(field, at, value);
    if (field->type == REMIT_OBJECT && field->fields) return check_object(value, field->fields, at);
    if (field->type == REMIT_ARRAY) {
        remit_fault fault = check_count(field, at, yyjson_arr_size(value), "items");
        size_t index, count;
        yyjson_val *item;
        yyjson_arr_foreach(value, index, count, item) {
            if (fault.kind || !field->items) break;
            place inner = {at, NULL, index};
            fault = check_value(item, field->items, &inner);
        }
        return fault;
    }
    return remit_done();
}

static remit_fault check_object(yyjson_val *object, const remit_field *fields, const place *at) {
    size_t index, count;
    yyjson_val *key, *value;
    yyjson_obj_foreach(object, index, count, key, value) {
        const remit_field *field = fields;
        while (field->name && !yyjson_equals_strn(key, field->name, strlen(field->name))) field++;
        if (!field->name) {
            return remit_fail(REMIT_INVALID_INPUT, "%s: has no field `%s`", path_of(at), yyjson_get_str(key));
        }
        place inner = {at, field->name, 0};
        if (yyjson_obj_get(object, field->name) != value) {
            return remit_fail(REMIT_INVALID_INPUT, "%s: is there twice", path_of(&inner));
        }
        remit_fault fault = check_value(value, field, &inner);
        if (fault.kind) return fault;
    }
    for (const remit_field *field = fields; field->name; field++) {
        if (!field->optional && !yyjson_obj_get(object, field->name)) {
            return remit_fail(REMIT_INVALID_INPUT, "%s: lacks `%s`", path_of(at), field->name);
        }
    }
    return remit_done();
}

remit_fault remit_check(yyjson_val *input, const remit_field *fields) {
    static const remit_field none[] = {{0}};
    if (!yyjson_is_obj(input)) return wrong(NULL, REMIT_OBJECT, input);
    return check_object(input, fields ? fields : none, NULL);
}
