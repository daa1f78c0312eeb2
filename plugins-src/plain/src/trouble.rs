//! Ways to fail.

use crate::Plain;
use crate::bindings::exports::acme::plain::trouble::{Guest, Problem, Wide};
use crate::bindings::wasi::clocks::monotonic_clock;
use std::hint::black_box;

impl Guest for Plain {
    fn fail(how: Problem) -> Result<String, Problem> {
        Err(how)
    }

    fn fail_with(text: Option<String>) -> Result<u32, String> {
        text.map_or(Ok(7), Err)
    }

    fn fail_bare() -> Result<(), ()> {
        Err(())
    }

    fn crash() {
        panic!("asked for")
    }

    fn spin() {
        loop {
            black_box(0);
        }
    }

    fn sleep(milliseconds: u64) {
        monotonic_clock::subscribe_duration(milliseconds.saturating_mul(1_000_000)).block();
    }

    fn huge(bytes: u32) -> Vec<u8> {
        vec![7; bytes as usize]
    }

    fn many(count: u32) -> Vec<Wide> {
        let one = Wide {
            a_field_with_a_name_that_is_rather_long: true,
            another_field_with_a_name_that_is_rather_long: false,
        };
        vec![one; count as usize]
    }
}
