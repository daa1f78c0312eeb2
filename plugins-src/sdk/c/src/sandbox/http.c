/* Requests over wasi:http. */
#include "../../bindings/plugin.h"
#include "../internal.h"

#include <string.h>

static plugin_string_t borrowed(remit_text text) {
    return (plugin_string_t){(uint8_t *)(uintptr_t)text.data, text.length};
}

/* The order of wasi:http's `error-code`. */
static const char *const words[] = {"DNS timeout",
                                    "DNS error",
                                    "destination not found",
                                    "destination unavailable",
                                    "the host refuses its address",
                                    "destination IP unroutable",
                                    "connection refused",
                                    "connection terminated",
                                    "connection timeout",
                                    "connection read timeout",
                                    "connection write timeout",
                                    "connection limit reached",
                                    "TLS protocol error",
                                    "TLS certificate error",
                                    "TLS alert received",
                                    "the host refuses it: not within the skill's grants",
                                    "request length required",
                                    "request body size",
                                    "the method is malformed",
                                    "the URL is malformed",
                                    "the URL is too long",
                                    "request header section size",
                                    "request header size",
                                    "request trailer section size",
                                    "request trailer size",
                                    "the answer is incomplete",
                                    "the answer's header section size",
                                    "the answer's header size",
                                    "the answer is larger than is granted",
                                    "the answer's trailer section size",
                                    "the answer's trailer size",
                                    "the answer's transfer coding",
                                    "the answer's content coding",
                                    "the answer took too long",
                                    "upgrade failed",
                                    "HTTP protocol error",
                                    "loop detected",
                                    "configuration error",
                                    "internal error"};

static remit_fault failure(const wasi_http_types_error_code_t *code) {
    remit_fault_kind kind = REMIT_UNAVAILABLE;
    switch (code->tag) {
    case WASI_HTTP_TYPES_ERROR_CODE_DESTINATION_IP_PROHIBITED:
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_REQUEST_DENIED: kind = REMIT_DENIED; break;
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_REQUEST_METHOD_INVALID:
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_REQUEST_URI_INVALID:
    case WASI_HTTP_TYPES_ERROR_CODE_HTTP_REQUEST_URI_TOO_LONG: kind = REMIT_INVALID_INPUT; break;
    case WASI_HTTP_TYPES_ERROR_CODE_INTERNAL_ERROR:
        if (code->val.internal_error.is_some) {
            plugin_string_t text = code->val.internal_error.val;
            return remit_fail(kind, "%.*s", (int)text.len, (const char *)text.ptr);
        }
        break;
    default: break;
    }
    size_t known = sizeof words / sizeof *words;
    return remit_fail(kind, "%s", code->tag < known ? words[code->tag] : "no answer");
}

static remit_fault stream_failure(const wasi_io_streams_stream_error_t *error) {
    if (error->tag != WASI_IO_STREAMS_STREAM_ERROR_LAST_OPERATION_FAILED) {
        return remit_fail(REMIT_UNAVAILABLE, "the connection was closed");
    }
    wasi_io_error_borrow_error_t it = wasi_io_error_borrow_error(error->val.last_operation_failed);
    wasi_http_types_error_code_t code;
    remit_fault fault;
    if (wasi_http_types_http_error_code(it, &code)) {
        fault = failure(&code);
    } else {
        plugin_string_t text;
        wasi_io_error_method_error_to_debug_string(it, &text);
        fault = remit_fail(REMIT_UNAVAILABLE, "%.*s", (int)text.len, (const char *)text.ptr);
    }
    wasi_io_error_error_drop_own(error->val.last_operation_failed);
    return fault;
}

static remit_fault send_body(wasi_http_types_own_outgoing_body_t body, const remit_request *request) {
    if (request->body_length > 0) {
        wasi_http_types_own_output_stream_t stream;
        if (!wasi_http_types_method_outgoing_body_write(wasi_http_types_borrow_outgoing_body(body), &stream)) {
            return remit_fail(REMIT_UNAVAILABLE, "the body cannot be sent");
        }
        remit_fault fault = remit_done();
        for (size_t at = 0; !fault.kind && at < request->body_length;) {
            /* What one blocking write takes, by the standard. */
            size_t count = request->body_length - at < 4096 ? request->body_length - at : 4096;
            plugin_list_u8_t chunk = {(uint8_t *)(uintptr_t)request->body + at, count};
            wasi_io_streams_stream_error_t error;
            if (!wasi_io_streams_method_output_stream_blocking_write_and_flush(
                    wasi_io_streams_borrow_output_stream(stream), &chunk, &error)) {
                fault = stream_failure(&error);
            }
            at += count;
        }
        wasi_io_streams_output_stream_drop_own(stream);
        if (fault.kind) return fault;
    }
    wasi_http_types_error_code_t code;
    if (!wasi_http_types_static_outgoing_body_finish(body, NULL, &code)) return failure(&code);
    return remit_done();
}

static void take_headers(wasi_http_types_own_incoming_response_t from, remit_response *response) {
    wasi_http_types_own_headers_t fields =
        wasi_http_types_method_incoming_response_headers(wasi_http_types_borrow_incoming_response(from));
    wasi_http_types_list_tuple2_field_name_field_value_t all;
    wasi_http_types_method_fields_entries(wasi_http_types_borrow_fields(fields), &all);
    response->header_count = all.len;
    response->headers = remit_alloc(all.len * sizeof *response->headers);
    for (size_t at = 0; at < all.len; at++) {
        char *name = (char *)(uintptr_t)remit_copy(all.ptr[at].f0.ptr, all.ptr[at].f0.len).data;
        for (char *it = name; *it; it++) *it = (char)(*it >= 'A' && *it <= 'Z' ? *it + 32 : *it);
        response->headers[at] = (remit_header){name, remit_copy(all.ptr[at].f1.ptr, all.ptr[at].f1.len).data};
    }
    wasi_http_types_list_tuple2_field_name_field_value_free(&all);
    wasi_http_types_fields_drop_own(fields);
}

static remit_fault take_body(wasi_http_types_own_incoming_response_t from, size_t limit, remit_text *text) {
    wasi_http_types_own_incoming_body_t body;
    wasi_http_types_own_input_stream_t stream;
    if (!wasi_http_types_method_incoming_response_consume(wasi_http_types_borrow_incoming_response(from), &body) ||
        !wasi_http_types_method_incoming_body_stream(wasi_http_types_borrow_incoming_body(body), &stream)) {
        return remit_fail(REMIT_UNAVAILABLE, "the answer cannot be read");
    }
    size_t room = 16 << 10, length = 0;
    char *bytes = remit_alloc(room + 1);
    remit_fault fault = remit_done();
    while (!fault.kind) {
        plugin_list_u8_t some;
        wasi_io_streams_stream_error_t error;
        if (!wasi_io_streams_method_input_stream_blocking_read(wasi_io_streams_borrow_input_stream(stream), 64 << 10,
                                                               &some, &error)) {
            if (error.tag == WASI_IO_STREAMS_STREAM_ERROR_CLOSED) break;
            fault = stream_failure(&error);
            break;
        }
        if (some.len > limit - length) {
            fault = remit_fail(REMIT_UNAVAILABLE, "the answer is larger than %zu bytes", limit);
        } else {
            if (some.len > room - length) {
                room = 2 * (length + some.len);
                char *more = remit_alloc(room + 1);
                memcpy(more, bytes, length);
                bytes = more;
            }
            if (some.len) memcpy(bytes + length, some.ptr, some.len);
            length += some.len;
        }
        plugin_list_u8_free(&some);
    }
    bytes[length] = 0;
    *text = (remit_text){bytes, length};
    wasi_io_streams_input_stream_drop_own(stream);
    wasi_http_types_incoming_body_drop_own(body);
    return fault;
}

static bool set_up(wasi_http_types_borrow_outgoing_request_t it, const remit_request *request, const remit_url *url) {
    static const char *const methods[] = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                          "CONNECT", "OPTIONS", "TRACE", "PATCH"};
    wasi_http_types_method_t method = {0};
    while (method.tag < WASI_HTTP_TYPES_METHOD_OTHER && strcmp(methods[method.tag], request->method) != 0) method.tag++;
    method.val.other = borrowed((remit_text){request->method, strlen(request->method)});
    wasi_http_types_scheme_t scheme = {WASI_HTTP_TYPES_SCHEME_OTHER, {borrowed(url->scheme)}};
    if (url->scheme.length == 4 && memcmp(url->scheme.data, "http", 4) == 0) scheme.tag = WASI_HTTP_TYPES_SCHEME_HTTP;
    if (url->scheme.length == 5 && memcmp(url->scheme.data, "https", 5) == 0) scheme.tag = WASI_HTTP_TYPES_SCHEME_HTTPS;
    plugin_string_t authority = borrowed(url->authority), path = borrowed(url->path);
    return wasi_http_types_method_outgoing_request_set_method(it, &method) &&
           wasi_http_types_method_outgoing_request_set_scheme(it, &scheme) &&
           wasi_http_types_method_outgoing_request_set_authority(it, &authority) &&
           wasi_http_types_method_outgoing_request_set_path_with_query(it, &path);
}

remit_fault remit_host_send(const remit_request *request, const remit_url *url, remit_response *response) {
    wasi_http_types_own_fields_t fields = wasi_http_types_constructor_fields();
    for (size_t at = 0; at < request->header_count; at++) {
        const remit_header *header = &request->headers[at];
        plugin_string_t name = borrowed((remit_text){header->name, strlen(header->name)});
        wasi_http_types_field_value_t value = {(uint8_t *)(uintptr_t)header->value, strlen(header->value)};
        wasi_http_types_header_error_t error;
        if (!wasi_http_types_method_fields_append(wasi_http_types_borrow_fields(fields), &name, &value, &error)) {
            bool forbidden = error.tag == WASI_HTTP_TYPES_HEADER_ERROR_FORBIDDEN;
            return remit_fail(forbidden ? REMIT_DENIED : REMIT_INVALID_INPUT, "the header `%s`: %s", header->name,
                              forbidden ? "forbidden" : "malformed");
        }
    }
    wasi_http_types_own_outgoing_request_t outgoing = wasi_http_types_constructor_outgoing_request(fields);
    wasi_http_types_borrow_outgoing_request_t self = wasi_http_types_borrow_outgoing_request(outgoing);
    wasi_http_types_own_outgoing_body_t body;
    if (!set_up(self, request, url) || !wasi_http_types_method_outgoing_request_body(self, &body)) {
        return remit_fail(REMIT_INVALID_INPUT, "the method or the URL is malformed");
    }
    wasi_http_types_own_future_incoming_response_t future;
    wasi_http_types_error_code_t code;
    if (!wasi_http_outgoing_handler_handle(outgoing, NULL, &future, &code)) return failure(&code);
    /* Where sending breaks off, the answer says why: it is asked for in any case. */
    remit_fault sent = send_body(body, request);
    wasi_http_types_borrow_future_incoming_response_t waiting = wasi_http_types_borrow_future_incoming_response(future);
    wasi_io_poll_own_pollable_t ready = wasi_http_types_method_future_incoming_response_subscribe(waiting);
    wasi_io_poll_method_pollable_block(wasi_io_poll_borrow_pollable(ready));
    wasi_io_poll_pollable_drop_own(ready);
    wasi_http_types_result_result_own_incoming_response_error_code_void_t answer;
    bool is = wasi_http_types_method_future_incoming_response_get(waiting, &answer);
    wasi_http_types_future_incoming_response_drop_own(future);
    if (!is || answer.is_err) return remit_fail(REMIT_UNAVAILABLE, "no answer");
    if (answer.val.ok.is_err) return failure(&answer.val.ok.val.err);
    if (sent.kind) return sent;
    wasi_http_types_own_incoming_response_t from = answer.val.ok.val.ok;
    response->status = wasi_http_types_method_incoming_response_status(wasi_http_types_borrow_incoming_response(from));
    take_headers(from, response);
    remit_fault fault = take_body(from, request->max_body, &response->body);
    wasi_http_types_incoming_response_drop_own(from);
    return fault;
}
