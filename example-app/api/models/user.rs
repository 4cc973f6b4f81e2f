use topsail::prelude::*;

/// Someone who has logged in once. A name is all there is; the first to use it owns it.
#[model]
pub struct User {
    #[attr(required, unique, max_length = 40)]
    pub name: String,
}
