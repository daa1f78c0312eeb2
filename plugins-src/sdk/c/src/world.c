/* Files, requests and configuration: what is the same in the sandbox and in a test. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

remit_text remit_config(const char *key) {
    remit_text value;
    if (!remit_host_config(key, &value)) {
        remit_log(REMIT_WARN, "the configuration `%s`: %s", key, value.data);
        return (remit_text){NULL, 0};
    }
    return value;
}

remit_fault remit_file_fault(const char *path, remit_file_error error) {
    switch (error) {
    case FILE_NOT_MOUNTED: return remit_fail(REMIT_DENIED, "no folder is mounted at `%s`", path);
    case FILE_DENIED: return remit_fail(REMIT_DENIED, "`%s` is not allowed", path);
    case FILE_QUOTA: return remit_fail(REMIT_DENIED, "`%s` does not fit into what the grant allows to add", path);
    case FILE_NOT_FOUND: return remit_fail(REMIT_NOT_FOUND, "there is no `%s`", path);
    case FILE_EXISTS: return remit_fail(REMIT_CONFLICT, "`%s` exists already", path);
    case FILE_IS_FOLDER: return remit_fail(REMIT_INVALID_INPUT, "`%s` is a folder", path);
    case FILE_NOT_FOLDER: return remit_fail(REMIT_INVALID_INPUT, "`%s` is not a folder", path);
    default: return remit_fail(REMIT_UNAVAILABLE, "`%s` cannot be reached", path);
    }
}

remit_fault remit_file_too_large(const char *path, size_t limit) {
    return remit_fail(REMIT_INVALID_INPUT, "`%s` is larger than %zu bytes", path, limit);
}

remit_fault remit_read_file(const char *path, size_t limit, remit_text *bytes) {
    return remit_host_read_file(path, limit, bytes);
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const remit_entry *)a)->name, ((const remit_entry *)b)->name);
}

remit_fault remit_list_folder(const char *path, remit_entry **entries, size_t *count) {
    remit_fault fault = remit_host_list_folder(path, entries, count);
    if (!fault.kind && *count) qsort(*entries, *count, sizeof **entries, by_name);
    return fault;
}

bool remit_is_utf8(remit_text bytes) {
    const unsigned char *at = (const unsigned char *)bytes.data, *end = at + bytes.length;
    while (at < end) {
        size_t more = *at < 0x80                  ? 0
                      : *at >= 0xc2 && *at < 0xe0 ? 1
                      : *at >= 0xe0 && *at < 0xf0 ? 2
                      : *at >= 0xf0 && *at < 0xf5 ? 3
                                                  : 9;
        if ((size_t)(end - at) <= more) return false;
        /* Neither overlong, nor a surrogate, nor beyond the last character. */
        if ((*at == 0xe0 && at[1] < 0xa0) || (*at == 0xed && at[1] > 0x9f) || (*at == 0xf0 && at[1] < 0x90) ||
            (*at == 0xf4 && at[1] > 0x8f)) {
            return false;
        }
        for (size_t next = 1; next <= more; next++) {
            if ((at[next] & 0xc0) != 0x80) return false;
        }
        at += more + 1;
    }
    return true;
}

bool remit_url_of(const char *url, remit_url *parts) {
    const char *colon = strstr(url, "://");
    if (!colon || colon == url) return false;
    const char *authority = colon + 3;
    size_t length = strcspn(authority, "/?");
    parts->scheme = (remit_text){url, (size_t)(colon - url)};
    parts->authority = (remit_text){authority, length};
    parts->path = (remit_text){authority + length, strlen(authority + length)};
    return length > 0;
}

remit_fault remit_send(const remit_request *request, remit_response *response) {
    remit_request it = *request;
    remit_url url;
    if (!it.method) it.method = "GET";
    if (!it.max_body) it.max_body = 8 << 20;
    memset(response, 0, sizeof *response);
    remit_fault fault = remit_url_of(it.url, &url)
                            ? remit_host_send(&it, &url, response)
                            : remit_fail(REMIT_INVALID_INPUT, "the URL has no scheme or no host");
    if (fault.kind) return remit_fail(fault.kind, "%s %s: %s", it.method, it.url, fault.message);
    return fault;
}

remit_fault remit_http_get(const char *url, remit_response *response) {
    remit_request request = {.url = url};
    return remit_send(&request, response);
}

remit_fault remit_http_post(const char *url, const char *content_type, remit_text body, remit_response *response) {
    remit_header type = {"content-type", content_type};
    remit_request request = {"POST", url, &type, 1, body.data, body.length, 0};
    return remit_send(&request, response);
}
