//! One cookie of an answer.

use super::CookieKey;
use crate::App;
use ::http::HeaderValue;
use serde::{Deserialize, Serialize};
use std::{fmt::Write as _, time::Duration};
use time::OffsetDateTime;

/// A cookie to set: `res.cookie(name, value, options)` of Sails.
///
/// Its path is `/` unless another is given; without [`Cookie::max_age`] it lives as long as the browser's session.
#[derive(Clone, Debug)]
#[must_use = "a cookie is set by `reply.with_cookie(cookie)`"]
pub struct Cookie {
    name: String,
    value: String,
    domain: Option<String>,
    path: String,
    max_age: Option<Duration>,
    cleared: bool,
    http_only: bool,
    secure: bool,
    same_site: SameSite,
}

/// Which requests of other sites carry a cookie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SameSite {
    /// No attribute: the browser decides, as with Sails.
    #[default]
    Off,
    /// Top-level navigation only.
    Lax,
    /// None at all.
    Strict,
    /// All; browsers demand `Secure` with it.
    None,
}

/// Why a cookie cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum CookieError {
    /// Its name is empty or has a character that is not allowed in it.
    #[error("`{0}` cannot be the name of a cookie: use letters, digits, `-`, `_` and `.`")]
    Name(String),
    /// A path or a domain that would break out of its attribute.
    #[error("`{value}` cannot be the {attribute} of the cookie `{name}`")]
    Attribute {
        /// The cookie.
        name: String,
        /// `path` or `domain`.
        attribute: &'static str,
        /// What was given.
        value: String,
    },
}

impl Cookie {
    /// A cookie with a text.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
            domain: None,
            path: "/".to_owned(),
            max_age: None,
            cleared: false,
            http_only: false,
            secure: false,
            same_site: SameSite::Off,
        }
    }

    /// A cookie with data: `j:` + JSON.
    ///
    /// # Errors
    /// When `data` cannot be written as JSON.
    pub fn json(name: impl Into<String>, data: impl Serialize) -> Result<Self, serde_json::Error> {
        Ok(Self::new(name, format!("j:{}", serde_json::to_string(&data)?)))
    }

    /// Makes the browser forget a cookie; path and domain must be those that it was set with.
    pub fn clear(name: impl Into<String>) -> Self {
        Self { cleared: true, ..Self::new(name, "") }
    }

    /// Signs the value with the app's secret; `req.cookies().signed(name)` reads it.
    pub fn signed(self, app: &App) -> Self {
        self.signed_with(app.cookie_key())
    }

    /// Signs the value with a key of one's own.
    pub fn signed_with(mut self, key: &CookieKey) -> Self {
        self.value = format!("s:{}", key.sign(&self.value));
        self
    }

    /// Only below this path.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Also for the subdomains of this domain.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// How long the browser keeps it.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Hides it from scripts.
    pub fn http_only(mut self) -> Self {
        self.http_only = true;
        self
    }

    /// Over HTTPS only.
    pub fn secure(mut self) -> Self {
        self.secure = true;
        self
    }

    /// Which requests of other sites carry it.
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.same_site = same_site;
        self
    }

    /// The value of a `set-cookie` header.
    ///
    /// # Errors
    /// When name, path or domain have characters that cannot stand there.
    pub fn to_header(&self) -> Result<HeaderValue, CookieError> {
        if self.name.is_empty() || !self.name.bytes().all(is_token) {
            return Err(CookieError::Name(self.name.clone()));
        }
        let mut text = format!("{}={}", self.name, encode(&self.value));
        if let Some(age) = self.max_age {
            let _ = write!(text, "; Max-Age={}", age.as_secs());
        }
        if let Some(domain) = &self.domain {
            let _ = write!(text, "; Domain={}", self.attribute("domain", domain)?);
        }
        let _ = write!(text, "; Path={}", self.attribute("path", &self.path)?);
        if self.cleared {
            let _ = write!(text, "; Expires={}", http_date(OffsetDateTime::UNIX_EPOCH));
        } else if let Some(at) =
            self.max_age.and_then(|age| OffsetDateTime::now_utc().checked_add(age.try_into().ok()?))
        {
            let _ = write!(text, "; Expires={}", http_date(at));
        }
        text.push_str(if self.http_only { "; HttpOnly" } else { "" });
        text.push_str(if self.secure { "; Secure" } else { "" });
        text.push_str(match self.same_site {
            SameSite::Off => "",
            SameSite::Lax => "; SameSite=Lax",
            SameSite::Strict => "; SameSite=Strict",
            SameSite::None => "; SameSite=None",
        });
        HeaderValue::from_str(&text).map_err(|_| CookieError::Name(self.name.clone()))
    }

    fn attribute<'a>(&self, attribute: &'static str, value: &'a str) -> Result<&'a str, CookieError> {
        if value.bytes().all(|b| (0x20..0x7f).contains(&b) && b != b';') {
            return Ok(value);
        }
        Err(CookieError::Attribute { name: self.name.clone(), attribute, value: value.to_owned() })
    }

    /// `name=value` as a browser would send it back.
    pub(crate) fn to_pair(&self) -> String {
        format!("{}={}", self.name, encode(&self.value))
    }
}

/// The characters of a token (RFC 9110 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// What JavaScript's `encodeURIComponent` does.
fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// `Thu, 01 Jan 1970 00:00:00 GMT`.
fn http_date(at: OffsetDateTime) -> String {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let day = DAYS[usize::from(at.weekday().number_days_from_monday())];
    let month = MONTHS[usize::from(u8::from(at.month())) - 1];
    let (hour, minute, second) = at.to_hms();
    format!("{day}, {:02} {month} {:04} {hour:02}:{minute:02}:{second:02} GMT", at.day(), at.year())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn text(cookie: &Cookie) -> String {
        cookie.to_header().unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn cookies_are_written_as_express_writes_them() {
        let flavour = Cookie::new("flavour", "oat & raisin").path("/cookies").http_only();
        assert_eq!(text(&flavour), "flavour=oat%20%26%20raisin; Path=/cookies; HttpOnly");
        assert_eq!(text(&Cookie::clear("gone")), "gone=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
        let signed = text(&Cookie::new("signedone", "v1").signed_with(&CookieKey::new("k")));
        assert!(signed.starts_with("signedone=s%3Av1.") && signed.ends_with("; Path=/"), "{signed}");
        assert_eq!(
            text(&Cookie::json("d", serde_json::json!({ "a": 1 })).unwrap()),
            "d=j%3A%7B%22a%22%3A1%7D; Path=/"
        );
    }

    #[test]
    fn all_attributes_are_written() {
        let full = Cookie::new("a", "1")
            .domain("example.com")
            .max_age(Duration::from_secs(60))
            .secure()
            .same_site(SameSite::Strict);
        let text = text(&full);
        assert!(text.starts_with("a=1; Max-Age=60; Domain=example.com; Path=/; Expires="), "{text}");
        assert!(text.ends_with(" GMT; Secure; SameSite=Strict"), "{text}");
    }

    #[test]
    fn a_cookie_cannot_break_out_of_its_header() {
        assert_eq!(
            text(&Cookie::new("a", "1; Path=/x\r\nb: c")),
            "a=1%3B%20Path%3D%2Fx%0D%0Ab%3A%20c; Path=/"
        );
        assert!(matches!(Cookie::new("a b", "").to_header(), Err(CookieError::Name(_))));
        assert!(matches!(Cookie::new("a", "").path("/;x").to_header(), Err(CookieError::Attribute { .. })));
        assert!(matches!(
            Cookie::new("a", "").domain("x\r\n").to_header(),
            Err(CookieError::Attribute { .. })
        ));
        assert!(Cookie::new("a", "").max_age(Duration::MAX).to_header().is_ok());
    }
}
