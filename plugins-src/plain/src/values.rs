//! Values of every type, sent back as they came.

use crate::Plain;
use crate::bindings::exports::acme::plain::values::{Color, Guest, Order, Permissions, Shape};

impl Guest for Plain {
    fn integers(a: i8, b: u8, c: i16, d: u16, e: i32, f: u32) -> (i8, u8, i16, u16, i32, u32) {
        (a, b, c, d, e, f)
    }

    fn long(signed: i64, unsigned: u64) -> (i64, u64) {
        (signed, unsigned)
    }

    fn floats(single: f32, double: f64) -> (f32, f64) {
        (single, double)
    }

    fn letter(it: char) -> char {
        it
    }

    fn text(it: String) -> String {
        it
    }

    fn truth(it: bool) -> bool {
        it
    }

    fn backwards(mut it: Vec<u8>) -> Vec<u8> {
        it.reverse();
        it
    }

    fn same_shape(it: Shape) -> Shape {
        it
    }

    fn same_color(it: Color) -> Color {
        it
    }

    fn same_permissions(it: Permissions) -> Permissions {
        it
    }

    fn maybe(it: Option<Option<u32>>) -> Option<Option<u32>> {
        it
    }

    fn outcomes(
        it: Vec<Result<u32, String>>,
        bare: Result<(), ()>,
    ) -> (Vec<Result<u32, String>>, Result<(), ()>) {
        (it, bare)
    }

    fn total(order: Order) -> u32 {
        order.items.iter().map(|item| u32::from(item.price)).sum()
    }
}
