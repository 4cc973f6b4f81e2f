use topsail::prelude::*;

#[action]
async fn hello() -> Outcome {
    ok(())
}

fn main() {
    let _ = hello();
}
