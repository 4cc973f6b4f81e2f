//! Cookies: reading those of a request, and building those of an answer.
//!
//! The formats are those of Express, so that cookies carry over from a Sails app with the same secret: a signed value is
//! `s:` + value + `.` + HMAC-SHA256, data is `j:` + JSON, and everything is percent-encoded.
//!
//! ```ignore
//! let flavour = req.cookies().get("flavour");
//! ok(json!({ "ok": true }))?.with_cookie(Cookie::new("flavour", "oat & raisin").http_only())
//! ```

mod cookie;
mod key;
mod reply;

pub use cookie::{Cookie, CookieError, SameSite};
pub use key::CookieKey;

use crate::http::percent_decode_lossy;
use ::http::{HeaderMap, header};
use serde_json::{Map, Value};

/// Cookies that are read from one request; what is beyond is ignored.
const MAX_COOKIES: usize = 300;

/// The cookies of a request: `req.cookies` and `req.signedCookies` of Sails.
#[derive(Clone, Debug, Default)]
pub struct Cookies {
    plain: Map<String, Value>,
    signed: Map<String, Value>,
}

impl Cookies {
    pub(crate) fn parse(headers: &HeaderMap, key: &CookieKey) -> Self {
        let mut cookies = Self::default();
        for (name, value) in pairs(headers).take(MAX_COOKIES) {
            if cookies.plain.contains_key(name) || cookies.signed.contains_key(name) {
                continue;
            }
            let text = percent_decode_lossy(value);
            match text.strip_prefix("s:") {
                Some(signed) => {
                    let value = key.unsign(signed).map_or(Value::Bool(false), decode_json);
                    cookies.signed.insert(name.to_owned(), value);
                }
                None => {
                    cookies.plain.insert(name.to_owned(), decode_json(&text));
                }
            }
        }
        cookies
    }

    /// The text of an unsigned cookie. One that holds data (`j:`) is found in [`Cookies::all`].
    pub fn get(&self, name: &str) -> Option<&str> {
        self.plain.get(name)?.as_str()
    }

    /// The text of a signed cookie; nothing if it is absent or its signature is wrong.
    pub fn signed(&self, name: &str) -> Option<&str> {
        self.signed.get(name)?.as_str()
    }

    /// All unsigned cookies; values that began with `j:` are decoded.
    pub fn all(&self) -> &Map<String, Value> {
        &self.plain
    }

    /// All signed cookies; those with a wrong signature are `false`.
    pub fn all_signed(&self) -> &Map<String, Value> {
        &self.signed
    }
}

/// `j:` stands before JSON; what only looks like it stays text.
fn decode_json(text: &str) -> Value {
    text.strip_prefix("j:")
        .and_then(|json| serde_json::from_str(json).ok())
        .unwrap_or_else(|| Value::from(text))
}

/// Names and raw values of the `cookie` headers.
pub(crate) fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let (name, value) = (name.trim(), value.trim());
            let unquoted = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
            (!name.is_empty()).then_some((name, unquoted))
        })
}

/// The text of one signed cookie, without parsing the others.
pub(crate) fn find_signed(headers: &HeaderMap, name: &str, key: &CookieKey) -> Option<String> {
    let (_, value) = pairs(headers).take(MAX_COOKIES).find(|(n, _)| *n == name)?;
    let text = percent_decode_lossy(value);
    key.unsign(text.strip_prefix("s:")?).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Cookies {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, text.parse().unwrap());
        Cookies::parse(&headers, &CookieKey::new("keyboard-cat"))
    }

    #[test]
    fn plain_values_are_decoded_unquoted_and_the_first_wins() {
        let cookies = read("a=1; b=%20x; q=\"y\"; a=2; =z; none; broken=%zz");
        assert_eq!(
            cookies.all(),
            json!({ "a": "1", "b": " x", "q": "y", "broken": "%zz" }).as_object().unwrap()
        );
        assert_eq!(cookies.get("b"), Some(" x"));
    }

    #[test]
    fn a_wrong_signature_is_false_and_a_right_one_the_value() {
        let signed = CookieKey::new("keyboard-cat").sign("v1");
        let cookies =
            read(&format!("good=s%3A{}; bad=s%3Av1.wrong", signed.replace('+', "%2B").replace('/', "%2F")));
        assert_eq!(cookies.signed("good"), Some("v1"));
        assert_eq!(cookies.signed("bad"), None);
        assert_eq!(cookies.all_signed()["bad"], json!(false));
        assert!(cookies.all().is_empty());
    }

    #[test]
    fn data_is_decoded_and_what_only_looks_like_it_stays_text() {
        let cookies = read("d=j%3A%7B%22a%22%3A1%7D; t=j:nope");
        assert_eq!(cookies.all()["d"], json!({ "a": 1 }));
        assert_eq!(cookies.get("t"), Some("j:nope"));
    }
}
