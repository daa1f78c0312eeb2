/* Write a Remit plugin in a page of C. See README.md for the page.
 *
 * A plugin is a table of operations: a name, a summary, what goes in and out, and a function. The JSON Schemas are
 * made from the tables, and an input is checked against them before the function sees it, so that the function
 * finds what it was promised. Values are read and written with yyjson. */
#ifndef REMIT_H
#define REMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../vendor/yyjson.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define REMIT_PRINTF(at, first) __attribute__((__format__(__printf__, at, first)))
#else
#define REMIT_PRINTF(at, first)
#endif

/* Bytes with their number. A text is UTF-8, and a zero byte that is not counted stands behind it. */
typedef struct {
    const char *data;
    size_t length;
} remit_text;

/* ---- faults ---- */

/* Why an operation could not be done. */
typedef enum {
    REMIT_OK = 0,
    REMIT_INVALID_INPUT, /* The input is not what the operation takes, in a way that its schema cannot say. */
    REMIT_DENIED,        /* The host or a service refused. */
    REMIT_NOT_FOUND,     /* The thing asked for is not there. */
    REMIT_CONFLICT,      /* The thing is there already, or has changed meanwhile. */
    REMIT_UNAVAILABLE,   /* The service did not answer, or not now. */
    REMIT_INTERNAL       /* A fault of the plugin's own. */
} remit_fault_kind;

typedef struct {
    remit_fault_kind kind;
    const char *message;
} remit_fault;

/* No fault. */
static inline remit_fault remit_done(void) {
    remit_fault none = {REMIT_OK, NULL};
    return none;
}

/* A fault with its words: what was wrong, and with which value. `return remit_fail(REMIT_NOT_FOUND, …);` */
remit_fault remit_fail(remit_fault_kind kind, const char *format, ...) REMIT_PRINTF(2, 3);

/* ---- memory ---- */

/* Zeroed memory that lasts as long as the call: nothing has to be freed. Where there is none left, the call ends. */
void *remit_alloc(size_t size);

/* Whether bytes from elsewhere are UTF-8, as all that is put out must be. */
bool remit_is_utf8(remit_text bytes);

/* A text made in the call's memory. */
char *remit_print(const char *format, ...) REMIT_PRINTF(1, 2);

/* ---- what goes in and out ---- */

typedef enum {
    REMIT_STRING,
    REMIT_INTEGER,
    REMIT_NUMBER,
    REMIT_BOOLEAN,
    REMIT_ARRAY,
    REMIT_OBJECT,
    REMIT_ANY
} remit_type;

/* The least and the most: of a number its value, of a text its characters, of an array its items. */
typedef struct {
    bool has_least, has_most;
    int64_t least, most;
} remit_range;

#define REMIT_RANGE(least, most) {true, true, (least), (most)}
#define REMIT_AT_LEAST(least) {true, false, (least), 0}
#define REMIT_AT_MOST(most) {false, true, 0, (most)}

/* A field of an object. A table of them ends with one that has no name: `{0}`. */
typedef struct remit_field {
    const char *name;
    remit_type type;
    const char *description;
    bool optional; /* may be left out */
    bool nullable; /* may be null */
    remit_range range;
    const char *const *one_of;        /* of a text: the only ones allowed, ended by NULL */
    const char *default_json;         /* what leaving it out stands for: the schema says so, the function does it */
    const struct remit_field *fields; /* of an object */
    const struct remit_field *items;  /* of an array: a field without a name that every item is like */
} remit_field;

typedef enum { REMIT_READ, REMIT_WRITE, REMIT_DESTRUCTIVE } remit_effect;

/* Does one operation: reads `input`, which has been checked, and adds to `output`, an object of `document`. */
typedef remit_fault (*remit_function)(yyjson_val *input, yyjson_mut_doc *document, yyjson_mut_val *output);

/* A table of them ends with one that has no name: `{0}`. */
typedef struct {
    const char *name;
    const char *summary;
    const remit_field *input;
    const remit_field *output;
    remit_function run;
    remit_effect effect; /* REMIT_READ unless said */
    bool idempotent;     /* what only reads is, without saying so */
} remit_operation;

/* Something that the plugin asks for, with its reason. Needs narrow, they never grant; a plugin that declares some
 * can use nothing beyond them. A table ends with `{0}`. */
typedef struct {
    const char *grant;
    const char *reason;
} remit_need;

typedef struct {
    const char *name;    /* lower-case letters, digits and `-` */
    const char *version; /* as in semver.org */
    const char *summary;
    const remit_need *needs;
    const remit_operation *operations;
} remit_plugin;

/* Every plugin defines this one. */
extern const remit_plugin plugin;

/* ---- reading an input ---- */

/* A field's value; NULL where it was left out or is null. */
yyjson_val *remit_get(yyjson_val *object, const char *name);
/* A text; where it was left out, one without data. */
remit_text remit_string(yyjson_val *object, const char *name);
int64_t remit_integer(yyjson_val *object, const char *name, int64_t otherwise);
double remit_number(yyjson_val *object, const char *name, double otherwise);
bool remit_boolean(yyjson_val *object, const char *name, bool otherwise);

/* ---- the world, as far as the skill grants it ---- */

/* The value that the skill configures under `key`; one without data where it configures none. */
remit_text remit_config(const char *key);

typedef enum { REMIT_DEBUG, REMIT_INFO, REMIT_WARN, REMIT_ERROR } remit_level;

/* A line for the person who runs the skill. */
void remit_log(remit_level level, const char *format, ...) REMIT_PRINTF(2, 3);

/* Milliseconds since 1970. */
uint64_t remit_now(void);

/* Reads a whole file of at most `limit` bytes, by its guest path such as `/notes/todo.md`. */
remit_fault remit_read_file(const char *path, size_t limit, remit_text *bytes);
/* Writes a whole file, new or in place of another. Readers see the old one or the new one, never a half. */
remit_fault remit_write_file(const char *path, const void *bytes, size_t length);

typedef enum { REMIT_FILE, REMIT_FOLDER, REMIT_OTHER } remit_kind;

typedef struct {
    const char *name;
    remit_kind kind;
} remit_entry;

/* The entries of a folder, by name. */
remit_fault remit_list_folder(const char *path, remit_entry **entries, size_t *count);

typedef struct {
    const char *name;
    const char *value;
} remit_header;

typedef struct {
    const char *method; /* GET unless said */
    const char *url;    /* absolute, and sent as it is */
    const remit_header *headers;
    size_t header_count;
    const void *body;
    size_t body_length;
    size_t max_body; /* of the answer; 8 MiB unless said */
} remit_request;

typedef struct {
    unsigned status;
    remit_header *headers; /* names in lower case */
    size_t header_count;
    remit_text body;
} remit_response;

/* Sends a request and waits for the whole answer, whatever its status. */
remit_fault remit_send(const remit_request *request, remit_response *response);
remit_fault remit_http_get(const char *url, remit_response *response);
remit_fault remit_http_post(const char *url, const char *content_type, remit_text body, remit_response *response);

/* ---- what the host, and a test, call ---- */

/* Does one operation on a JSON text. What it gives lasts until `remit_end_call`. */
remit_fault remit_invoke(const char *operation, remit_text input, remit_text *output);
/* The JSON Schema of a table of fields. */
remit_text remit_schema(const remit_field *fields);
void remit_end_call(void);

#ifdef __cplusplus
}
#endif
#endif
