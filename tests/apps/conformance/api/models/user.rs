//! People, with pets of their own and groups that they share.

use crate::models::{Group, Pet};
use topsail::prelude::*;

/// A person.
#[model]
pub struct User {
    #[attr(required)]
    pub name: String,
    #[attr(required, unique, is_email)]
    pub email: String,
    pub age: f64,
    #[attr(default = false)]
    pub is_admin: bool,
    pub bio: Value,
    #[attr(via = owner)]
    pub pets: Collection<Pet>,
    #[attr(via = members)]
    pub groups: Collection<Group>,
}
