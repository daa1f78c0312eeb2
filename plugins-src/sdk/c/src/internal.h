/* What the parts of this SDK share. */
#ifndef REMIT_INTERNAL_H
#define REMIT_INTERNAL_H

#include "../include/remit.h"

#include <stdarg.h>

/* Deeper values are refused: a plugin may walk them by recursion. */
enum { REMIT_MAX_DEPTH = 128 };

/* yyjson's view of the call's memory. */
extern const yyjson_alc remit_memory;

char *remit_print_list(const char *format, va_list arguments);
/* A copy in the call's memory, with a zero byte behind it. */
remit_text remit_copy(const void *bytes, size_t length);

/* Holds an object to its table, and makes whole numbers such as 5.0 integers. */
remit_fault remit_check(yyjson_val *input, const remit_field *fields);

/* ---- whoever runs the plugin: the sandbox (src/sandbox), or a test's world (src/native) ---- */

void remit_host_log(remit_level level, const char *line, size_t length);
/* False where the host cannot say; `value` is then its words. */
bool remit_host_config(const char *key, remit_text *value);

/* A URL, taken apart and not repaired. */
typedef struct {
    remit_text scheme, authority, path;
} remit_url;

bool remit_url_of(const char *url, remit_url *parts);
remit_fault remit_host_send(const remit_request *request, const remit_url *url, remit_response *response);

/* What went wrong with a file, as a fault with its words. */
typedef enum {
    FILE_NOT_MOUNTED,
    FILE_NOT_FOUND,
    FILE_DENIED,
    FILE_EXISTS,
    FILE_IS_FOLDER,
    FILE_NOT_FOLDER,
    FILE_QUOTA,
    FILE_OTHER
} remit_file_error;

remit_fault remit_file_fault(const char *path, remit_file_error error);
remit_fault remit_file_too_large(const char *path, size_t limit);
remit_fault remit_host_read_file(const char *path, size_t limit, remit_text *bytes);
remit_fault remit_host_list_folder(const char *path, remit_entry **entries, size_t *count);

#endif
