use topsail::prelude::*;

#[derive(Inputs)]
pub struct Signup {
    pub at: std::time::Instant,
}

fn main() {}
