use topsail::prelude::*;

#[policy]
pub async fn is_logged_in(_body: String) -> Verdict {
    proceed()
}

fn main() {}
