//! Patterns of paths and how they match.

use super::AddressError;
use crate::{http::percent_decode, req::Params};
use regex::{Regex, RegexBuilder};
use serde_json::Value;

/// What a path must look like.
#[derive(Clone, Debug)]
pub(crate) enum Pattern {
    Segments { text: String, segments: Vec<Segment> },
    Regex { text: String, regex: Regex, names: Vec<String> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    /// Lower-case, as matching ignores letter case.
    Static(String),
    Param {
        name: String,
        optional: bool,
    },
    Wildcard,
}

/// A path that does or does not fit.
pub(crate) enum Match {
    No,
    Yes(Params),
    /// It fits, but a value cannot be decoded.
    Undecodable,
}

impl Pattern {
    pub(crate) fn parse(path: &str) -> Result<Self, AddressError> {
        if let Some(rest) = path.strip_prefix("r|") {
            let (source, names) = rest.rsplit_once('|').unwrap_or((rest, ""));
            let regex = RegexBuilder::new(source)
                .case_insensitive(true)
                .size_limit(1 << 20)
                .build()
                .map_err(|e| AddressError::Regex(Box::new(e)))?;
            let names =
                names.split(',').map(str::trim).filter(|n| !n.is_empty()).map(str::to_owned).collect();
            return Ok(Self::Regex { text: path.to_owned(), regex, names });
        }
        let full = if path == "*" { "/*" } else { path };
        if !full.starts_with('/') {
            return Err(AddressError::Path(path.to_owned()));
        }
        let mut segments = Vec::new();
        for part in full.split('/').filter(|s| !s.is_empty()) {
            segments.push(match part.strip_prefix(':') {
                Some(name) => {
                    let (name, optional) = name.strip_suffix('?').map_or((name, false), |n| (n, true));
                    if name == "length" {
                        return Err(AddressError::Length);
                    }
                    if !is_name(name) {
                        return Err(AddressError::Segment(part.to_owned()));
                    }
                    Segment::Param { name: name.to_owned(), optional }
                }
                None if part == "*" => Segment::Wildcard,
                None if part.contains('*') => return Err(AddressError::Segment(part.to_owned())),
                None => Segment::Static(part.to_lowercase()),
            });
        }
        Ok(Self::Segments { text: full.to_owned(), segments })
    }

    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Segments { text, .. } | Self::Regex { text, .. } => text,
        }
    }

    pub(crate) fn segments(&self) -> Option<&[Segment]> {
        match self {
            Self::Segments { segments, .. } => Some(segments),
            Self::Regex { .. } => None,
        }
    }

    /// The first segment, where every path that fits must begin with it.
    pub(crate) fn first_static(&self) -> Option<&str> {
        match self.segments()?.first()? {
            Segment::Static(text) => Some(text),
            _ => None,
        }
    }

    /// Does the path end in a named parameter?
    pub(crate) fn ends_in_param(&self) -> bool {
        matches!(self.segments().and_then(<[_]>::last), Some(Segment::Param { .. }))
    }

    /// The same as axum writes it, where axum can express it.
    pub(crate) fn for_axum(&self) -> Option<String> {
        let mut path = String::new();
        let mut names = std::collections::HashSet::new();
        for segment in self.segments()? {
            match segment {
                Segment::Static(_) => {}
                // It panics where a name comes twice.
                Segment::Param { name, optional: false } if names.insert(name) => {}
                Segment::Param { .. } | Segment::Wildcard => return None,
            }
        }
        for part in self.text().split('/').filter(|s| !s.is_empty()) {
            path.push('/');
            match part.strip_prefix(':') {
                Some(name) => path.push_str(&format!("{{{name}}}")),
                None if part.contains(['{', '}']) => return None,
                None => path.push_str(part),
            }
        }
        Some(if path.is_empty() { "/".to_owned() } else { path })
    }

    pub(crate) fn matches(&self, path: &str) -> Match {
        match self {
            Self::Segments { segments, .. } => match_segments(segments, path, 0),
            Self::Regex { regex, names, .. } => {
                let Some(found) = regex.captures(path) else { return Match::No };
                let mut params = Params::new();
                for (at, group) in found.iter().skip(1).enumerate() {
                    let Some(group) = group else { continue };
                    let Some(value) = percent_decode(group.as_str()) else { return Match::Undecodable };
                    if let Some(name) = names.get(at) {
                        params.insert(name.clone(), Value::from(value.clone()));
                    }
                    params.insert(at.to_string(), Value::from(value));
                }
                Match::Yes(params)
            }
        }
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// `wildcards` is the number of those that stand before these segments.
fn match_segments(segments: &[Segment], path: &str, wildcards: usize) -> Match {
    let mut params = Params::new();
    let trimmed = path.strip_prefix('/').unwrap_or(path);
    let mut rest = if trimmed.is_empty() { None } else { Some(trimmed) };
    for (at, segment) in segments.iter().enumerate() {
        if *segment == Segment::Wildcard {
            let taken = rest.take().unwrap_or_default();
            let tail = &segments[at + 1..];
            if tail.is_empty() {
                let Some(value) = percent_decode(taken) else { return Match::Undecodable };
                params.insert(wildcards.to_string(), Value::from(value));
                return Match::Yes(params);
            }
            // A wildcard in the middle takes as much as leaves the static tail matched.
            for cut in taken.match_indices('/').map(|(i, _)| i).collect::<Vec<_>>().into_iter().rev() {
                if let Match::Yes(more) = match_segments(tail, &taken[cut..], wildcards + 1) {
                    let Some(value) = percent_decode(&taken[..cut]) else { return Match::Undecodable };
                    params.insert(wildcards.to_string(), Value::from(value));
                    params.extend(more);
                    return Match::Yes(params);
                }
            }
            return Match::No;
        }
        let part = rest.map(|r| r.split_once('/').map_or((r, None), |(a, b)| (a, Some(b))));
        match (segment, part) {
            (Segment::Static(text), Some((part, next))) if eq_ignore_case(part, text) => rest = next,
            (Segment::Param { name, .. }, Some((part, next))) if !part.is_empty() => {
                let Some(value) = percent_decode(part) else { return Match::Undecodable };
                params.insert(name.clone(), Value::from(value));
                rest = next;
            }
            (Segment::Param { optional: true, .. }, None | Some(("", None))) => rest = None,
            _ => return Match::No,
        }
    }
    // One trailing slash is ignored.
    match rest {
        None | Some("") => Match::Yes(params),
        Some(_) => Match::No,
    }
}

fn eq_ignore_case(part: &str, lower: &str) -> bool {
    part.eq_ignore_ascii_case(lower)
        || percent_decode(part).is_some_and(|decoded| decoded.to_lowercase() == lower)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn on(pattern: &str, path: &str) -> Option<Value> {
        match Pattern::parse(pattern).unwrap().matches(path) {
            Match::Yes(params) => Some(Value::Object(params)),
            _ => None,
        }
    }

    #[test]
    fn ht_28_paths_match_in_any_case_and_with_one_trailing_slash() {
        assert!(on("/User/Hello", "/user/HELLO/").is_some());
        assert!(on("/user", "/user//").is_none());
        assert!(on("/", "/").is_some());
        assert!(on("/user", "/user/x").is_none());
    }

    #[test]
    fn ht_29_an_optional_last_parameter_may_be_absent() {
        assert_eq!(on("/opt/:a/:b?", "/opt/1"), Some(json!({ "a": "1" })));
        assert_eq!(on("/opt/:a/:b?", "/opt/1/2"), Some(json!({ "a": "1", "b": "2" })));
        assert_eq!(on("/opt/:a/:b?", "/opt"), None);
    }

    #[test]
    fn ht_30_a_wildcard_is_parameter_0_slashes_included() {
        assert_eq!(on("/wild/*", "/wild/a/b"), Some(json!({ "0": "a/b" })));
        assert_eq!(on("/wild/*", "/wild/"), Some(json!({ "0": "" })));
        assert_eq!(on("*", "/x/y"), Some(json!({ "0": "x/y" })));
        assert_eq!(on("/a/*/z", "/a/b/c/z"), Some(json!({ "0": "b/c" })));
    }

    #[test]
    fn ht_31_groups_of_a_regular_expression_are_named_and_numbered() {
        assert_eq!(
            on(r"r|^/r/num/(\d+)/(\w+)$|num,word", "/r/num/12/abc"),
            Some(json!({ "num": "12", "0": "12", "word": "abc", "1": "abc" }))
        );
        assert!(on(r"r|^/r/num/(\d+)/(\w+)$|num,word", "/r/num/x/abc").is_none());
    }

    #[test]
    fn ht_32_33_values_are_decoded_and_undecodable_ones_noticed() {
        assert_eq!(on("/x/:v", "/x/a%2Fb"), Some(json!({ "v": "a/b" })));
        assert!(matches!(Pattern::parse("/x/:v").unwrap().matches("/x/%E0%A4%A"), Match::Undecodable));
    }

    #[test]
    fn wildcards_are_counted_from_left_to_right() {
        assert_eq!(on("/*/x/*", "/a/b/x/c"), Some(json!({ "0": "a/b", "1": "c" })));
        assert_eq!(on("/*/x/*", "/a/b"), None);
    }

    #[test]
    fn axum_gets_the_patterns_it_can_express() {
        assert_eq!(Pattern::parse("/a/:b/C").unwrap().for_axum().as_deref(), Some("/a/{b}/C"));
        assert_eq!(Pattern::parse("/a/:b?").unwrap().for_axum(), None);
        assert_eq!(Pattern::parse("/a/*").unwrap().for_axum(), None);
        assert_eq!(Pattern::parse("/").unwrap().for_axum().as_deref(), Some("/"));
        assert_eq!(Pattern::parse("/:a/:a").unwrap().for_axum(), None);
        assert_eq!(Pattern::parse("/{a}").unwrap().for_axum(), None);
    }
}
