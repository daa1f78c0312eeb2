//! What wit-bindgen makes of the world `plugin`.
#![allow(
    missing_docs,
    clippy::all,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unsafe_code
)]

wit_bindgen::generate!({
    path: "wit",
    world: "plugin",
    generate_all,
    pub_export_macro: true,
});
