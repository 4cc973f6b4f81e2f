//! The key that signs cookies.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::{fmt, sync::Arc};

/// Signs and checks cookie values: HMAC-SHA256 in base64 without padding, as `cookie-signature` of Express does.
#[derive(Clone)]
pub struct CookieKey(Arc<Inner>);

struct Inner {
    secret: Box<[u8]>,
    /// The secret is worked in already: that is half of the work of a signature.
    mac: Hmac<Sha256>,
}

impl CookieKey {
    /// A key from a secret text; two apps with the same secret read each other's signed cookies.
    pub fn new(secret: &str) -> Self {
        Self::of(secret.as_bytes())
    }

    fn of(secret: &[u8]) -> Self {
        Self(Arc::new(Inner {
            secret: secret.into(),
            mac: Hmac::new_from_slice(secret).expect("HMAC takes keys of any length"),
        }))
    }

    /// A key that no one else has: signatures hold for the life of the process.
    pub(crate) fn random() -> Self {
        Self::of(&rand::random::<[u8; 32]>())
    }

    fn mac(&self, value: &str) -> Hmac<Sha256> {
        let mut mac = self.0.mac.clone();
        mac.update(value.as_bytes());
        mac
    }

    /// A key of its own for another purpose: of no use for cookies, and no signature of a cookie gives it away.
    pub(crate) fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(purpose.as_bytes()).expect("HMAC takes keys of any length");
        mac.update(&self.0.secret);
        mac.finalize().into_bytes().into()
    }

    /// `value.signature`.
    pub fn sign(&self, value: &str) -> String {
        format!("{value}.{}", STANDARD_NO_PAD.encode(self.mac(value).finalize().into_bytes()))
    }

    /// The value, if its signature is right. Compares in constant time.
    pub fn unsign<'v>(&self, signed: &'v str) -> Option<&'v str> {
        let (value, signature) = signed.rsplit_once('.')?;
        let signature = STANDARD_NO_PAD.decode(signature).ok()?;
        self.mac(value).verify_slice(&signature).ok()?;
        Some(value)
    }
}

impl fmt::Debug for CookieKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CookieKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_express() {
        // The example of the `cookie-signature` package.
        let key = CookieKey::new("tobiiscool");
        assert_eq!(key.sign("hello"), "hello.DGDUkGlIkCzPz+C0B064FNgHdEjox7ch8tOBGslZ5QI");
        assert_eq!(key.unsign("hello.DGDUkGlIkCzPz+C0B064FNgHdEjox7ch8tOBGslZ5QI"), Some("hello"));
    }

    #[test]
    fn changed_values_signatures_and_keys_are_refused() {
        let signed = CookieKey::new("a").sign("x.y");
        assert_eq!(CookieKey::new("a").unsign(&signed), Some("x.y"));
        assert_eq!(CookieKey::new("b").unsign(&signed), None);
        for wrong in ["", ".", "x", "x.", "x.y", &format!("z{signed}"), &format!("{signed}A"), "x.y.äö"] {
            assert_eq!(CookieKey::new("a").unsign(wrong), None, "{wrong}");
        }
    }
}
