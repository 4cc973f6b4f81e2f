use topsail::prelude::*;

#[action]
pub async fn count(_req: Req) -> u32 {
    5
}

fn main() {}
