use topsail::prelude::*;

#[model]
pub struct User {
    #[attr(via = ownr)]
    pub pets: Collection<Pet>,
}

#[model]
pub struct Pet {
    pub owner: Option<One<User>>,
}

fn main() {}
