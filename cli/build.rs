//! Rebuilds the command line when a template changed: a file added to an embedded folder is not noticed otherwise.

fn main() {
    println!("cargo::rerun-if-changed=templates");
}
