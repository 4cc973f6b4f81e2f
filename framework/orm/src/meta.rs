//! The modifiers of one query.

use crate::criteria::WhereLimits;

/// How one query differs from the usual (Sails' `meta`).
///
/// Typed queries set these with methods of the same names; for the [`engine`](crate::engine) they are a part of
/// the [`Context`](crate::Context).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Meta {
    /// No lifecycle callback runs (`skipAllLifecycleCallbacks`).
    pub skip_callbacks: bool,
    /// Whether destroying detaches the members of collections; `None` means as the model says (`cascade`).
    pub cascade: Option<bool>,
    /// Encrypted attributes come as plaintext (`decrypt`).
    pub decrypt: bool,
    /// The id of the key that encrypts, instead of `default` (`encryptWith`).
    pub encrypt_with: Option<String>,
    /// Of how many records a write keeps images, instead of what `models.bulk_above` says. Sails has no such limit.
    pub bulk_above: Option<usize>,
    /// How large its criteria may be, instead of what `models` says. Sails has no such limits.
    pub where_limits: Option<WhereLimits>,
}
