use topsail::prelude::*;

#[response]
pub async fn not_found(_req: Req) -> Outcome {
    ok(())
}

fn main() {}
