//! The helper libraries: the page of each README is compiled, called and tested, and what C, C++ and Zig reach is what is
//! granted.

use crate::support::root;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn run(program: &Path, folder: &Path, args: &[&str]) -> String {
    let output = Command::new(program)
        .args(args)
        .current_dir(folder)
        .env("REMIT_HOME", root().join(".tools/workshop/home"))
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|e| {
            panic!(
                "{} cannot be run ({e}): run scripts/setup",
                program.display()
            )
        });
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        output.status.success(),
        "{} {args:?}\n{stdout}{stderr}",
        program.display()
    );
    stdout.into_owned()
}

/// A new project with one source of its own in place of all others.
fn project(language: &str, name: &str, source: &str, text: &str) -> PathBuf {
    let remit = Path::new(env!("CARGO_BIN_EXE_remit"));
    let folder = root().join(".tools/workshop/sdks").join(language);
    let project = folder.join(name);
    if project.exists() {
        std::fs::remove_dir_all(&project).unwrap();
    }
    std::fs::create_dir_all(&folder).unwrap();
    run(remit, &folder, &["new", name, "--lang", language]);
    for folder in ["src", "test", "tests"] {
        let folder = project.join(folder);
        if folder.exists() {
            std::fs::remove_dir_all(folder).unwrap();
        }
    }
    for entry in std::fs::read_dir(&project).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "go") {
            std::fs::remove_file(path).unwrap();
        }
    }
    let source = project.join(source);
    std::fs::create_dir_all(source.parent().unwrap()).unwrap();
    std::fs::write(source, text).unwrap();
    let cases = project.join("remit-test.toml");
    if cases.exists() {
        std::fs::remove_file(cases).unwrap();
    }
    run(remit, &project, &["build"]);
    project
}

/// The page of a README, as the source of a new project, built and called.
fn page_works(language: &str, readme: &str, source: &str) {
    let due = serde_json::json!({"words": 6});
    page_gives(language, "count", readme, source, &due);
}

fn page_gives(language: &str, name: &str, readme: &str, source: &str, due: &serde_json::Value) {
    let remit = Path::new(env!("CARGO_BIN_EXE_remit"));
    let text = std::fs::read_to_string(root().join(readme)).unwrap();
    let (_, rest) = text
        .split_once(&format!("\n```{language}\n"))
        .expect("the page");
    let (page, _) = rest.split_once("\n```\n").unwrap();
    let project = project(language, name, source, page);
    std::fs::create_dir(project.join("notes")).unwrap();
    std::fs::write(project.join("notes/todo.md"), "to be\nor  not\tto be\n").unwrap();

    let output = run(
        remit,
        &project,
        &[
            "call",
            &format!("build/{name}.wasm"),
            "count",
            "--input",
            r#"{"path": "/notes/todo.md"}"#,
            "--allow",
            "files read ./notes /notes",
        ],
    );
    let output: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!(&output, due);
    run(remit, &project, &["test"]);
}

/// Answers six requests on the loopback: what was asked, and how much was sent.
fn server() -> u16 {
    use std::io::{BufRead, BufReader, Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().take(6) {
            let mut reader = BufReader::new(stream.unwrap());
            let mut head = Vec::new();
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if line.trim().is_empty() {
                    break;
                }
                head.push(line.trim().to_ascii_lowercase());
            }
            let mut sent = 0;
            if head.iter().any(|it| it == "transfer-encoding: chunked") {
                loop {
                    let mut size = String::new();
                    reader.read_line(&mut size).unwrap();
                    let size = usize::from_str_radix(size.trim(), 16).unwrap();
                    let mut chunk = vec![0; size + 2];
                    reader.read_exact(&mut chunk).unwrap();
                    sent += size;
                    if size == 0 {
                        break;
                    }
                }
            } else if let Some(length) = head
                .iter()
                .find_map(|it| it.strip_prefix("content-length: "))
            {
                sent = length.parse().unwrap();
                reader.read_exact(&mut vec![0; sent]).unwrap();
            }
            let body = format!("{} {sent}", head[0].trim_end_matches(" http/1.1"));
            write!(
                reader.get_mut(),
                "HTTP/1.1 200 OK\r\nX-Mark: yes\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
        }
    });
    port
}

/// Files, http, configuration, log and clock, with their grants, and the twin without them.
fn world_works(language: &str, ending: &str) {
    let text = std::fs::read_to_string(root().join(format!("tests/data/sdk/world.{ending}")));
    let project = project(
        language,
        "world",
        &format!("src/plugin.{ending}"),
        &text.unwrap(),
    );
    std::fs::create_dir_all(project.join("notes/inner")).unwrap();
    let remit = Path::new(env!("CARGO_BIN_EXE_remit"));
    let base = format!("http://127.0.0.1:{}", server());
    let input = format!(r#"{{"base": "{base}"}}"#);
    let http = format!("http GET,POST {base}/**");
    let output = run(
        remit,
        &project,
        &[
            "call",
            "build/world.wasm",
            "world",
            "--input",
            &input,
            "--json",
            "--allow",
            "files write ./notes /notes",
            "--allow",
            "config folder=/notes",
            "--allow",
            &http,
        ],
    );
    let output: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!(
        output["output"],
        serde_json::json!({"file": "second", "names": "inner/ out.txt ", "status": 200,
            "got": "get /get?x=1 0", "posted": "post /post 20000", "mark": "yes",
            "too_large": true, "late": true}),
        "{language}"
    );
    let line = output["log"][0]["line"].as_str().unwrap();
    assert!(
        line.ends_with("the answer is larger than 10 bytes"),
        "{line}"
    );
    assert_eq!(
        std::fs::read_to_string(project.join("notes/out.txt")).unwrap(),
        "second"
    );

    // The twins lack one grant each.
    for lacks in [
        ["files read ./notes /notes", http.as_str()],
        [
            "files write ./notes /notes",
            "http GET http://127.0.0.1:1/**",
        ],
    ] {
        let denied = Command::new(remit)
            .args(["call", "build/world.wasm", "world", "--input", &input])
            .args(["--allow", "config folder=/notes"])
            .args(["--allow", lacks[0], "--allow", lacks[1]])
            .current_dir(&project)
            .env("REMIT_HOME", root().join(".tools/workshop/home"))
            .output()
            .unwrap();
        assert_eq!(denied.status.code(), Some(3), "{language} {lacks:?}");
    }
}

#[test]
fn what_c_reaches_is_what_is_granted() {
    world_works("c", "c");
}

#[test]
fn what_cpp_reaches_is_what_is_granted() {
    world_works("cpp", "cpp");
}

#[test]
fn what_zig_reaches_is_what_is_granted() {
    world_works("zig", "zig");
}

#[test]
fn the_page_of_c_works() {
    page_works("c", "plugins-src/sdk/c/README.md", "src/plugin.c");
}

#[test]
fn the_page_of_cpp_works() {
    page_works("cpp", "plugins-src/sdk/c/README.md", "src/plugin.cpp");
}

#[test]
fn the_page_of_typescript_works() {
    page_works("ts", "plugins-src/sdk/ts/README.md", "src/plugin.ts");
}

#[test]
fn the_page_of_javascript_works() {
    page_works("js", "plugins-src/sdk/ts/README.md", "src/plugin.js");
}

#[test]
fn the_page_of_python_works() {
    let words = [("be", 2), ("to", 2), ("not", 1), ("or", 1)];
    let due = words.map(|(word, count)| serde_json::json!({"word": word, "count": count}));
    page_gives(
        "python",
        "notes",
        "plugins-src/sdk/python/README.md",
        "src/plugin.py",
        &due.into(),
    );
}

#[test]
fn the_page_of_go_works() {
    page_works("go", "plugins-src/sdk/go/README.md", "main.go");
}

#[test]
fn the_page_of_zig_works() {
    page_works("zig", "plugins-src/sdk/zig/README.md", "src/plugin.zig");
}
