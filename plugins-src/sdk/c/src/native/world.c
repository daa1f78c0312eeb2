/* A test's world in place of the sandbox. */
#define _POSIX_C_SOURCE 200809L
#include "../../include/remit_test.h"
#include "../internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static remit_test_world world;

void remit_test_enter(const remit_test_world *next) {
    static const remit_test_world empty;
    world = next ? *next : empty;
}

const char *remit_test_call(const char *operation, const char *input) {
    static const char *const kinds[] = {"",         "invalid-input", "denied",  "not-found",
                                        "conflict", "unavailable",   "internal"};
    static char *kept;
    remit_text output = {"", 0};
    remit_fault fault = remit_invoke(operation, (remit_text){input, strlen(input)}, &output);
    const char *text = fault.kind ? remit_print("%s: %s", kinds[fault.kind], fault.message) : output.data;
    free(kept);
    kept = malloc(strlen(text) + 1);
    if (!kept) abort();
    strcpy(kept, text);
    remit_end_call();
    return kept;
}

void remit_test_same(const char *got, const char *expected, const char *file, int line) {
    if (strcmp(got, expected) == 0) return;
    fprintf(stderr, "%s:%d: expected\n  %s\ngot\n  %s\n", file, line, expected, got);
    exit(1);
}

void remit_host_log(remit_level level, const char *line, size_t length) {
    (void)level;
    fprintf(stderr, "%.*s\n", (int)length, line);
}

uint64_t remit_now(void) { return (uint64_t)time(NULL) * 1000; }

bool remit_host_config(const char *key, remit_text *value) {
    *value = (remit_text){NULL, 0};
    for (const remit_test_pair *it = world.config; it && it->key; it++) {
        if (strcmp(it->key, key) == 0) *value = (remit_text){it->value, strlen(it->value)};
    }
    return true;
}

/* The path on this machine; NULL, with the fault, where there is none. */
static const char *real(const char *path, remit_fault *fault) {
    *fault = remit_file_fault(path, FILE_DENIED);
    if (strstr(path, "..")) return NULL;
    for (const remit_test_pair *it = world.mounts; it && it->key; it++) {
        size_t length = strlen(it->key);
        if (strncmp(path, it->key, length) == 0 && (path[length] == '/' || !path[length])) {
            return remit_print("%s%s", it->value, path + length);
        }
    }
    *fault = remit_file_fault(path, FILE_NOT_MOUNTED);
    return NULL;
}

static remit_fault failed(const char *path) {
    switch (errno) {
    case ENOENT: return remit_file_fault(path, FILE_NOT_FOUND);
    case EACCES:
    case EPERM: return remit_file_fault(path, FILE_DENIED);
    case EISDIR: return remit_file_fault(path, FILE_IS_FOLDER);
    case ENOTDIR: return remit_file_fault(path, FILE_NOT_FOLDER);
    default: return remit_file_fault(path, FILE_OTHER);
    }
}

remit_fault remit_host_read_file(const char *path, size_t limit, remit_text *bytes) {
    remit_fault fault;
    const char *there = real(path, &fault);
    struct stat stat_;
    if (!there) return fault;
    if (stat(there, &stat_) != 0) return failed(path);
    if (S_ISDIR(stat_.st_mode)) return remit_file_fault(path, FILE_IS_FOLDER);
    if ((uint64_t)stat_.st_size > limit) return remit_file_too_large(path, limit);
    FILE *file = fopen(there, "rb");
    if (!file) return failed(path);
    char *text = remit_alloc((size_t)stat_.st_size + 1);
    bytes->length = fread(text, 1, (size_t)stat_.st_size, file);
    bytes->data = text;
    fclose(file);
    return remit_done();
}

remit_fault remit_write_file(const char *path, const void *bytes, size_t length) {
    remit_fault fault;
    const char *there = real(path, &fault);
    if (!there) return fault;
    FILE *file = fopen(there, "wb");
    if (!file) return failed(path);
    bool whole = fwrite(bytes, 1, length, file) == length;
    whole = fclose(file) == 0 && whole;
    return whole ? remit_done() : remit_file_fault(path, FILE_OTHER);
}

remit_fault remit_host_list_folder(const char *path, remit_entry **entries, size_t *count) {
    remit_fault fault;
    const char *there = real(path, &fault);
    if (!there) return fault;
    DIR *folder = opendir(there);
    if (!folder) return failed(path);
    size_t room = 0;
    *entries = NULL;
    *count = 0;
    for (struct dirent *it; (it = readdir(folder));) {
        if (strcmp(it->d_name, ".") == 0 || strcmp(it->d_name, "..") == 0) continue;
        if (*count == room) {
            room = room ? 2 * room : 64;
            remit_entry *all = remit_alloc(room * sizeof *all);
            if (*count) memcpy(all, *entries, *count * sizeof *all);
            *entries = all;
        }
        struct stat stat_;
        bool is = lstat(remit_print("%s/%s", there, it->d_name), &stat_) == 0;
        remit_kind kind = is && S_ISDIR(stat_.st_mode)   ? REMIT_FOLDER
                          : is && S_ISREG(stat_.st_mode) ? REMIT_FILE
                                                         : REMIT_OTHER;
        (*entries)[(*count)++] = (remit_entry){remit_print("%s", it->d_name), kind};
    }
    closedir(folder);
    return remit_done();
}

remit_fault remit_host_send(const remit_request *request, const remit_url *url, remit_response *response) {
    (void)url;
    if (!world.answer) return remit_fail(REMIT_DENIED, "this world has no http");
    world.answer(request, response);
    return remit_done();
}
