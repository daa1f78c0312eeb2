//! Requests over wasi:http.

const std = @import("std");
const abi = @import("abi.zig");
const http = @import("../http.zig");
const Call = @import("../call.zig").Call;

const wit = abi.http;

const Failure = http.Error;

/// The order of wasi:http's `error-code`, as words.
const codes = [_][]const u8{
    "DNS timeout",                                        "DNS error",                            "destination not found",
    "destination unavailable",                            "the host refuses its address",         "destination IP unroutable",
    "connection refused",                                 "connection terminated",                "connection timeout",
    "connection read timeout",                            "connection write timeout",             "connection limit reached",
    "TLS protocol error",                                 "TLS certificate error",                "TLS alert received",
    "the host refuses it: not within the skill's grants", "request length required",              "request body size",
    "the method is malformed",                            "the URL is malformed",                 "the URL is too long",
    "request header section size",                        "request header size",                  "request trailer section size",
    "request trailer size",                               "the answer is incomplete",             "answer's header section size",
    "answer's header size",                               "the answer is larger than is granted", "answer's trailer section size",
    "answer's trailer size",                              "answer's transfer coding",             "answer's content coding",
    "the answer took too long",                           "upgrade failed",                       "HTTP protocol error",
    "loop detected",                                      "configuration error",                  "internal error",
};
const code_internal = 38;

/// Sends a request and waits for the whole answer. On a failure, `words` says why.
pub fn send(call: *Call, request: http.Request, url: http.Url, words: *[]const u8) Failure!http.Response {
    const fields = wit.@"[constructor]fields"();
    for (request.headers) |header| {
        var done: abi.Done = undefined;
        wit.@"[method]fields.append"(fields, header.name.ptr, header.name.len, header.value.ptr, header.value.len, &done);
        if (done.failed != 0) {
            words.* = try call.print("the header `{s}`: {s}", .{ header.name, if (done.code == 1) "forbidden" else "malformed" });
            return if (done.code == 1) error.Refused else error.Malformed;
        }
    }
    const outgoing = wit.@"[constructor]outgoing-request"(fields);
    const set = wit.@"[method]outgoing-request.set-method"(outgoing, methodOf(request.method), request.method.ptr, request.method.len) |
        wit.@"[method]outgoing-request.set-scheme"(outgoing, 1, schemeOf(url.scheme), url.scheme.ptr, url.scheme.len) |
        wit.@"[method]outgoing-request.set-authority"(outgoing, 1, url.authority.ptr, url.authority.len) |
        wit.@"[method]outgoing-request.set-path-with-query"(outgoing, 1, url.path.ptr, url.path.len);
    var body: abi.Opened = undefined;
    wit.@"[method]outgoing-request.body"(outgoing, &body);
    if (set != 0 or body.failed != 0) {
        words.* = "the method or the URL is malformed";
        return error.Malformed;
    }

    var handled: wit.HandleResult = undefined;
    wit.handle(outgoing, 0, 0, &handled);
    if (handled.failed != 0) return failure(handled.value.failure, words);
    const future = handled.value.handle;
    // Where sending breaks off, the answer says why: it is asked for in any case.
    const sent = sendBody(body.value.handle, request.body, words);
    const pollable = wit.@"[method]future-incoming-response.subscribe"(future);
    abi.io.@"[method]pollable.block"(pollable);
    abi.io.@"[resource-drop]pollable"(pollable);
    var answer: wit.Answer = undefined;
    wit.@"[method]future-incoming-response.get"(future, &answer);
    wit.@"[resource-drop]future-incoming-response"(future);
    if (answer.is == 0 or answer.taken != 0) {
        words.* = "no answer";
        return error.Unavailable;
    }
    if (answer.result.failed != 0) return failure(answer.result.value.failure, words);
    try sent;
    return receive(call, answer.result.value.handle, request.max_body, words);
}

fn sendBody(body: u32, bytes: []const u8, words: *[]const u8) Failure!void {
    if (bytes.len > 0) {
        var stream: abi.Opened = undefined;
        wit.@"[method]outgoing-body.write"(body, &stream);
        if (stream.failed != 0) return error.Unavailable;
        defer abi.io.@"[resource-drop]output-stream"(stream.value.handle);
        var at: usize = 0;
        while (at < bytes.len) {
            // What one blocking write takes, by the standard.
            const chunk = bytes[at..@min(at + 4096, bytes.len)];
            var result: abi.io.WriteResult = undefined;
            abi.io.@"[method]output-stream.blocking-write-and-flush"(stream.value.handle, chunk.ptr, chunk.len, &result);
            if (result.failed != 0) return streamFailure(result.failure, words);
            at += chunk.len;
        }
    }
    var result: wit.FinishResult = undefined;
    wit.@"[static]outgoing-body.finish"(body, 0, 0, &result);
    if (result.failed != 0) return failure(result.failure, words);
}

fn receive(call: *Call, response: u32, max_body: usize, words: *[]const u8) Failure!http.Response {
    var list: abi.List = undefined;
    const fields = wit.@"[method]incoming-response.headers"(response);
    wit.@"[method]fields.entries"(fields, &list);
    wit.@"[resource-drop]fields"(fields);
    const entries: [*]wit.Header = @ptrCast(@alignCast(list.start));
    const headers = try call.allocator.alloc(http.Header, list.length);
    for (headers, entries[0..list.length]) |*header, entry| {
        const name = entry.name.start[0..entry.name.length];
        for (name) |*letter| letter.* = std.ascii.toLower(letter.*);
        header.* = .{ .name = name, .value = entry.value.start[0..entry.value.length] };
    }
    const status: u16 = @truncate(wit.@"[method]incoming-response.status"(response));

    var body: abi.Opened = undefined;
    wit.@"[method]incoming-response.consume"(response, &body);
    if (body.failed != 0) return error.Unavailable;
    var stream: abi.Opened = undefined;
    wit.@"[method]incoming-body.stream"(body.value.handle, &stream);
    if (stream.failed != 0) return error.Unavailable;
    var bytes: std.ArrayList(u8) = .empty;
    while (true) {
        var result: abi.io.ReadResult = undefined;
        abi.io.@"[method]input-stream.blocking-read"(stream.value.handle, 64 << 10, &result);
        if (result.failed != 0) {
            if (result.value.failure.closed != 0) break;
            return streamFailure(result.value.failure, words);
        }
        const some = result.value.bytes;
        if (bytes.items.len + some.length > max_body) {
            words.* = try call.print("the answer is larger than {d} bytes", .{max_body});
            return error.TooLarge;
        }
        if (some.length > 0) try bytes.appendSlice(call.allocator, some.start[0..some.length]);
    }
    abi.io.@"[resource-drop]input-stream"(stream.value.handle);
    wit.@"[resource-drop]incoming-body"(body.value.handle);
    wit.@"[resource-drop]incoming-response"(response);
    return .{ .status = status, .headers = headers, .body = bytes.items };
}

fn failure(it: wit.ErrorCode, words: *[]const u8) Failure {
    words.* = if (it.code == code_internal and it.has_text != 0)
        it.text.start[0..it.text.length]
    else if (it.code < codes.len) codes[it.code] else "no answer";
    return switch (it.code) {
        // destination-IP-prohibited, HTTP-request-denied
        4, 15 => error.Refused,
        // HTTP-request-method-invalid, HTTP-request-URI-invalid, HTTP-request-URI-too-long
        18, 19, 20 => error.Malformed,
        else => error.Unavailable,
    };
}

fn streamFailure(it: abi.io.StreamError, words: *[]const u8) Failure {
    if (it.closed != 0) {
        words.* = "the connection was closed";
        return error.Unavailable;
    }
    defer abi.io.@"[resource-drop]error"(it.err);
    var code: wit.MaybeErrorCode = undefined;
    wit.@"http-error-code"(it.err, &code);
    if (code.is != 0) return failure(code.failure, words);
    var text: abi.List = undefined;
    abi.io.@"[method]error.to-debug-string"(it.err, &text);
    words.* = text.start[0..text.length];
    return error.Unavailable;
}

fn methodOf(name: []const u8) u32 {
    const names = [_][]const u8{ "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH" };
    for (names, 0..) |it, at| if (std.mem.eql(u8, it, name)) return @intCast(at);
    return names.len;
}

fn schemeOf(name: []const u8) u32 {
    if (std.mem.eql(u8, name, "http")) return 0;
    return if (std.mem.eql(u8, name, "https")) 1 else 2;
}
