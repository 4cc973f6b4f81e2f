//! Baskets.

use crate::models::Tag;
use topsail::prelude::*;

/// Holds tags that do not know of it: a collection without `via`.
#[model]
pub struct Basket {
    pub tags: Collection<Tag>,
}
