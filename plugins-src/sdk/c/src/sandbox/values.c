/* Log, configuration and clock. */
#include "../../bindings/plugin.h"
#include "../internal.h"

#include <string.h>

void remit_host_log(remit_level level, const char *line, size_t length) {
    plugin_string_t text = {(uint8_t *)(uintptr_t)line, length};
    remit_connector_log_log((remit_connector_log_level_t)level, &text);
}

bool remit_host_config(const char *key, remit_text *value) {
    plugin_string_t name = {(uint8_t *)(uintptr_t)key, strlen(key)};
    plugin_option_string_t found;
    wasi_config_store_error_t error;
    *value = (remit_text){NULL, 0};
    if (!wasi_config_store_get(&name, &found, &error)) {
        /* Both kinds carry a text, at the same place. */
        *value = remit_copy(error.val.upstream.ptr, error.val.upstream.len);
        return false;
    }
    if (found.is_some) *value = remit_copy(found.val.ptr, found.val.len);
    plugin_option_string_free(&found);
    return true;
}

uint64_t remit_now(void) {
    wasi_clocks_wall_clock_datetime_t now;
    wasi_clocks_wall_clock_now(&now);
    return now.seconds * 1000 + now.nanoseconds / 1000000;
}
