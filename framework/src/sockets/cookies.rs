//! The cookies of a socket: those of its handshake, and those that answers have set since.

use ::http::HeaderValue;
use cookie::Cookie;
use time::OffsetDateTime;

/// Longest `cookie` header that a socket keeps.
const MAX_LENGTH: usize = 8192;

/// The `cookie` header after an answer with these `set-cookie` headers, or nothing where they change nothing.
///
/// They never reach the client, so the socket remembers them for its own later requests.
pub(super) fn after<'a>(
    current: Option<&HeaderValue>,
    set: impl Iterator<Item = &'a HeaderValue>,
) -> Option<Option<HeaderValue>> {
    let text = current.and_then(|c| c.to_str().ok()).unwrap_or_default();
    let mut jar: Vec<(String, String)> = text
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut changed = false;
    for header in set {
        let Some(cookie) = header.to_str().ok().and_then(|text| Cookie::parse(text).ok()) else { continue };
        jar.retain(|(name, _)| name != cookie.name());
        if !is_over(&cookie) {
            jar.push((cookie.name().to_owned(), cookie.value().to_owned()));
        }
        changed = true;
    }
    if !changed {
        return None;
    }
    let joined = jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    if joined.is_empty() {
        return Some(None);
    }
    if joined.len() > MAX_LENGTH {
        tracing::warn!("a socket keeps no more cookies: they are longer than {MAX_LENGTH} bytes");
        return None;
    }
    HeaderValue::from_str(&joined).ok().map(Some)
}

fn is_over(cookie: &Cookie<'_>) -> bool {
    match (cookie.max_age(), cookie.expires_datetime()) {
        (Some(age), _) => !age.is_positive(),
        (None, Some(moment)) => moment <= OffsetDateTime::now_utc(),
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn merged(current: &'static str, set: &[&'static str]) -> Option<Option<String>> {
        let current = HeaderValue::from_static(current);
        let set: Vec<_> = set.iter().map(|s| HeaderValue::from_static(s)).collect();
        after(Some(&current), set.iter()).map(|h| h.map(|h| h.to_str().unwrap().to_owned()))
    }

    #[test]
    fn rt_43_a_cookie_set_by_an_answer_is_sent_with_the_next_request() {
        assert_eq!(
            merged("", &["sails.sid=s%3Aa.b; Path=/; HttpOnly"]),
            Some(Some("sails.sid=s%3Aa.b".into()))
        );
        assert_eq!(merged("a=1; sails.sid=old", &["sails.sid=new"]), Some(Some("a=1; sails.sid=new".into())));
        assert_eq!(merged("a=1", &[]), None);
    }

    #[test]
    fn a_cleared_cookie_is_forgotten() {
        assert_eq!(
            merged("a=1; b=2", &["a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"]),
            Some(Some("b=2".into()))
        );
        assert_eq!(merged("a=1", &["a=; Max-Age=0"]), Some(None));
    }

    #[test]
    fn cookies_do_not_grow_without_end() {
        let long: &'static str = Box::leak(format!("x={}", "y".repeat(MAX_LENGTH)).into_boxed_str());
        assert_eq!(merged("a=1", &[long]), None);
    }
}
