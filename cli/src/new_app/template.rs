//! The templates, embedded.
//!
//! `cli/templates` is a link to `templates`, so that a published crate holds the files themselves. The `Cargo.toml` of a
//! template ends in `.liquid`, because cargo would take its folder for another package and leave it out.

use include_dir::Dir;
use include_dir::include_dir;

/// `templates/app`: with views and assets.
pub(crate) static APP: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/templates/app");

/// `templates/api`: without them.
pub(crate) static API: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/templates/api");
