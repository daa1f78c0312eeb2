// Write a Remit plugin in a page of C++. See README.md for the page.
//
// An operation is a function from a struct to a struct. A struct names its fields once, and its JSON Schema and
// what reads and writes it come from that. Over remit.h, which does the work; no exceptions are needed.
#pragma once

#include "remit.h"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace remit {

// ---- faults ----

/// Why an operation could not be done. Make one with `invalid_input`, `denied` and their like.
struct Fault {
    remit_fault_kind kind = REMIT_INTERNAL;
    std::string message;
};

inline Fault invalid_input(std::string message) { return {REMIT_INVALID_INPUT, std::move(message)}; }
inline Fault denied(std::string message) { return {REMIT_DENIED, std::move(message)}; }
inline Fault not_found(std::string message) { return {REMIT_NOT_FOUND, std::move(message)}; }
inline Fault conflict(std::string message) { return {REMIT_CONFLICT, std::move(message)}; }
inline Fault unavailable(std::string message) { return {REMIT_UNAVAILABLE, std::move(message)}; }
inline Fault internal(std::string message) { return {REMIT_INTERNAL, std::move(message)}; }

/// A value, or the fault that stands in its way: `if (!text) return text.fault();`
template <class T> class [[nodiscard]] Result {
    std::variant<T, Fault> held;

  public:
    Result(T value) : held(std::in_place_index<0>, std::move(value)) {}
    Result(Fault fault) : held(std::in_place_index<1>, std::move(fault)) {}
    explicit operator bool() const { return held.index() == 0; }
    /// To take what is not there is a mistake, and ends the call.
    T &operator*() { return *checked(std::get_if<0>(&held)); }
    T *operator->() { return checked(std::get_if<0>(&held)); }
    Fault &fault() { return *checked(std::get_if<1>(&held)); }

  private:
    template <class U> static U *checked(U *it) {
        if (!it) __builtin_trap();
        return it;
    }
};

/// Nothing, or a fault: of what only does something.
using Done = Result<std::monostate>;

namespace detail {
inline Fault fault_of(remit_fault it) { return {it.kind, it.message}; }
inline std::string_view view(remit_text text) { return {text.data, text.length}; }
} // namespace detail

// ---- the fields of a struct ----

template <class Struct, class T> struct Field {
    const char *name;
    T Struct::*member;
    const char *description = nullptr;
    remit_range bounds = {};
    const char *default_json = nullptr;

    /// The least and the most: of a number its value, of a text its characters, of a vector its items.
    constexpr Field range(std::int64_t least, std::int64_t most) const {
        Field it = *this;
        it.bounds = {true, true, least, most};
        return it;
    }
    constexpr Field at_least(std::int64_t least) const {
        Field it = *this;
        it.bounds = {true, false, least, 0};
        return it;
    }
    /// It may be left out of an input: then it keeps what the struct says, which is `json`.
    constexpr Field otherwise(const char *json) const {
        Field it = *this;
        it.default_json = json;
        return it;
    }
};

template <class Struct, class T>
constexpr Field<Struct, T> field(const char *name, T Struct::*member, const char *description = nullptr) {
    return {name, member, description};
}

/// `static constexpr auto fields = remit::fields(remit::field("text", &Input::text, "The text"), …);`
template <class... Fields> constexpr auto fields(Fields... all) { return std::tuple<Fields...>(all...); }

namespace detail {

enum class Way { in, out };

template <class T> struct is_optional : std::false_type {};
template <class T> struct is_optional<std::optional<T>> : std::true_type {
    using inner = T;
};
template <class T> struct is_vector : std::false_type {};
template <class T> struct is_vector<std::vector<T>> : std::true_type {
    using inner = T;
};
template <class T> constexpr bool is_text = std::same_as<T, std::string> || std::same_as<T, std::string_view>;
template <class T>
concept Object = requires { T::fields; };

template <class T, Way way> constexpr auto make_table();
template <class T, Way way> inline constexpr auto table = make_table<T, way>();
template <class T, Way way> constexpr remit_field describe();
template <class T, Way way> inline constexpr remit_field item = describe<T, way>();

template <class T, Way way> constexpr remit_field describe() {
    remit_field it = {};
    if constexpr (is_optional<T>::value) {
        it = describe<typename is_optional<T>::inner, way>();
        it.nullable = true;
        it.optional = way == Way::in;
    } else if constexpr (std::same_as<T, bool>) {
        it.type = REMIT_BOOLEAN;
    } else if constexpr (std::integral<T>) {
        it.type = REMIT_INTEGER;
        if (std::unsigned_integral<T>) it.range = {true, false, 0, 0};
        // What does not fit would be cut.
        using limits = std::numeric_limits<T>;
        if constexpr (way == Way::in && sizeof(T) < 8) it.range = {true, true, limits::min(), limits::max()};
    } else if constexpr (std::floating_point<T>) {
        it.type = REMIT_NUMBER;
    } else if constexpr (is_text<T>) {
        it.type = REMIT_STRING;
    } else if constexpr (is_vector<T>::value) {
        it.type = REMIT_ARRAY;
        it.items = &item<typename is_vector<T>::inner, way>;
    } else {
        static_assert(Object<T>, "this type has no JSON Schema: give it `static constexpr auto fields`");
        it.type = REMIT_OBJECT;
        it.fields = table<T, way>.data();
    }
    return it;
}

template <Way way, class Struct, class T> constexpr remit_field describe_field(const Field<Struct, T> &from) {
    remit_field it = describe<T, way>();
    it.name = from.name;
    it.description = from.description;
    if (from.bounds.has_least) it.range.has_least = true, it.range.least = from.bounds.least;
    if (from.bounds.has_most) it.range.has_most = true, it.range.most = from.bounds.most;
    if (way == Way::in && from.default_json) {
        it.default_json = from.default_json;
        it.optional = true;
    }
    return it;
}

template <class T, Way way> constexpr auto make_table() {
    return std::apply(
        [](const auto &...each) {
            return std::array<remit_field, sizeof...(each) + 1>{describe_field<way>(each)..., remit_field{}};
        },
        T::fields);
}

/// A value that has been checked. What is not there leaves `to` as it is.
template <class T> void decode(yyjson_val *from, T &to) {
    if (!from) return;
    if constexpr (is_optional<T>::value) {
        if (yyjson_is_null(from)) return;
        decode(from, to.emplace());
    } else if constexpr (std::same_as<T, bool>) {
        to = yyjson_get_bool(from);
    } else if constexpr (std::integral<T>) {
        to = static_cast<T>(yyjson_get_sint(from));
    } else if constexpr (std::floating_point<T>) {
        to = static_cast<T>(yyjson_get_num(from));
    } else if constexpr (is_text<T>) {
        to = T(yyjson_get_str(from), yyjson_get_len(from));
    } else if constexpr (is_vector<T>::value) {
        std::size_t index, count;
        yyjson_val *one;
        to.reserve(yyjson_arr_size(from));
        yyjson_arr_foreach(from, index, count, one) decode(one, to.emplace_back());
    } else {
        std::apply([&](const auto &...each) { (decode(yyjson_obj_get(from, each.name), to.*each.member), ...); },
                   T::fields);
    }
}

template <class T> void encode_fields(yyjson_mut_doc *document, yyjson_mut_val *to, const T &from);

template <class T> yyjson_mut_val *encode(yyjson_mut_doc *document, const T &from) {
    if constexpr (is_optional<T>::value) {
        return from ? encode(document, *from) : yyjson_mut_null(document);
    } else if constexpr (std::same_as<T, bool>) {
        return yyjson_mut_bool(document, from);
    } else if constexpr (std::unsigned_integral<T>) {
        return yyjson_mut_uint(document, from);
    } else if constexpr (std::integral<T>) {
        return yyjson_mut_sint(document, from);
    } else if constexpr (std::floating_point<T>) {
        return yyjson_mut_real(document, static_cast<double>(from));
    } else if constexpr (is_text<T>) {
        return yyjson_mut_strncpy(document, from.data() ? from.data() : "", from.size());
    } else if constexpr (is_vector<T>::value) {
        yyjson_mut_val *list = yyjson_mut_arr(document);
        for (const auto &one : from) yyjson_mut_arr_add_val(list, encode(document, one));
        return list;
    } else {
        yyjson_mut_val *object = yyjson_mut_obj(document);
        encode_fields(document, object, from);
        return object;
    }
}

template <class T> void encode_fields(yyjson_mut_doc *document, yyjson_mut_val *to, const T &from) {
    std::apply(
        [&](const auto &...each) {
            (yyjson_mut_obj_add_val(document, to, each.name, encode(document, from.*each.member)), ...);
        },
        T::fields);
}

template <class F> struct Signature {
    static_assert(!sizeof(F), "an operation is a function `remit::Result<Output> (const Input &)`");
};
template <class Out, class In> struct Signature<Result<Out> (*)(In)> {
    using Input = std::remove_cvref_t<In>;
    using Output = Out;
};

template <auto function> remit_fault run(yyjson_val *input, yyjson_mut_doc *document, yyjson_mut_val *output) {
    typename Signature<decltype(function)>::Input in{};
    decode(input, in);
    auto result = function(in);
    if (!result) return remit_fail(result.fault().kind, "%s", result.fault().message.c_str());
    encode_fields(document, output, *result);
    return remit_done();
}

template <auto function>
constexpr remit_operation make(const char *name, const char *summary, remit_effect effect, bool idempotent) {
    using It = Signature<decltype(function)>;
    return {name,
            summary,
            table<typename It::Input, Way::in>.data(),
            table<typename It::Output, Way::out>.data(),
            run<function>,
            effect,
            idempotent};
}

template <class T, std::size_t size> constexpr auto ended(const T (&all)[size]) {
    std::array<T, size + 1> table = {};
    for (std::size_t at = 0; at < size; at++) table[at] = all[at];
    return table;
}

} // namespace detail

// ---- operations ----

/// An operation that changes nothing. `function` is a `remit::Result<Output> (const Input &)`.
template <auto function> constexpr remit_operation read(const char *name, const char *summary) {
    return detail::make<function>(name, summary, REMIT_READ, true);
}
/// An operation that adds or changes something that can be undone by hand.
template <auto function>
constexpr remit_operation write(const char *name, const char *summary, bool idempotent = false) {
    return detail::make<function>(name, summary, REMIT_WRITE, idempotent);
}
/// An operation that removes or sends something for good.
template <auto function>
constexpr remit_operation destructive(const char *name, const char *summary, bool idempotent = false) {
    return detail::make<function>(name, summary, REMIT_DESTRUCTIVE, idempotent);
}

template <std::size_t size> constexpr auto operations(const remit_operation (&all)[size]) { return detail::ended(all); }
template <std::size_t size> constexpr auto needs(const remit_need (&all)[size]) { return detail::ended(all); }

// ---- the world, as far as the skill grants it ----

/// The value that the skill configures under `key`.
inline std::optional<std::string_view> config(const char *key) {
    remit_text value = remit_config(key);
    if (!value.data) return std::nullopt;
    return detail::view(value);
}

inline void log(remit_level level, const std::string &line) { remit_log(level, "%s", line.c_str()); }

namespace files {

/// Reads a whole file of at most `limit` bytes. They last as long as the call.
inline Result<std::string_view> read(std::string_view path, std::size_t limit) {
    remit_text bytes;
    remit_fault fault = remit_read_file(std::string(path).c_str(), limit, &bytes);
    if (fault.kind) return detail::fault_of(fault);
    return detail::view(bytes);
}

/// Writes a whole file. Readers see the old one or the new one, never a half.
inline Done write(std::string_view path, std::string_view bytes) {
    remit_fault fault = remit_write_file(std::string(path).c_str(), bytes.data(), bytes.size());
    if (fault.kind) return detail::fault_of(fault);
    return std::monostate{};
}

struct Entry {
    std::string_view name;
    remit_kind kind;
};

/// The entries of a folder, by name.
inline Result<std::vector<Entry>> list(std::string_view path) {
    remit_entry *all;
    std::size_t count;
    remit_fault fault = remit_list_folder(std::string(path).c_str(), &all, &count);
    if (fault.kind) return detail::fault_of(fault);
    std::vector<Entry> entries;
    for (std::size_t at = 0; at < count; at++) entries.push_back({all[at].name, all[at].kind});
    return entries;
}

} // namespace files

namespace http {

struct Request {
    std::string method = "GET";
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string_view body = {};
    std::size_t max_body = 8 << 20;
};

struct Response {
    unsigned status;
    /// Names in lower case.
    std::vector<std::pair<std::string_view, std::string_view>> headers;
    std::string_view body;

    std::optional<std::string_view> header(std::string_view name) const {
        for (const auto &[key, value] : headers) {
            if (key == name) return value;
        }
        return std::nullopt;
    }
};

/// Sends a request and waits for the whole answer, whatever its status.
inline Result<Response> send(const Request &it) {
    std::vector<remit_header> headers;
    for (const auto &[name, value] : it.headers) headers.push_back({name.c_str(), value.c_str()});
    remit_request request = {it.method.c_str(), it.url.c_str(), headers.data(), headers.size(),
                             it.body.data(),    it.body.size(), it.max_body};
    remit_response answer;
    remit_fault fault = remit_send(&request, &answer);
    if (fault.kind) return detail::fault_of(fault);
    Response response = {answer.status, {}, detail::view(answer.body)};
    for (std::size_t at = 0; at < answer.header_count; at++) {
        response.headers.emplace_back(answer.headers[at].name, answer.headers[at].value);
    }
    return response;
}

inline Result<Response> get(std::string_view url) { return send({.url = std::string(url)}); }

} // namespace http
} // namespace remit
