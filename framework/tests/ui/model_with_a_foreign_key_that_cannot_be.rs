use topsail::prelude::*;

#[model]
pub struct User {
    #[attr(foreign_key)]
    pub name: String,
    #[attr(via = owner, foreign_key = "restrict")]
    pub pets: Collection<Pet>,
}

#[model]
pub struct Pet {
    #[attr(foreign_key = "set_null")]
    pub owner: One<User>,
    #[attr(foreign_key = "casacde")]
    pub friend: Option<One<User>>,
}

fn main() {}
