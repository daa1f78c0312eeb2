//! Work that may nest as deep as a stranger likes, on a stack that is larger than that.

/// Reserved, and used only as far as something nests. A template holds at most 128 KiB of code, of which each level of
/// nesting takes several bytes, and 25 macros call each other at most: some 350,000 levels of at most 700 bytes.
const STACK: usize = 256 << 20;

/// Does the work on a thread of its own and waits for it. An overflow of the stack would end the whole program.
///
/// # Errors
/// If there is no thread to be had.
pub(crate) fn on_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, work)
            .map_err(|e| format!("no thread to do it on: {e}"))?;
        thread
            .join()
            .map_err(|_| "it ended in a bug of Remit's own".to_owned())
    })
}
