/* The memory of one call: taken in blocks, given back all at once. */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct block {
    struct block *before;
    size_t size, used;
    char *last; /* what was handed out last, which can still grow in place */
} block;

enum { BLOCK = 64 << 10, ALIGN = 16 };

static block *current;

static size_t aligned(size_t size) { return (size + ALIGN - 1) & ~(size_t)(ALIGN - 1); }

static char *start_of(block *it) { return (char *)it + aligned(sizeof(block)); }

static void *take(void *context, size_t size) {
    (void)context;
    if (size > SIZE_MAX / 2) return NULL;
    size = aligned(size ? size : 1);
    if (!current || current->size - current->used < size) {
        size_t room = size > BLOCK ? size : BLOCK;
        block *next = malloc(aligned(sizeof(block)) + room);
        if (!next) return NULL;
        next->before = current;
        next->size = room;
        next->used = 0;
        current = next;
    }
    current->last = start_of(current) + current->used;
    current->used += size;
    return current->last;
}

static void *retake(void *context, void *old, size_t old_size, size_t size) {
    if (size <= old_size) return old;
    if (current && old == current->last) {
        size_t offset = (size_t)(current->last - start_of(current));
        if (current->size - offset >= size && size <= current->size) {
            size_t end = offset + aligned(size);
            current->used = end < current->size ? end : current->size;
            return old;
        }
    }
    void *new = take(context, size);
    if (new) memcpy(new, old, old_size);
    return new;
}

static void leave(void *context, void *old) {
    (void)context;
    if (current && old == current->last) current->used = (size_t)(current->last - start_of(current));
}

const yyjson_alc remit_memory = {take, retake, leave, NULL};

void *remit_alloc(size_t size) {
    void *memory = take(NULL, size);
    if (!memory) {
        remit_host_log(REMIT_ERROR, "out of memory", 13);
        abort();
    }
    return memset(memory, 0, size);
}

void remit_end_call(void) {
    while (current) {
        block *before = current->before;
        free(current);
        current = before;
    }
}

char *remit_print_list(const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    char *text = remit_alloc((size_t)(length < 0 ? 0 : length) + 1);
    if (length > 0) vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

char *remit_print(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = remit_print_list(format, arguments);
    va_end(arguments);
    return text;
}

remit_text remit_copy(const void *bytes, size_t length) {
    char *copy = remit_alloc(length + 1);
    if (length) memcpy(copy, bytes, length);
    return (remit_text){copy, length};
}

remit_fault remit_fail(remit_fault_kind kind, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    remit_fault fault = {kind, remit_print_list(format, arguments)};
    va_end(arguments);
    return fault;
}

void remit_log(remit_level level, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const char *line = remit_print_list(format, arguments);
    va_end(arguments);
    remit_host_log(level, line, strlen(line));
}
