//! What serving costs: a call over stdin and stdout against an rmcp server whose one tool does nothing, and the same
//! without the sandbox and its records; `tools/list` for a hundred skills. Both servers are this program started again, so
//! both were built alike, and one client asks them in turn.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a benchmark, not a library"
)]

use criterion::Criterion;
use remit_mcp::{ServeOptions, Server, serve_stdio};
use remit_package::Dirs;
use remit_run::{Host, HostOptions};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Which server this program is when it is started again.
const ROLE: &str = "REMIT_BENCH_ROLE";

/// The floor: one tool that gives back what it is given.
struct Nothing;

impl ServerHandler for Nothing {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let schema = json!({"type": "object"}).as_object().cloned().unwrap();
        let tool = Tool::new("echo_echo", "Does nothing", Arc::new(schema));
        Ok(ListToolsResult::with_all_items(vec![tool]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let value = Value::Object(request.arguments.unwrap_or_default());
        let mut result = CallToolResult::success(vec![ContentBlock::text(value.to_string())]);
        result.structured_content = Some(value);
        Ok(result.into())
    }
}

fn serve_nothing() {
    runtime().block_on(async {
        let running = Nothing
            .serve((tokio::io::stdin(), tokio::io::stdout()))
            .await
            .unwrap();
        let _ = running.waiting().await;
    });
}

fn serve_remit(home: &Path) {
    let dirs = Dirs::under(&home.join("remit"));
    let options = ServeOptions {
        skills: Vec::new(),
        open: std::env::var_os("REMIT_BENCH_OPEN").is_some(),
        runs: Some(home.join("runs")),
        max_result: ServeOptions::MAX_RESULT,
    };
    std::env::set_current_dir(home).unwrap();
    let host = move || {
        Host::open(HostOptions {
            dirs: Some(dirs),
            ..HostOptions::default()
        })
        .map(Arc::new)
    };
    let server = Server::new(host, options).unwrap();
    runtime()
        .block_on(serve_stdio(server, std::future::pending()))
        .unwrap();
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// A client of the old era that waits for each answer.
struct Client {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    id: u64,
}

impl Client {
    fn of(role: &str, home: &Path, open: bool) -> Client {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env(ROLE, role).arg(home);
        if open {
            command.env("REMIT_BENCH_OPEN", "1");
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut client = Client {
            stdin: child.stdin.take().unwrap(),
            stdout: BufReader::new(child.stdout.take().unwrap()),
            child,
            id: 0,
        };
        client.ask(
            "initialize",
            &json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}),
        );
        writeln!(
            client.stdin,
            r#"{{"jsonrpc":"2.0","method":"notifications/initialized"}}"#
        )
        .unwrap();
        client
    }

    fn ask(&mut self, method: &str, params: &Value) -> String {
        self.id += 1;
        let id = self.id;
        let message =
            format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#);
        writeln!(self.stdin, "{message}").unwrap();
        let mut line = String::new();
        loop {
            line.clear();
            assert!(
                self.stdout.read_line(&mut line).unwrap() > 0,
                "the server ended"
            );
            if line.contains(&format!("\"id\":{id},")) || line.contains(&format!("\"id\":{id}}}")) {
                return line;
            }
        }
    }

    fn call(&mut self, tool: &str, arguments: &Value) -> String {
        let answer = self.ask("tools/call", &json!({"name": tool, "arguments": arguments}));
        assert!(
            answer.contains("\"content\"") && !answer.contains("\"isError\":true"),
            "{answer}"
        );
        answer
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The smallest plugin: it gives back its input, and describes itself.
fn echo() -> Vec<u8> {
    let texts = [
        ("echo", 256),
        ("0.1.0", 264),
        ("returns its input", 272),
        (r#"{"type":"object"}"#, 300),
        ("{}", 320),
    ];
    let text = |n: usize| [texts[n].1, u32::try_from(texts[n].0.len()).unwrap()];
    let none = [0, 0];
    let words = [
        text(0),
        text(1),
        text(2),
        [104, 1],
        none,
        text(0),
        text(2),
        text(3),
        text(4),
        none,
    ];
    let bytes = words
        .as_flattened()
        .iter()
        .flat_map(|word| word.to_le_bytes());
    let hex: String = bytes.map(|byte| format!("\\{byte:02x}")).collect();
    let mut data = format!("(data (i32.const 64) \"{hex}\")");
    for (text, at) in texts {
        data.push_str(&format!("(data (i32.const {at}) {text:?})"));
    }
    let wat = include_str!("../../sandbox/tests/calls/plugin.wat")
        .replace("IMPORTS", "")
        .replace("HEAD", &format!(r#"(memory (export "memory") 1) {data}"#))
        .replace("INSTANCE", "(core instance $i (instantiate $m))")
        .replace(
            "BODY",
            r#"(func (export "invoke") (param i32 i32 i32 i32) (result i32)
                (call $answer (local.get 2) (local.get 3)))"#,
        );
    wat::parse_str(wat).unwrap()
}

/// A workspace with so many skills of one plugin each.
fn workspace(skills: usize) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("echo.wasm"), echo()).unwrap();
    for number in 0..skills {
        let name = format!("skill-{number:03}");
        let folder = home.path().join("skills").join(&name);
        std::fs::create_dir_all(&folder).unwrap();
        let doc = format!(
            "---\nname: {name}\ndescription: Gives back what it is given, number {number}. Use it in benches.\n---\n\nEcho.\n"
        );
        std::fs::write(folder.join("SKILL.md"), doc).unwrap();
        std::fs::write(
            folder.join("skill.toml"),
            "version = \"0.1.0\"\n[plugins.echo]\ncomponent = \"../../echo.wasm\"\noperations = [\"echo\"]\n\n\
             [[steps]]\nid = \"one\"\ncall = \"echo.echo\"\n",
        )
        .unwrap();
    }
    home
}

/// The medians of both, in turn, so that a machine that gets slower does so for both.
fn compare(rounds: usize, mut floor: impl FnMut(), mut ours: impl FnMut()) -> (Duration, Duration) {
    let time = |work: &mut dyn FnMut()| {
        let begun = Instant::now();
        work();
        begun.elapsed()
    };
    let (mut a, mut b): (Vec<_>, Vec<_>) = (0..rounds)
        .map(|_| (time(&mut floor), time(&mut ours)))
        .unzip();
    a.sort();
    b.sort();
    (a[rounds / 2], b[rounds / 2])
}

fn print_ratio(what: &str, floor: Duration, ours: Duration, aim: &str) {
    let ratio = ours.as_secs_f64() / floor.as_secs_f64();
    println!("serve: {what}: floor {floor:.2?}, ours {ours:.2?}, ratio {ratio:.2} ({aim})");
}

fn calls(c: &mut Criterion, rounds: usize) {
    let home = workspace(1);
    let mut floor = Client::of("nothing", home.path(), false);
    let mut ours = Client::of("remit", home.path(), true);
    let text = json!({"text": "x".repeat(1000)});
    for _ in 0..20 {
        floor.call("echo_echo", &text);
        ours.call("echo_echo", &text);
    }
    let mut group = c.benchmark_group("serve");
    group.bench_function("floor", |b| b.iter(|| floor.call("echo_echo", &text)));
    group.bench_function("call", |b| b.iter(|| ours.call("echo_echo", &text)));
    group.bench_function("ping", |b| b.iter(|| ours.ask("ping", &json!({}))));
    group.finish();
    let (nothing, call) = compare(
        rounds,
        || drop(floor.call("echo_echo", &text)),
        || drop(ours.call("echo_echo", &text)),
    );
    print_ratio(
        "a warm call of 1 KiB over stdio",
        nothing,
        call,
        "aim: at most 1.5",
    );
    // Remit's own tool: all of the protocol, no sandbox, no record of a call.
    let (nothing, own) = compare(
        rounds,
        || drop(floor.call("echo_echo", &text)),
        || drop(ours.call("procedure_next", &json!({}))),
    );
    print_ratio("a tool of Remit's own", nothing, own, "no sandbox");
    let (nothing, ping) = compare(
        rounds,
        || drop(floor.ask("ping", &json!({}))),
        || drop(ours.ask("ping", &json!({}))),
    );
    print_ratio("a ping", nothing, ping, "the transport alone");
    in_process(home.path(), rounds, nothing);
}

/// The same call without the protocol: what the sandbox, the log and the session take of it.
fn in_process(home: &Path, rounds: usize, ping: Duration) {
    use remit_run::{Agent, SessionOptions};
    let runtime = runtime();
    let host = Arc::new(
        Host::open(HostOptions {
            dirs: Some(Dirs::under(&home.join("remit"))),
            ..HostOptions::default()
        })
        .unwrap(),
    );
    let skill = home.join("skills/skill-000");
    let session = runtime.block_on(async {
        let open = Arc::new(host.open_skill(&skill).await.unwrap());
        let options = SessionOptions {
            inputs: Default::default(),
            runs: Some(home.join("runs")),
            agent: Agent {
                client: "bench".to_owned(),
                version: "1".to_owned(),
                session: "bench".to_owned(),
                transport: "stdio",
                protocol: "2025-11-25".to_owned(),
            },
        };
        host.begin(open, options).await.unwrap()
    });
    let text = json!({"text": "x".repeat(1000)});
    let once = || {
        let call = runtime.block_on(session.call("echo", "echo", &text, None, None));
        assert!(call.result.is_ok());
    };
    let (_, call) = compare(rounds, || (), once);
    print_ratio(
        "the call alone, in the process",
        ping,
        call,
        "against a ping: what is not the protocol's",
    );
}

fn lists(rounds: usize) {
    let home = workspace(100);
    let mut closed = Client::of("remit", home.path(), false);
    let begun = Instant::now();
    closed.ask("tools/list", &json!({}));
    println!(
        "serve: the first tools/list of 100 skills: {:.2?}",
        begun.elapsed()
    );
    let (_, list) = compare(rounds, || (), || drop(closed.ask("tools/list", &json!({}))));
    println!("serve: tools/list of 100 skills, none open: {list:.2?} (aim: less than 10 ms)");
    let mut open = Client::of("remit", home.path(), true);
    let begun = Instant::now();
    open.ask("tools/list", &json!({}));
    println!(
        "serve: the first tools/list of 100 skills, all open: {:.2?}",
        begun.elapsed()
    );
    let (_, list) = compare(rounds, || (), || drop(open.ask("tools/list", &json!({}))));
    println!(
        "serve: tools/list of 100 skills, all open, a page of 100: {list:.2?} (aim: less than 10 ms)"
    );
}

fn main() {
    let role = std::env::var(ROLE).unwrap_or_default();
    if role == "nothing" {
        return serve_nothing();
    }
    if role == "remit" {
        let home = std::env::args().nth(1).unwrap();
        return serve_remit(Path::new(&home));
    }
    // `cargo test --benches` only asks whether it runs.
    let rounds = if std::env::args().any(|it| it == "--bench") {
        2_000
    } else {
        5
    };
    let mut criterion = Criterion::default()
        .sample_size(20)
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    calls(&mut criterion, rounds);
    lists(rounds.min(200));
    criterion.final_summary();
}
