//! Setting cookies on a reply.

use super::{Cookie, CookieError};
use crate::{Reply, error::Error};
use ::http::header::SET_COOKIE;

impl<T: ?Sized> Reply<T> {
    /// The same answer with a cookie: `ok(data)?.with_cookie(Cookie::new("flavour", "oat"))`.
    ///
    /// # Errors
    /// When the cookie's name, path or domain cannot be sent.
    pub fn with_cookie(self, cookie: Cookie) -> Result<Self, Error> {
        let header = cookie.to_header().map_err(|error: CookieError| Error::from(error))?;
        Ok(self.with_header(SET_COOKIE, header))
    }
}
