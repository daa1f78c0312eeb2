//! What is no plugin is refused, clearly.

use crate::support::{Remit, plugin};

fn refused(remit: &Remit, path: &str) -> String {
    for command in [vec!["show", path], vec!["call", path, "x"]] {
        let out = remit.run(&command);
        assert!(
            matches!(out.status, 2 | 4),
            "{command:?} exits {}\n{}{}",
            out.status,
            out.stdout,
            out.stderr
        );
        assert!(out.stderr.starts_with("error["), "{}", out.stderr);
        assert!(!out.stderr.contains("internal"), "{}", out.stderr);
    }
    remit.run(&["call", path, "x"]).stderr
}

#[test]
fn what_is_no_component_is_refused_by_what_it_is() {
    let remit = Remit::new();
    let elf = std::fs::read(env!("CARGO_BIN_EXE_remit")).unwrap();
    let component = std::fs::read(plugin("mail")).unwrap();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("empty.wasm", vec![]),
        ("text.wasm", b"(module)".to_vec()),
        (
            "random.wasm",
            (0..4096_u32)
                .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
                .collect(),
        ),
        (
            "module.wasm",
            wat::parse_str("(module (func (export \"x\")))").unwrap(),
        ),
        ("elf.wasm", elf[..elf.len().min(1 << 20)].to_vec()),
        ("cut.wasm", component[..component.len() / 2].to_vec()),
        ("nothing.wasm", wat::parse_str("(component)").unwrap()),
    ];
    for (name, bytes) in cases {
        let path = remit.write(name, bytes);
        refused(&remit, path.to_str().unwrap());
    }
    std::fs::create_dir(remit.path().join("folder.wasm")).unwrap();
    assert_eq!(remit.run(&["call", "folder.wasm", "x"]).status, 2);
    assert_eq!(remit.run(&["call", "absent.wasm", "x"]).status, 2);
    let device = remit.run(&["call", "/dev/zero", "x"]);
    assert_eq!(device.status, 2, "{}", device.stderr);
}

#[test]
fn compiled_code_is_never_loaded_as_a_component() {
    let remit = Remit::with_own_cache();
    let mail = plugin("mail");
    remit.run(&["show", mail.to_str().unwrap()]).exits(0);
    remit.run(&["call", mail.to_str().unwrap(), "list_folders"]);
    let mut folders = vec![remit.cache()];
    let mut compiled = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::metadata(&path).unwrap().len() > 10_000 {
                compiled.push(path);
            }
        }
    }
    assert!(
        !compiled.is_empty(),
        "a call leaves compiled code in the cache"
    );
    for path in compiled {
        let renamed = remit.path().join("compiled.wasm");
        std::fs::copy(path, &renamed).unwrap();
        refused(&remit, renamed.to_str().unwrap());
    }
}

#[test]
fn an_unknown_import_is_refused_by_name() {
    let remit = Remit::new();
    let bytes =
        wat::parse_str(r#"(component (import "evil:kernel/ring0@1.0.0" (instance)))"#).unwrap();
    let path = remit.write("ring0.wasm", bytes);
    assert!(refused(&remit, path.to_str().unwrap()).contains("evil:kernel/ring0"));
}

#[test]
fn changed_compiled_code_is_not_used() {
    let remit = Remit::with_own_cache();
    let evil = crate::support::evil();
    let args = [
        "call",
        evil.to_str().unwrap(),
        "do",
        "--input",
        r#"{"op":"echo","value":1}"#,
    ];
    remit.run(&args).exits(0);
    let mut folders = vec![remit.cache()];
    let mut changed = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::metadata(&path).unwrap().len() > 10_000 {
                let mut bytes = std::fs::read(&path).unwrap();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                std::fs::write(&path, bytes).unwrap();
                changed += 1;
            }
        }
    }
    assert!(changed > 0);
    remit.run(&args).exits(0);
}
