//! Which pages may connect, decided before the handshake.

use super::SocketsConfig;
use ::http::{HeaderMap, HeaderValue, Uri, header};

/// The rule of an app.
#[derive(Clone, Debug)]
pub(super) enum OriginRule {
    /// Everyone.
    Any,
    /// Pages of the host that is asked.
    Same,
    /// These, to the letter.
    Listed(Vec<String>),
}

/// What the rule says of one request.
#[derive(Debug, PartialEq)]
pub(super) enum Admission {
    /// It may connect.
    Admitted,
    /// It may connect, and the answer says that this origin may.
    Named(HeaderValue),
    /// It may not.
    Refused,
}

impl OriginRule {
    pub(super) fn new(config: &SocketsConfig, production: bool) -> Self {
        match (&config.only_allow_origins, config.same_origin) {
            (Some(list), _) => Self::Listed(list.clone()),
            (None, Some(true)) => Self::Same,
            (None, Some(false)) => Self::Any,
            (None, None) => {
                if production {
                    Self::Same
                } else {
                    Self::Any
                }
            }
        }
    }

    /// Judges the headers of a handshake. One without `Origin` is not from a page: browsers always send it.
    pub(super) fn admit(&self, headers: &HeaderMap) -> Admission {
        if matches!(self, Self::Any) {
            return Admission::Admitted;
        }
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let Some(origin) = origins.next() else { return Admission::Admitted };
        // Two of them are a forgery, whatever they say.
        let text = origins.next().is_none().then(|| origin.to_str().ok()).flatten();
        let good = text.is_some_and(|text| match self {
            Self::Any => true,
            Self::Listed(list) => list.iter().any(|allowed| allowed == text),
            Self::Same => is_same(text, headers),
        });
        if good { Admission::Named(origin.clone()) } else { Admission::Refused }
    }
}

/// Does the origin name the host that this request was sent to? A scheme is not compared: behind a proxy that ends TLS
/// the app does not know its own.
fn is_same(origin: &str, headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|h| h.to_str().ok()) else { return false };
    let Ok(uri) = origin.parse::<Uri>() else { return false };
    let default_port = match uri.scheme_str() {
        Some("http") => ":80",
        Some("https") => ":443",
        _ => return false,
    };
    let Some(authority) = uri.authority() else { return false };
    let host = host.strip_suffix(default_port).unwrap_or(host);
    authority.as_str().eq_ignore_ascii_case(host)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, HeaderValue::from_static(value));
        }
        map
    }

    fn refused(rule: &OriginRule, pairs: &[(&'static str, &'static str)]) -> bool {
        rule.admit(&headers(pairs)) == Admission::Refused
    }

    #[test]
    fn rt_49_a_list_is_compared_to_the_letter() {
        let rule = OriginRule::Listed(vec!["http://good.example.com".to_owned()]);
        assert!(!refused(&rule, &[("origin", "http://good.example.com")]));
        for bad in
            ["http://evil.com", "https://good.example.com", "http://good.example.com.evil.com", "null", ""]
        {
            assert!(refused(&rule, &[("origin", bad)]), "{bad}");
        }
        assert!(refused(&rule, &[("origin", "http://good.example.com"), ("origin", "http://evil.com")]));
    }

    #[test]
    fn rt_50_a_client_without_an_origin_is_admitted() {
        assert!(!refused(&OriginRule::Listed(vec![]), &[]));
        assert!(!refused(&OriginRule::Same, &[("host", "a")]));
    }

    #[test]
    fn in_production_only_pages_of_the_own_host_connect() {
        let rule = OriginRule::new(&SocketsConfig::default(), true);
        assert!(!refused(&rule, &[("host", "app.example:1337"), ("origin", "http://app.example:1337")]));
        assert!(!refused(&rule, &[("host", "app.example"), ("origin", "https://APP.example")]));
        assert!(!refused(&rule, &[("host", "app.example:443"), ("origin", "https://app.example")]));
        for bad in [
            "https://evil.example",
            "https://app.example.evil",
            "null",
            "file://app.example",
            "https://app.example:1",
        ] {
            assert!(refused(&rule, &[("host", "app.example"), ("origin", bad)]), "{bad}");
        }
        let open = OriginRule::new(&SocketsConfig::default(), false);
        assert!(!refused(&open, &[("host", "app.example"), ("origin", "https://evil.example")]));
    }
}
