use topsail::prelude::*;

pub struct Signup {
    pub email: String,
}

#[action]
pub async fn signup(Inputs(input): Inputs<Signup>) -> Outcome {
    ok(input.email)
}

fn main() {}
