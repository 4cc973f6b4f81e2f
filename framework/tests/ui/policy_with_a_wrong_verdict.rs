use topsail::prelude::*;

#[policy]
pub async fn is_logged_in(_req: Req) -> bool {
    true
}

fn main() {}
