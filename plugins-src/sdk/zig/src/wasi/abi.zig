//! The canonical ABI as far as this SDK uses it: the layout of what WASI hands over, and the functions themselves.
//!
//! The signatures are those that `wasm-tools component embed --dummy wit -w plugin -t` prints, and componentizing
//! checks them; the layouts follow the order of the fields in wit/.

/// A string or list.
pub const List = extern struct { start: [*]u8, length: usize };
/// `result<own<T>, error>`, where the error is smaller than a handle, and `result<list<…>, error>`.
pub const Opened = extern struct { failed: u8, value: extern union { handle: u32, code: u8 } };
/// `result<_, error-code>` of wasi:filesystem.
pub const Done = extern struct { failed: u8, code: u8 };

pub const log = struct {
    pub extern "remit:connector/log@0.1.0" fn log(level: u32, text: [*]const u8, length: usize) void;
};

pub const config = struct {
    /// `result<option<string>, error>`: `is` says whether there is a value, or which error it is.
    pub const Got = extern struct { failed: u8, is: u8 align(4), text: List };
    pub extern "wasi:config/store@0.2.0-rc.1" fn get(key: [*]const u8, length: usize, result: *Got) void;
};

pub const clock = struct {
    pub const Time = extern struct { seconds: u64, nanoseconds: u32 };
    pub extern "wasi:clocks/wall-clock@0.2.12" fn now(result: *Time) void;
};

pub const files = struct {
    pub const Mount = extern struct { descriptor: u32, path: List };
    pub const Moment = extern struct { is: u8, time: clock.Time };
    pub const Stat = extern struct {
        kind: u8,
        links: u64,
        size: u64,
        accessed: Moment,
        modified: Moment,
        changed: Moment,
    };
    pub const StatResult = extern struct { failed: u8, value: extern union { stat: Stat, code: u8 } };
    pub const ReadResult = extern struct { failed: u8, value: extern union { read: extern struct { bytes: List, at_end: u8 }, code: u8 } };
    pub const WriteResult = extern struct { failed: u8, value: extern union { written: u64, code: u8 } };
    pub const Entry = extern struct { is: u8, kind: u8 align(4), name: List };
    pub const EntryResult = extern struct { failed: u8, value: extern union { entry: Entry, code: u8 } };

    pub const follow_links = 1;
    pub const open_create = 1;
    pub const open_folder = 2;
    pub const open_exclusive = 4;
    pub const for_reading = 1;
    pub const for_writing = 2;

    pub extern "wasi:filesystem/preopens@0.2.12" fn @"get-directories"(result: *List) void;
    pub extern "wasi:filesystem/types@0.2.12" fn @"[method]descriptor.open-at"(u32, follow: u32, path: [*]const u8, length: usize, open: u32, flags: u32, *Opened) void;
    pub extern "wasi:filesystem/types@0.2.12" fn @"[method]descriptor.stat"(u32, *StatResult) void;
    pub extern "wasi:filesystem/types@0.2.12" fn @"[method]descriptor.stat-at"(u32, follow: u32, path: [*]const u8, length: usize, *StatResult) void;
    pub extern "wasi:filesystem/types@0.2.12" fn @"[method]descriptor.read"(u32, length: u64, offset: u64, *ReadResult) void;
    pub extern "wasi:filesystem/types@0.2.12" fn @"[method]descriptor.write"(u32, bytes: [*]const u8, length: usize, offset: u64, *WriteResult) void;
    pub extern "wasi:filesystem/types@0.2.12" fn @"[method]descriptor.read-directory"(u32, *Opened) void;
    pub extern "wasi:filesystem/types@0.2.12" fn @"[method]descriptor.create-directory-at"(u32, path: [*]const u8, length: usize, *Done) void;
    pub extern "wasi:filesystem/types@0.2.12" fn @"[method]descriptor.unlink-file-at"(u32, path: [*]const u8, length: usize, *Done) void;
    pub extern "wasi:filesystem/types@0.2.12" fn @"[method]descriptor.rename-at"(u32, from: [*]const u8, usize, u32, to: [*]const u8, usize, *Done) void;
    pub extern "wasi:filesystem/types@0.2.12" fn @"[method]directory-entry-stream.read-directory-entry"(u32, *EntryResult) void;
    pub extern "wasi:filesystem/types@0.2.12" fn @"[resource-drop]descriptor"(u32) void;
    pub extern "wasi:filesystem/types@0.2.12" fn @"[resource-drop]directory-entry-stream"(u32) void;
};

pub const http = struct {
    /// The part of wasi:http's `error-code` that carries something this SDK reads: the text of `internal-error`.
    pub const ErrorCode = extern struct { code: u8, has_text: u8 align(8), text: List, rest: u64 };
    pub const Header = extern struct { name: List, value: List };
    pub const HandleResult = extern struct { failed: u8, value: extern union { handle: u32, failure: ErrorCode } };
    pub const FinishResult = extern struct { failed: u8, failure: ErrorCode };
    /// `option<result<result<own<incoming-response>, error-code>>>`
    pub const Answer = extern struct { is: u8, taken: u8 align(8), result: HandleResult };
    pub const MaybeErrorCode = extern struct { is: u8, failure: ErrorCode };

    pub extern "wasi:http/types@0.2.12" fn @"[constructor]fields"() u32;
    pub extern "wasi:http/types@0.2.12" fn @"[method]fields.append"(u32, name: [*]const u8, usize, value: [*]const u8, usize, *Done) void;
    pub extern "wasi:http/types@0.2.12" fn @"[method]fields.entries"(u32, *List) void;
    pub extern "wasi:http/types@0.2.12" fn @"[constructor]outgoing-request"(fields: u32) u32;
    pub extern "wasi:http/types@0.2.12" fn @"[method]outgoing-request.set-method"(u32, method: u32, other: [*]const u8, usize) u32;
    pub extern "wasi:http/types@0.2.12" fn @"[method]outgoing-request.set-scheme"(u32, is: u32, scheme: u32, other: [*]const u8, usize) u32;
    pub extern "wasi:http/types@0.2.12" fn @"[method]outgoing-request.set-authority"(u32, is: u32, [*]const u8, usize) u32;
    pub extern "wasi:http/types@0.2.12" fn @"[method]outgoing-request.set-path-with-query"(u32, is: u32, [*]const u8, usize) u32;
    pub extern "wasi:http/types@0.2.12" fn @"[method]outgoing-request.body"(u32, *Opened) void;
    pub extern "wasi:http/types@0.2.12" fn @"[method]outgoing-body.write"(u32, *Opened) void;
    pub extern "wasi:http/types@0.2.12" fn @"[static]outgoing-body.finish"(body: u32, is: u32, trailers: u32, *FinishResult) void;
    pub extern "wasi:http/outgoing-handler@0.2.12" fn handle(request: u32, is: u32, options: u32, *HandleResult) void;
    pub extern "wasi:http/types@0.2.12" fn @"[method]future-incoming-response.subscribe"(u32) u32;
    pub extern "wasi:http/types@0.2.12" fn @"[method]future-incoming-response.get"(u32, *Answer) void;
    pub extern "wasi:http/types@0.2.12" fn @"[method]incoming-response.status"(u32) u32;
    pub extern "wasi:http/types@0.2.12" fn @"[method]incoming-response.headers"(u32) u32;
    pub extern "wasi:http/types@0.2.12" fn @"[method]incoming-response.consume"(u32, *Opened) void;
    pub extern "wasi:http/types@0.2.12" fn @"[method]incoming-body.stream"(u32, *Opened) void;
    pub extern "wasi:http/types@0.2.12" fn @"http-error-code"(err: u32, *MaybeErrorCode) void;
    pub extern "wasi:http/types@0.2.12" fn @"[resource-drop]fields"(u32) void;
    pub extern "wasi:http/types@0.2.12" fn @"[resource-drop]incoming-response"(u32) void;
    pub extern "wasi:http/types@0.2.12" fn @"[resource-drop]incoming-body"(u32) void;
    pub extern "wasi:http/types@0.2.12" fn @"[resource-drop]future-incoming-response"(u32) void;
};

pub const io = struct {
    pub const StreamError = extern struct { closed: u8, err: u32 };
    pub const ReadResult = extern struct { failed: u8, value: extern union { bytes: List, failure: StreamError } };
    pub const WriteResult = extern struct { failed: u8, failure: StreamError };

    pub extern "wasi:io/poll@0.2.12" fn @"[method]pollable.block"(u32) void;
    pub extern "wasi:io/poll@0.2.12" fn @"[resource-drop]pollable"(u32) void;
    pub extern "wasi:io/streams@0.2.12" fn @"[method]input-stream.blocking-read"(u32, length: u64, *ReadResult) void;
    pub extern "wasi:io/streams@0.2.12" fn @"[method]output-stream.blocking-write-and-flush"(u32, [*]const u8, usize, *WriteResult) void;
    pub extern "wasi:io/streams@0.2.12" fn @"[resource-drop]input-stream"(u32) void;
    pub extern "wasi:io/streams@0.2.12" fn @"[resource-drop]output-stream"(u32) void;
    pub extern "wasi:io/error@0.2.12" fn @"[method]error.to-debug-string"(u32, *List) void;
    pub extern "wasi:io/error@0.2.12" fn @"[resource-drop]error"(u32) void;
};
