use topsail::prelude::*;

#[model]
pub struct User {
    #[attr(uniqe)]
    pub email: String,
}

fn main() {}
