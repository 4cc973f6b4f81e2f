//! Lists of origins.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// Which origins are meant: `"*"`, one, or a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origins {
    /// All of them.
    Any,
    /// These.
    List(Vec<String>),
}

/// A text that is no origin.
#[derive(Debug, thiserror::Error)]
#[error(
    "E_INVALID_ORIGIN: `{origin}` is no origin: {why}; write it as `https://example.com` or `http://localhost:3000`"
)]
pub struct OriginError {
    origin: String,
    why: &'static str,
}

impl Origins {
    /// Reads `*`, one origin, or several separated by commas.
    ///
    /// # Errors
    /// When one of them has a path, a default port, or no scheme.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        if text.trim() == "*" {
            return Ok(Self::Any);
        }
        Self::list(text.split(',').map(str::trim))
    }

    /// A list of origins.
    ///
    /// # Errors
    /// As [`Origins::parse`]; `*` is not a member of a list.
    pub fn list<'a>(origins: impl IntoIterator<Item = &'a str>) -> Result<Self, OriginError> {
        origins.into_iter().map(checked).collect::<Result<_, _>>().map(Self::List)
    }

    /// Does it name this origin, letter by letter?
    pub fn contains(&self, origin: &str) -> bool {
        match self {
            Self::Any => true,
            Self::List(list) => list.iter().any(|allowed| allowed == origin),
        }
    }
}

fn checked(origin: &str) -> Result<String, OriginError> {
    let wrong = |why| Err(OriginError { origin: origin.to_owned(), why });
    let Some((scheme, authority)) = origin.split_once("://") else {
        return wrong("it has no scheme");
    };
    if scheme.is_empty()
        || !scheme.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b))
    {
        return wrong("its scheme is not lower-case letters");
    }
    if authority.is_empty() {
        return wrong("it has no host");
    }
    if !authority.is_ascii() || authority.bytes().any(|b| b.is_ascii_whitespace() || b.is_ascii_control()) {
        return wrong("its host has characters that browsers do not send");
    }
    if authority.contains(['/', '?', '#', '@', '*', ',']) {
        return wrong("it has a path, a trailing slash, a user or a wildcard");
    }
    if authority.bytes().any(|b| b.is_ascii_uppercase()) {
        return wrong("browsers send the host in lower case");
    }
    let default_port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => "\0",
    };
    if authority.ends_with(default_port) {
        return wrong("browsers leave out the default port");
    }
    Ok(origin.to_owned())
}

impl Serialize for Origins {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Any => serializer.serialize_str("*"),
            Self::List(list) => list.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Origins {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Origins;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`\"*\"`, an origin, or a list of origins")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Origins, E> {
                Origins::parse(text).map_err(E::custom)
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Origins, A::Error> {
                let mut list = Vec::new();
                while let Some(origin) = seq.next_element::<String>()? {
                    list.push(checked(&origin).map_err(de::Error::custom)?);
                }
                Ok(Origins::List(list))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn origins_are_what_browsers_send() {
        for good in
            ["http://a.example", "https://a.example:8443", "http://[::1]:3000", "capacitor://localhost"]
        {
            assert!(Origins::parse(good).unwrap().contains(good));
        }
        for bad in [
            "a.example",
            "http://",
            "http://a/",
            "http://a/b",
            "http://a:80",
            "https://a:443",
            "http://A",
            "null",
        ] {
            assert!(Origins::parse(bad).unwrap_err().to_string().contains("E_INVALID_ORIGIN"), "{bad}");
        }
    }

    #[test]
    fn a_star_and_lists_are_read() {
        let read = |json| serde_json::from_value::<Origins>(json);
        assert_eq!(read(serde_json::json!("*")).unwrap(), Origins::Any);
        assert_eq!(
            read(serde_json::json!("http://a, http://b")).unwrap(),
            read(serde_json::json!(["http://a", "http://b"])).unwrap()
        );
        assert!(read(serde_json::json!(["*"])).is_err());
        assert!(read(serde_json::json!(7)).unwrap_err().to_string().contains("a list of origins"));
    }

    #[test]
    fn no_other_origin_passes_for_a_listed_one() {
        let list = Origins::parse("http://good.example.com").unwrap();
        for other in [
            "http://good.example.com.evil.com",
            "http://GOOD.example.com",
            "https://good.example.com",
            "null",
            "",
        ] {
            assert!(!list.contains(other), "{other}");
        }
    }
}
