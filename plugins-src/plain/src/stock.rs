//! A resource, which cannot cross, and a function beside it, which can.

use crate::Plain;
use crate::bindings::exports::acme::plain::stock::{Counter, Guest, GuestCounter};
use std::cell::Cell;

pub(crate) struct Count(Cell<u32>);

impl GuestCounter for Count {
    fn new(start: u32) -> Self {
        Count(Cell::new(start))
    }

    fn increment(&self) -> u32 {
        self.0.set(self.0.get().wrapping_add(1));
        self.0.get()
    }
}

impl Guest for Plain {
    type Counter = Count;

    fn open() -> Counter {
        Counter::new(Count::new(0))
    }

    fn limit() -> u32 {
        u32::MAX
    }
}
