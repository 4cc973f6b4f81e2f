use topsail::prelude::*;

#[derive(Inputs)]
pub struct Signup {
    #[input(is_emial)]
    pub email: String,
    #[input(max_length = "long")]
    pub name: String,
    #[input(regex = "(")]
    pub slug: String,
    #[input(required, default = 1)]
    pub age: i64,
}

#[action]
pub async fn signup(Inputs(input): Inputs<Signup>) -> Outcome {
    ok(input.email)
}

fn main() {}
