/* The operations: each is two tables and a function. */
#ifndef OPERATIONS_H
#define OPERATIONS_H

#include <remit.h>

extern const remit_field word_count_input[], word_count_output[];
remit_fault word_count(yyjson_val *input, yyjson_mut_doc *document, yyjson_mut_val *output);

extern const remit_field fetch_title_input[], fetch_title_output[];
remit_fault fetch_title(yyjson_val *input, yyjson_mut_doc *document, yyjson_mut_val *output);

#endif
