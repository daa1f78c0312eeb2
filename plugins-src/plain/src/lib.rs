//! A guest that knows nothing of Remit: its functions are what its own WIT says. The tests of plain components call it.

mod outside;
mod stock;
mod trouble;
mod values;

// Raw bindings of the guest's own world.
pub(crate) mod bindings {
    wit_bindgen::generate!({
        path: ["../../wit", "wit"],
        world: "acme:plain/plain",
        generate_all,
    });
}

pub(crate) struct Plain;

bindings::export!(Plain with_types_in bindings);

impl bindings::Guest for Plain {
    fn greet(name: String) -> String {
        format!("Good day, {name}.")
    }
}
