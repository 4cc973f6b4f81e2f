//! Finds what is in `api/`, `config/` and `views/`, and checks their names against each other.

fn main() {
    topsail_build::discover()
}
