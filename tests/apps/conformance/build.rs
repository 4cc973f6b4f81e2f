//! Finds what is in `api/`, `config/` and `views/`.

fn main() {
    topsail_build::discover()
}
