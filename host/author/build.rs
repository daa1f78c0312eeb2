//! The templates and helper libraries are embedded by a macro that cargo cannot look into.
fn main() {
    println!("cargo::rerun-if-changed=templates");
    println!("cargo::rerun-if-changed=../../plugins-src/sdk");
    println!("cargo::rerun-if-changed=../../wit");
}
