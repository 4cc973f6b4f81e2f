//! `Link` (RFC 8288): the addresses of other pages of the same list.

use crate::{Req, http::percent_decode_lossy, req::Params};
use ::http::HeaderValue;
use serde_json::{Map, Value};

/// Parameters that say which page is meant; a link has its own.
const PLACES: [&str; 4] = ["skip", "page", "after", "before"];

/// Parameters of the list itself that are no condition.
const CLAUSES: [&str; 7] = ["where", "limit", "page_size", "sort", "populate", "select", "omit"];

/// A longer header is left away: proxies refuse it.
const LONGEST: usize = 8 * 1024;

/// Each link: its relation, and the parameter that leads there, if any.
#[derive(Default)]
pub(super) struct Links(Vec<(&'static str, Option<(&'static str, String)>)>);

impl Links {
    /// By the number of records before the page.
    pub(super) fn of_skips(skip: u64, limit: u64, more: bool, total: Option<u64>) -> Self {
        let at = |skip: u64| (skip > 0).then(|| ("skip", skip.to_string()));
        let mut links = vec![("first", None)];
        if skip > 0 {
            links.push(("prev", at(skip.saturating_sub(limit))));
        }
        if more {
            links.push(("next", at(skip.saturating_add(limit))));
        }
        if let Some(total) = total.filter(|total| *total > 0) {
            links.push(("last", at((total - 1) / limit * limit)));
        }
        Self(links)
    }

    /// By the number of the page.
    pub(super) fn of_pages(page: u64, more: bool, pages: Option<u64>) -> Self {
        let at = |page: u64| Some(("page", page.to_string()));
        let mut links = vec![("first", at(1))];
        if page > 1 {
            links.push(("prev", at(page - 1)));
        }
        if more {
            links.push(("next", at(page.saturating_add(1))));
        }
        if let Some(last) = pages.filter(|last| *last > 0) {
            links.push(("last", at(last)));
        }
        Self(links)
    }

    /// By the records at the edges of the page.
    pub(super) fn of_cursors(before: Option<String>, after: Option<String>) -> Self {
        let mut links = vec![("first", None)];
        links.extend(before.map(|cursor| ("prev", Some(("before", cursor)))));
        links.extend(after.map(|cursor| ("next", Some(("after", cursor)))));
        links.push(("last", Some(("before", String::new()))));
        Self(links)
    }

    /// The header; nothing where there is none to give, or where it would be too long.
    pub(super) fn header(&self, req: &Req) -> Option<HeaderValue> {
        if self.0.is_empty() {
            return None;
        }
        let query = remaining(req);
        let link = |(relation, place): &(&str, Option<(&str, String)>)| {
            let place = place.as_ref().map(|(name, value)| pair(name, value));
            let query: Vec<&str> = query.iter().map(String::as_str).chain(place.as_deref()).collect();
            let mark = if query.is_empty() { "" } else { "?" };
            format!("<{}{mark}{}>; rel=\"{relation}\"", req.uri().path(), query.join("&"))
        };
        let text = self.0.iter().map(link).collect::<Vec<_>>().join(", ");
        HeaderValue::from_str(&text).ok().filter(|_| text.len() <= LONGEST)
    }
}

/// The query of the request without what says which page is meant; parameters from a body become part of it.
fn remaining(req: &Req) -> Vec<String> {
    match req.body() {
        Some(Value::Object(body)) if !body.is_empty() => of_params(req.params(), req.path_params()),
        _ => {
            let pairs = req.uri().query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
            let is_place = |pair: &str| {
                let name = percent_decode_lossy(pair.split('=').next().unwrap_or_default());
                PLACES.contains(&&*name)
            };
            pairs.filter(|pair| !is_place(pair)).map(str::to_owned).collect()
        }
    }
}

fn of_params(params: &Params, path: &Params) -> Vec<String> {
    let mut pairs = Vec::new();
    let mut free = Map::new();
    for (name, value) in params {
        if PLACES.contains(&name.as_str()) || path.contains_key(name) {
            continue;
        }
        if CLAUSES.contains(&name.as_str()) {
            pairs.push(pair(name, &in_address(name, value)));
        } else {
            free.insert(name.clone(), value.clone());
        }
    }
    if !free.is_empty() && !params.contains_key("where") {
        pairs.push(pair("where", &Value::Object(free).to_string()));
    }
    pairs
}

/// A clause as a text that is read as the same clause.
fn in_address(name: &str, value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(names) if matches!(name, "populate" | "select" | "omit") => {
            names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")
        }
        other => other.to_string(),
    }
}

fn pair(name: &str, value: &str) -> String {
    let mut out = format!("{name}=");
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn relations(links: &Links) -> Vec<String> {
        let shown = |(relation, place): &(&str, Option<(&str, String)>)| match place {
            Some((name, value)) => format!("{relation} {name}={value}"),
            None => (*relation).to_owned(),
        };
        links.0.iter().map(shown).collect()
    }

    #[test]
    fn there_is_a_link_only_to_pages_that_exist() {
        assert_eq!(relations(&Links::of_skips(0, 10, false, Some(0))), ["first"]);
        assert_eq!(relations(&Links::of_skips(0, 10, true, None)), ["first", "next skip=10"]);
        assert_eq!(
            relations(&Links::of_skips(5, 10, true, Some(31))),
            ["first", "prev", "next skip=15", "last skip=30"]
        );
        assert_eq!(
            relations(&Links::of_pages(3, false, Some(3))),
            ["first page=1", "prev page=2", "last page=3"]
        );
    }

    #[test]
    fn parameters_of_a_body_become_a_query() {
        let params = |value: Value| match value {
            Value::Object(map) => Params::from_iter(map),
            _ => Params::new(),
        };
        let all =
            params(json!({ "age": { ">": 1 }, "skip": 3, "limit": 2, "select": ["name", "age"], "team": 7 }));
        assert_eq!(
            of_params(&all, &params(json!({ "team": 7 }))),
            ["limit=2", "select=name%2Cage", "where=%7B%22age%22%3A%7B%22%3E%22%3A1%7D%7D"]
        );
    }
}
