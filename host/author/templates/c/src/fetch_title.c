/* `fetch_title`: a request goes where a grant of the skill leads, and nowhere else. */
#include "operations.h"

#include <string.h>
#include <strings.h>

const remit_field fetch_title_input[] = {
    {"url", REMIT_STRING, "The page, for example `https://example.org/`"},
    {0},
};

const remit_field fetch_title_output[] = {
    {"status", REMIT_INTEGER, "The HTTP status of the answer"},
    {"title", REMIT_STRING, "What stands in the page's <title>; null if it has none", .nullable = true},
    {0},
};

static const char *find(const char *text, const char *tag) {
    for (; *text; text++) {
        if (strncasecmp(text, tag, strlen(tag)) == 0) return text;
    }
    return NULL;
}

/* The text between `<title>` and `</title>`, its blanks put together. */
static const char *title_of(const char *html) {
    const char *tag = find(html, "<title");
    const char *start = tag ? strchr(tag, '>') : NULL;
    const char *end = start ? find(start, "</title") : NULL;
    if (!end) return NULL;
    char *title = remit_alloc((size_t)(end - start) + 1), *to = title;
    for (start++; start < end; start++) {
        bool blank = strchr(" \t\r\n", *start) != NULL;
        if (!blank) *to++ = *start;
        else if (to > title && to[-1] != ' ') *to++ = ' ';
    }
    if (to > title && to[-1] == ' ') to--;
    *to = 0;
    return title;
}

remit_fault fetch_title(yyjson_val *input, yyjson_mut_doc *document, yyjson_mut_val *output) {
    remit_response response;
    remit_fault fault = remit_http_get(remit_string(input, "url").data, &response);
    /* Where no grant covers the request, this is the host's refusal, of the kind REMIT_DENIED. */
    if (fault.kind) return fault;
    yyjson_mut_obj_add_uint(document, output, "status", response.status);
    /* What a server sends need not be UTF-8, and an output must be. */
    const char *title = remit_is_utf8(response.body) ? title_of(response.body.data) : NULL;
    if (title) yyjson_mut_obj_add_str(document, output, "title", title);
    else yyjson_mut_obj_add_null(document, output, "title");
    return remit_done();
}
