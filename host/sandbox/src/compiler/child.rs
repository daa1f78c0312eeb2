//! The child: takes on its limits, reads a component, answers with its code.

use super::{COMPILED, MAX_MESSAGE, REFUSED, UNCONFINED, confine};
use crate::engine;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::process::ExitCode;

/// What the parent says on the command line.
struct Told {
    /// Bytes.
    memory: u64,
    /// Seconds of processor time.
    seconds: u64,
    /// How many bytes the component has.
    length: usize,
}

/// Compiles what comes from stdin to stdout.
pub(super) fn run(mut args: impl Iterator<Item = OsString>) -> ExitCode {
    let mut number = || args.next()?.into_string().ok()?.parse::<u64>().ok();
    let told = (|| {
        Some(Told {
            memory: number()?,
            seconds: number()?,
            length: usize::try_from(number()?).ok()?,
        })
    })();
    let Some(told) = told else {
        eprintln!("this is for Remit's own use: it compiles a component for its parent");
        return ExitCode::from(2);
    };
    // In lists of processes it would be called `exe`. That is no reason to fail.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::set_name(c"remit-compiler");
    // All that needs the system is made before the first byte is read; then nothing can be opened any more.
    let ready = confine::limit(told.memory, told.seconds)
        .map_err(|error| format!("its limits cannot be set: {error}"))
        .and_then(|()| engine::for_compiling().map_err(|error| error.to_string()))
        .and_then(|engine| {
            confine::close_off()
                .map(|()| engine)
                .map_err(|error| format!("it cannot be closed off: {error}"))
        });
    let engine = match ready {
        Ok(engine) => engine,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(UNCONFINED);
        }
    };
    let mut component = vec![0; told.length];
    if io::stdin().read_exact(&mut component).is_err() {
        // The parent has given up.
        return ExitCode::FAILURE;
    }
    if let Err(error) = end_with_parent() {
        eprintln!("it cannot watch its parent: {error}");
        return ExitCode::from(UNCONFINED);
    }
    let answered = match engine.precompile_component(&component) {
        Ok(code) => answer(COMPILED, &code),
        Err(error) => {
            let text = format!("{error:#}");
            let cut = text.floor_char_boundary(MAX_MESSAGE);
            answer(REFUSED, text.get(..cut).unwrap_or_default().as_bytes())
        }
    };
    match answered {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Ends this process when the parent is gone: its end of our stdin closes with it, however it ended.
fn end_with_parent() -> io::Result<()> {
    let watch = || {
        let mut byte = [0];
        // Nothing more is sent, so whatever this ends with is the end.
        let _ = io::stdin().read(&mut byte);
        std::process::exit(1);
    };
    std::thread::Builder::new()
        .name("remit-parent".to_owned())
        .stack_size(64 << 10)
        .spawn(watch)
        .map(drop)
}

fn answer(kind: u8, bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    stdout.write_all(&[kind])?;
    stdout.write_all(&length.to_le_bytes())?;
    stdout.write_all(bytes)?;
    stdout.flush()
}
