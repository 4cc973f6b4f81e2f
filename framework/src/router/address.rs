//! Addresses of routes: `GET /user/:id`, `ALL /x`, `r|^/n/(\d+)$|num`.

use super::pattern::Pattern;
use ::http::Method;
use std::fmt;

/// An address of the route table: which methods, which paths.
#[derive(Clone, Debug)]
pub struct Address {
    /// The verb as written, in capitals; none stands for GET, PUT, POST, DELETE and PATCH.
    pub(crate) verb: Option<Verb>,
    pub(crate) pattern: Pattern,
    text: String,
}

/// Which methods an address answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    All,
    One(Method),
}

/// Why an address is refused.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// The first word is no HTTP method.
    #[error(
        "`{0}` is not an HTTP verb: write GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS, TRACE, CONNECT, ALL or none"
    )]
    Verb(String),
    /// A path must begin with a slash.
    #[error("the path `{0}` must begin with `/` (or be `*`, or `r|regular expression|names`)")]
    Path(String),
    /// Sails refuses it, because `length` shadows a list's own.
    #[error("E_ROUTE_WITH_LENGTH: a path parameter cannot be called `length`; choose another name")]
    Length,
    /// A segment that means nothing here, or something else than elsewhere.
    #[error(
        "`{0}` cannot stand in a path: a parameter is `:name` of letters, digits, `_` and `-`, a wildcard `*` stands alone; \
         write anything else as `r|regular expression|names`"
    )]
    Segment(String),
    /// The regular expression is malformed.
    #[error("the regular expression is malformed: {0}")]
    Regex(Box<regex::Error>),
}

impl Address {
    /// Parses the text of an address.
    ///
    /// # Errors
    /// Says what is wrong with the verb, the path or the regular expression.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let trimmed = text.trim();
        let (verb, path) = match trimmed.split_once(char::is_whitespace) {
            Some((word, rest)) if !word.starts_with('/') && !word.starts_with("r|") => {
                (Some(verb(word)?), rest.trim_start())
            }
            _ => (None, trimmed),
        };
        Ok(Self { verb, pattern: Pattern::parse(path)?, text: trimmed.to_owned() })
    }

    /// Does it answer this method? GET also answers HEAD.
    pub(crate) fn answers(&self, method: &Method) -> bool {
        match &self.verb {
            Some(Verb::All) => true,
            Some(Verb::One(verb)) => verb == method || (verb == Method::GET && method == Method::HEAD),
            None => matches!(
                *method,
                Method::GET | Method::HEAD | Method::PUT | Method::POST | Method::DELETE | Method::PATCH
            ),
        }
    }

    /// The methods it answers, as an `Allow` header lists them.
    pub(crate) fn methods(&self) -> Vec<Method> {
        match &self.verb {
            Some(Verb::One(verb)) if verb == Method::GET => vec![Method::GET, Method::HEAD],
            Some(Verb::One(verb)) => vec![verb.clone()],
            Some(Verb::All) | None => {
                vec![Method::GET, Method::HEAD, Method::PUT, Method::POST, Method::DELETE, Method::PATCH]
            }
        }
    }

    /// Can a GET reach it?
    pub(crate) fn is_get(&self) -> bool {
        self.answers(&Method::GET)
    }

    /// The verb as the table prints it, empty where none is named.
    pub fn verb(&self) -> &str {
        match &self.verb {
            Some(Verb::All) => "ALL",
            Some(Verb::One(method)) => method.as_str(),
            None => "",
        }
    }

    /// The path as written.
    pub fn path(&self) -> &str {
        self.pattern.text()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn verb(word: &str) -> Result<Verb, AddressError> {
    let upper = word.to_ascii_uppercase();
    match upper.as_str() {
        "ALL" => Ok(Verb::All),
        "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS" | "TRACE" | "CONNECT" => {
            Method::from_bytes(upper.as_bytes())
                .map(Verb::One)
                .map_err(|_| AddressError::Verb(word.to_owned()))
        }
        _ => Err(AddressError::Verb(word.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn verbs_are_read_in_any_case_and_after_any_blanks() {
        assert_eq!(Address::parse("post   /x").unwrap().verb(), "POST");
        assert_eq!(Address::parse("all /x").unwrap().verb(), "ALL");
        assert_eq!(Address::parse("/x").unwrap().verb(), "");
        assert!(matches!(Address::parse("FETCH /x"), Err(AddressError::Verb(_))));
        assert!(matches!(Address::parse("x/y"), Err(AddressError::Path(_))));
    }

    #[test]
    fn ht_26_no_verb_means_the_five() {
        let address = Address::parse("/x").unwrap();
        assert!(address.answers(&Method::PATCH) && address.answers(&Method::HEAD));
        assert!(!address.answers(&Method::TRACE) && !address.answers(&Method::OPTIONS));
        assert!(Address::parse("ALL /x").unwrap().answers(&Method::OPTIONS));
    }

    #[test]
    fn segments_that_no_route_can_have_are_refused() {
        for text in ["GET /:", "/x/:?", "/x/:id(\\d+)", "/x/:a.b", "/x/:{a}", "/x/:*a", "/files/*path", "/a*"]
        {
            assert!(matches!(Address::parse(text), Err(AddressError::Segment(_))), "{text}");
        }
        for text in ["/a:b/:user_id/:x-y?", "/{a}/b", "/:a/:a", "/*/x/*"] {
            Address::parse(text).unwrap();
        }
    }

    #[test]
    fn ht_34_a_parameter_called_length_is_refused() {
        assert!(matches!(Address::parse("GET /x/:length"), Err(AddressError::Length)));
    }
}
