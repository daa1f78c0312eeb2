// Does one of each thing that the SDK offers: tests/it/native_sdks.rs calls it.
#include <remit.hpp>

struct Input {
    std::string_view base;

    static constexpr auto fields = remit::fields(remit::field("base", &Input::base));
};

struct Output {
    std::string_view file;
    std::string names;
    unsigned status = 0;
    std::string_view got, posted, mark;
    bool too_large = false, late = false;

    static constexpr auto fields = remit::fields(
        remit::field("file", &Output::file), remit::field("names", &Output::names),
        remit::field("status", &Output::status), remit::field("got", &Output::got),
        remit::field("posted", &Output::posted), remit::field("mark", &Output::mark),
        remit::field("too_large", &Output::too_large), remit::field("late", &Output::late));
};

static remit::Result<Output> world(const Input &input) {
    auto folder = remit::config("folder");
    if (!folder) return remit::internal("no folder is configured");
    Output output;
    std::string path = std::string(*folder) + "/out.txt", base(input.base);
    for (std::string_view text : {"first", "second"}) {
        auto written = remit::files::write(path, text);
        if (!written) return written.fault();
    }
    auto back = remit::files::read(path, 100);
    if (!back) return back.fault();
    output.file = *back;
    auto entries = remit::files::list(*folder);
    if (!entries) return entries.fault();
    for (const auto &entry : *entries) {
        output.names += std::string(entry.name) + (entry.kind == REMIT_FOLDER ? "/ " : " ");
    }
    auto got = remit::http::get(base + "/get?x=1");
    if (!got) return got.fault();
    output.status = got->status;
    output.got = got->body;
    output.mark = got->header("x-mark").value_or("none");
    std::string body(20000, 'b');
    auto posted = remit::http::send({.method = "POST", .url = base + "/post", .body = body});
    if (!posted) return posted.fault();
    output.posted = posted->body;
    auto large = remit::http::send({.url = base + "/large", .max_body = 10});
    output.too_large = !large && large.fault().kind == REMIT_UNAVAILABLE;
    if (!large) remit::log(REMIT_WARN, large.fault().message);
    output.late = remit_now() > 1700000000000;
    return output;
}

static constexpr auto operations = remit::operations({remit::read<world>("world", "Does one of each")});
const remit_plugin plugin = {"world", "0.1.0", "For tests", nullptr, operations.data()};
