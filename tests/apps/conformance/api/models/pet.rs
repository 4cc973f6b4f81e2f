//! Pets.

use crate::models::User;
use topsail::prelude::*;

/// The pet of a person, or of nobody.
#[model]
pub struct Pet {
    #[attr(required)]
    pub name: String,
    #[attr(is_in = ["dog", "cat", "parrot"])]
    pub species: String,
    pub owner: Option<One<User>>,
}
