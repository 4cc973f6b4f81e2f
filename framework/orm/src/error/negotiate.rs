//! Dealing with errors by their codes.

use super::{OrmError, Result};

/// Which errors are meant: a code, or a list of codes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no code",
    note = "give a code such as \"E_UNIQUE\", or a list of codes"
)]
pub trait Codes {
    /// Whether the code is one of them.
    fn have(&self, code: &str) -> bool;
}

impl Codes for &str {
    fn have(&self, code: &str) -> bool {
        *self == code
    }
}

impl<const N: usize> Codes for [&str; N] {
    fn have(&self, code: &str) -> bool {
        self.contains(&code)
    }
}

/// What a query gave, dealt with by the code of its error.
///
/// ```
/// # use topsail_orm::*;
/// # fn user() -> Result<i64> { Ok(1) }
/// # fn main() -> Result<()> {
/// let new = user().tolerate("E_UNIQUE")?; // None if there is one like it already
/// # assert_eq!(new, Some(1));
/// # Ok(())
/// # }
/// ```
///
/// # Source
/// parley `Deferred.js`. Differs: these are methods of a result, so each sees the outcome of the one before it.
pub trait Negotiate<T>: Sized {
    /// Nothing instead of such an error.
    ///
    /// # Errors
    /// All others.
    fn tolerate(self, codes: impl Codes) -> Result<Option<T>>;

    /// What `handler` gives instead of such an error.
    ///
    /// # Errors
    /// All others; what `handler` gives.
    fn intercept<E: From<OrmError>>(
        self,
        codes: impl Codes,
        handler: impl FnOnce(OrmError) -> Result<T, E>,
    ) -> Result<T, E>;
}

impl<T> Negotiate<T> for Result<T> {
    fn tolerate(self, codes: impl Codes) -> Result<Option<T>> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(e) if codes.have(e.code()) => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn intercept<E: From<OrmError>>(
        self,
        codes: impl Codes,
        handler: impl FnOnce(OrmError) -> Result<T, E>,
    ) -> Result<T, E> {
        match self {
            Ok(value) => Ok(value),
            Err(e) if codes.have(e.code()) => handler(e),
            Err(e) => Err(e.into()),
        }
    }
}
