/* A world for a plugin's unit tests: folders, configuration and http answers in place of the sandbox.
 *
 * A test is a program that includes this, links the plugin's sources and those in src and src/native, and calls
 * operations with `remit_invoke`. The Makefile of a new project does it. */
#ifndef REMIT_TEST_H
#define REMIT_TEST_H

#include "remit.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const char *key;
    const char *value;
} remit_test_pair;

/* What a plugin finds around it. Nothing is there that was not put in. Tables end with `{0}`. */
typedef struct {
    const remit_test_pair *config;
    const remit_test_pair *mounts; /* from a guest path to a folder of this machine */
    /* Answers a request; without it they are refused. */
    void (*answer)(const remit_request *request, remit_response *response);
} remit_test_world;

/* The world from now on; NULL for one with nothing in it. */
void remit_test_enter(const remit_test_world *world);

/* Calls an operation: its output, or "KIND: MESSAGE" of its fault. It lasts until the next call. */
const char *remit_test_call(const char *operation, const char *input);

/* Ends the program with both texts, unless they are the same. */
void remit_test_same(const char *got, const char *expected, const char *file, int line);
#define REMIT_TEST_SAME(got, expected) remit_test_same((got), (expected), __FILE__, __LINE__)

#ifdef __cplusplus
}
#endif
#endif
