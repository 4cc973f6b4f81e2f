//! Tags.

use topsail::prelude::*;

/// A model whose primary key is a text of the client.
#[model(primary_key = slug)]
pub struct Tag {
    #[attr(required)]
    pub slug: String,
    pub label: String,
}
