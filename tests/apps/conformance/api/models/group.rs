//! Groups of people.

use crate::models::User;
use topsail::prelude::*;

/// A group; a person can be in several.
#[model]
pub struct Group {
    pub title: String,
    #[attr(via = groups)]
    pub members: Collection<User>,
}
