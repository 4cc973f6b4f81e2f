use topsail::prelude::*;

#[model]
pub struct User {
    #[attr(via = name)]
    pub pets: Collection<Pet>,
}

#[model]
pub struct Pet {
    pub name: String,
    pub owner: Option<One<User>>,
}

fn main() {}
