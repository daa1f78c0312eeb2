/* Files over wasi:filesystem. */
#include "../../bindings/plugin.h"
#include "../internal.h"

#include <string.h>

static remit_file_error error_of(wasi_filesystem_types_error_code_t code) {
    switch (code) {
    case WASI_FILESYSTEM_TYPES_ERROR_CODE_ACCESS:
    case WASI_FILESYSTEM_TYPES_ERROR_CODE_NOT_PERMITTED:
    case WASI_FILESYSTEM_TYPES_ERROR_CODE_READ_ONLY: return FILE_DENIED;
    case WASI_FILESYSTEM_TYPES_ERROR_CODE_QUOTA:
    case WASI_FILESYSTEM_TYPES_ERROR_CODE_INSUFFICIENT_SPACE: return FILE_QUOTA;
    case WASI_FILESYSTEM_TYPES_ERROR_CODE_EXIST: return FILE_EXISTS;
    case WASI_FILESYSTEM_TYPES_ERROR_CODE_IS_DIRECTORY: return FILE_IS_FOLDER;
    case WASI_FILESYSTEM_TYPES_ERROR_CODE_NO_ENTRY: return FILE_NOT_FOUND;
    case WASI_FILESYSTEM_TYPES_ERROR_CODE_NOT_DIRECTORY: return FILE_NOT_FOLDER;
    default: return FILE_OTHER;
    }
}

/* A place below a mount: the innermost, where several hold the path. */
typedef struct {
    wasi_filesystem_types_borrow_descriptor_t mount;
    plugin_string_t rest;
} place;

static bool find(const char *path, place *found) {
    static wasi_filesystem_preopens_list_tuple2_own_descriptor_string_t mounts;
    static bool known;
    if (!known) wasi_filesystem_preopens_get_directories(&mounts);
    known = true;
    bool any = false;
    for (size_t at = 0; at < mounts.len; at++) {
        size_t length = mounts.ptr[at].f1.len;
        while (length > 0 && mounts.ptr[at].f1.ptr[length - 1] == '/') length--;
        if (strncmp(path, (const char *)mounts.ptr[at].f1.ptr, length) != 0) continue;
        const char *rest = path + length;
        if (*rest && *rest != '/') continue;
        while (*rest == '/') rest++;
        size_t left = strlen(rest);
        while (left > 0 && rest[left - 1] == '/') left--;
        if (any && left >= found->rest.len) continue;
        any = true;
        found->mount = wasi_filesystem_types_borrow_descriptor(mounts.ptr[at].f0);
        found->rest = (plugin_string_t){(uint8_t *)(uintptr_t)rest, left};
    }
    if (any && found->rest.len == 0) found->rest = (plugin_string_t){(uint8_t *)".", 1};
    return any;
}

static bool open_at(const place *it, uint8_t how, uint8_t flags, wasi_filesystem_types_own_descriptor_t *file,
                    wasi_filesystem_types_error_code_t *error) {
    plugin_string_t rest = it->rest;
    return wasi_filesystem_types_method_descriptor_open_at(it->mount, WASI_FILESYSTEM_TYPES_PATH_FLAGS_SYMLINK_FOLLOW,
                                                           &rest, how, flags, file, error);
}

remit_fault remit_host_read_file(const char *path, size_t limit, remit_text *bytes) {
    place it;
    wasi_filesystem_types_own_descriptor_t file;
    wasi_filesystem_types_error_code_t error;
    wasi_filesystem_types_descriptor_stat_t stat;
    if (!find(path, &it)) return remit_file_fault(path, FILE_NOT_MOUNTED);
    if (!open_at(&it, 0, WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_READ, &file, &error)) {
        return remit_file_fault(path, error_of(error));
    }
    wasi_filesystem_types_borrow_descriptor_t self = wasi_filesystem_types_borrow_descriptor(file);
    remit_fault fault = remit_done();
    if (!wasi_filesystem_types_method_descriptor_stat(self, &stat, &error)) {
        fault = remit_file_fault(path, error_of(error));
    } else if (stat.type == WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE_DIRECTORY) {
        fault = remit_file_fault(path, FILE_IS_FOLDER);
    } else if (stat.size > limit) {
        fault = remit_file_too_large(path, limit);
    } else {
        char *text = remit_alloc((size_t)stat.size + 1);
        size_t length = 0;
        while (!fault.kind) {
            plugin_tuple2_list_u8_bool_t some;
            if (!wasi_filesystem_types_method_descriptor_read(self, 256 << 10, length, &some, &error)) {
                fault = remit_file_fault(path, error_of(error));
                break;
            }
            size_t count = some.f0.len;
            /* It has grown since it was looked at. */
            if (count > stat.size - length) fault = remit_file_too_large(path, (size_t)stat.size);
            else if (count) memcpy(text + length, some.f0.ptr, count);
            plugin_list_u8_free(&some.f0);
            length += count;
            if (count == 0) break;
        }
        *bytes = (remit_text){text, length};
    }
    wasi_filesystem_types_descriptor_drop_own(file);
    return fault;
}

remit_fault remit_write_file(const char *path, const void *bytes, size_t length) {
    place it;
    wasi_filesystem_types_own_descriptor_t file;
    wasi_filesystem_types_error_code_t error;
    if (!find(path, &it)) return remit_file_fault(path, FILE_NOT_MOUNTED);
    size_t folder = it.rest.len;
    while (folder > 0 && it.rest.ptr[folder - 1] != '/') folder--;
    const char *rest = (const char *)it.rest.ptr;
    char *name = remit_print("%.*s.%.*s.new", (int)folder, rest, (int)(it.rest.len - folder), rest + folder);
    place beside = {it.mount, {(uint8_t *)name, strlen(name)}};
    /* Left over from a call that was stopped. */
    wasi_filesystem_types_method_descriptor_unlink_file_at(beside.mount, &beside.rest, &error);
    uint8_t create = WASI_FILESYSTEM_TYPES_OPEN_FLAGS_CREATE | WASI_FILESYSTEM_TYPES_OPEN_FLAGS_EXCLUSIVE;
    if (!open_at(&beside, create, WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_WRITE, &file, &error)) {
        return remit_file_fault(path, error_of(error));
    }
    bool done = true;
    for (size_t at = 0; done && at < length;) {
        size_t count = length - at < 256 << 10 ? length - at : 256 << 10;
        plugin_list_u8_t chunk = {(uint8_t *)(uintptr_t)bytes + at, count};
        wasi_filesystem_types_filesize_t written = 0;
        error = WASI_FILESYSTEM_TYPES_ERROR_CODE_IO;
        done = wasi_filesystem_types_method_descriptor_write(wasi_filesystem_types_borrow_descriptor(file), &chunk, at,
                                                             &written, &error) &&
               written > 0 && written <= count;
        at += (size_t)written;
    }
    wasi_filesystem_types_descriptor_drop_own(file);
    plugin_string_t target = it.rest;
    if (done) {
        done = wasi_filesystem_types_method_descriptor_rename_at(beside.mount, &beside.rest, it.mount, &target, &error);
    }
    if (done) return remit_done();
    wasi_filesystem_types_error_code_t ignored;
    wasi_filesystem_types_method_descriptor_unlink_file_at(beside.mount, &beside.rest, &ignored);
    return remit_file_fault(path, error_of(error));
}

remit_fault remit_host_list_folder(const char *path, remit_entry **entries, size_t *count) {
    place it;
    wasi_filesystem_types_own_descriptor_t folder;
    wasi_filesystem_types_own_directory_entry_stream_t stream;
    wasi_filesystem_types_error_code_t error;
    if (!find(path, &it)) return remit_file_fault(path, FILE_NOT_MOUNTED);
    if (!open_at(&it, WASI_FILESYSTEM_TYPES_OPEN_FLAGS_DIRECTORY, WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_READ, &folder,
                 &error)) {
        return remit_file_fault(path, error_of(error));
    }
    remit_fault fault = remit_done();
    size_t room = 0;
    *entries = NULL;
    *count = 0;
    if (!wasi_filesystem_types_method_descriptor_read_directory(wasi_filesystem_types_borrow_descriptor(folder),
                                                                &stream, &error)) {
        fault = remit_file_fault(path, error_of(error));
    } else {
        for (;;) {
            wasi_filesystem_types_option_directory_entry_t entry;
            if (!wasi_filesystem_types_method_directory_entry_stream_read_directory_entry(
                    wasi_filesystem_types_borrow_directory_entry_stream(stream), &entry, &error)) {
                fault = remit_file_fault(path, error_of(error));
                break;
            }
            if (!entry.is_some) break;
            if (*count == room) {
                size_t more = room ? 2 * room : 64;
                remit_entry *all = remit_alloc(more * sizeof *all);
                if (room) memcpy(all, *entries, room * sizeof *all);
                *entries = all;
                room = more;
            }
            remit_kind kind = entry.val.type == WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE_DIRECTORY      ? REMIT_FOLDER
                              : entry.val.type == WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE_REGULAR_FILE ? REMIT_FILE
                                                                                                     : REMIT_OTHER;
            (*entries)[(*count)++] = (remit_entry){remit_copy(entry.val.name.ptr, entry.val.name.len).data, kind};
            plugin_string_free(&entry.val.name);
        }
        wasi_filesystem_types_directory_entry_stream_drop_own(stream);
    }
    wasi_filesystem_types_descriptor_drop_own(folder);
    return fault;
}
