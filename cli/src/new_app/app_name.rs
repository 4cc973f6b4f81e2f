//! The name of a new app, which is a folder, a package and a crate.

use heck::ToKebabCase;
use heck::ToSnakeCase;

use crate::names::is_keyword;

/// A checked name. As cargo-generate does it, a snake_case name stays and any other becomes kebab-case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AppName {
    folder: String,
    crate_name: String,
}

/// Why a text cannot name an app.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum InvalidAppName {
    #[error(
        "`{0}` cannot name an app: a name begins with a letter and holds letters a to z, digits, `-` and `_`, 64 at most. \
         To make the app in another folder, use --path."
    )]
    Characters(String),
    #[error("`{0}` cannot name an app: Rust or Topsail uses that name itself. Try `my-{0}`.")]
    Taken(String),
}

/// Crates that every app has in scope, and names that cargo refuses.
const TAKEN: &[&str] = &["alloc", "core", "proc_macro", "std", "test", "topsail", "topsail_build"];

impl AppName {
    /// Reads a name.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidAppName> {
        let good = text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.len() <= 64
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        if !good {
            return Err(InvalidAppName::Characters(text.to_owned()));
        }
        let crate_name = text.to_snake_case();
        if is_keyword(&crate_name) || TAKEN.contains(&crate_name.as_str()) {
            return Err(InvalidAppName::Taken(text.to_owned()));
        }
        let folder = if crate_name == text { crate_name.clone() } else { text.to_kebab_case() };
        Ok(Self { folder, crate_name })
    }

    /// The name of the folder and of the package.
    pub(crate) fn folder(&self) -> &str {
        &self.folder
    }

    /// The name of the crate: the package's with underscores.
    pub(crate) fn crate_name(&self) -> &str {
        &self.crate_name
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_snake_case_name_stays_and_others_become_kebab_case() {
        for (given, folder, crate_name) in [
            ("chat", "chat", "chat"),
            ("my_shop", "my_shop", "my_shop"),
            ("MyShop", "my-shop", "my_shop"),
            ("my-shop", "my-shop", "my_shop"),
        ] {
            let name = AppName::parse(given).unwrap();
            assert_eq!((name.folder(), name.crate_name()), (folder, crate_name));
        }
    }

    #[test]
    fn what_is_no_package_name_is_refused() {
        for text in ["", "2fast", "a/b", "../x", "a b", "größe", &"x".repeat(65)] {
            assert_eq!(AppName::parse(text), Err(InvalidAppName::Characters(text.to_owned())));
        }
        for text in ["topsail", "test", "async", "std"] {
            assert_eq!(AppName::parse(text), Err(InvalidAppName::Taken(text.to_owned())));
        }
    }
}
