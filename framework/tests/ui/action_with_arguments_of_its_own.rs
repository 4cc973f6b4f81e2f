use topsail::prelude::*;

#[action("/hello")]
pub async fn hello() -> Outcome {
    ok(())
}

fn main() {}
