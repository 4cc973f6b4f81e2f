use topsail::prelude::*;

#[action]
pub fn hello() -> Outcome {
    ok(())
}

fn main() {
    let _ = hello();
}
