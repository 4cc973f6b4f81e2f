//! Parameters: the query string and the body as dictionaries.

use serde_json::{Map, Value};

/// Parameters by name.
pub type Params = Map<String, Value>;

/// Nesting of `a[b][c]` that is followed; deeper brackets are refused by the parser.
const QUERY_DEPTH: usize = 5;
/// Names in a query string or urlencoded body; what is beyond is not read.
pub(crate) const MAX_PAIRS: usize = 1000;

/// The body once it has been read.
#[derive(Debug)]
pub(crate) enum ParsedBody {
    /// GET, HEAD and OPTIONS over HTTP have none.
    Absent,
    /// JSON, urlencoded, or the data of a virtual request.
    Value(Value),
}

impl ParsedBody {
    pub(crate) fn value(&self) -> Option<&Value> {
        match self {
            Self::Absent => None,
            Self::Value(value) => Some(value),
        }
    }
}

/// Parses `a=1&b[c]=2&d[]=3`; a repeated key becomes a list. What cannot be parsed so is read flat.
pub(crate) fn parse_query(text: &str) -> Params {
    let mut params = Params::new();
    for pair in text.split('&').filter(|p| !p.is_empty()).take(MAX_PAIRS) {
        let (key, value) = key_and_value(pair);
        let key = decode(key);
        insert(&mut params, &key, Value::from(decode(value)));
    }
    params
}

/// Splits at the `=` behind the last bracket, if there are brackets: `age[<=]=10` is about `age[<=]`.
///
/// # Source
/// `qs`, `lib/parse.js`: the first `]=` is where the value begins.
fn key_and_value(pair: &str) -> (&str, &str) {
    let behind = |bracket: &str| pair.find(bracket).map(|at| at + bracket.len() - 1);
    match ["]=", "%5D=", "%5d="].into_iter().filter_map(behind).min() {
        Some(at) => (&pair[..at], &pair[at + 1..]),
        None => pair.split_once('=').unwrap_or((pair, "")),
    }
}

fn decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    crate::http::percent_decode_lossy(&spaced).into_owned()
}

/// Splits `a[b][]` into its name and its brackets; a malformed or too deep one is a plain name.
fn brackets(key: &str) -> (&str, Vec<&str>) {
    let Some(open) = key.find('[').filter(|&at| at > 0) else {
        return (key, Vec::new());
    };
    let mut segments = Vec::new();
    let mut rest = &key[open..];
    while let Some(inner) = rest.strip_prefix('[') {
        let Some(close) = inner.find(']') else { return (key, Vec::new()) };
        segments.push(&inner[..close]);
        rest = &inner[close + 1..];
    }
    if rest.is_empty() && segments.len() <= QUERY_DEPTH {
        (&key[..open], segments)
    } else {
        (key, Vec::new())
    }
}

fn insert(params: &mut Params, key: &str, value: Value) {
    let (name, segments) = brackets(key);
    // Scripts that read our answers would set the prototype of their object.
    if name.is_empty() || name == "__proto__" || segments.contains(&"__proto__") {
        return;
    }
    let slot = params.entry(name.to_owned()).or_insert(Value::Null);
    place(slot, &segments, value);
}

fn place(slot: &mut Value, segments: &[&str], value: Value) {
    let Some((first, rest)) = segments.split_first() else {
        match slot {
            Value::Null => *slot = value,
            Value::Array(list) => list.push(value),
            Value::Object(object) => {
                let key = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                object.insert(key, Value::Bool(true));
            }
            _ => *slot = Value::Array(vec![slot.take(), value]),
        }
        return;
    };
    let index = first.parse::<usize>().ok().filter(|&i| i <= 20);
    if (first.is_empty() || index.is_some()) && !slot.is_object() {
        let grows = !slot.is_array();
        if grows {
            *slot = match slot.take() {
                Value::Null => Value::Array(Vec::new()),
                single => Value::Array(vec![single]),
            };
        }
        if let Value::Array(list) = slot {
            match index {
                Some(i) if i < list.len() && !grows => place(&mut list[i], rest, value),
                _ => {
                    let mut item = Value::Null;
                    place(&mut item, rest, value);
                    list.push(item);
                }
            }
        }
        return;
    }
    *slot = match slot.take() {
        Value::Null => Value::Object(Map::new()),
        Value::Array(list) => {
            Value::Object(list.into_iter().enumerate().map(|(at, item)| (at.to_string(), item)).collect())
        }
        object @ Value::Object(_) => object,
        single => Value::Array(vec![single]),
    };
    if let Value::Array(list) = slot {
        let mut item = Value::Null;
        place(&mut item, segments, value);
        list.push(item);
    } else if let Value::Object(object) = slot {
        let key = if first.is_empty() { "0" } else { *first };
        place(object.entry(key.to_owned()).or_insert(Value::Null), rest, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ht_14_an_equals_sign_in_brackets_belongs_to_the_name() {
        for query in ["age[<=]=1=2&a=b", "age%5B%3C=%5D=1%3D2&a=b", "age%5b%3c%3d%5d=1=2&a=b"] {
            assert_eq!(
                Value::Object(parse_query(query)),
                json!({ "age": { "<=": "1=2" }, "a": "b" }),
                "{query}"
            );
        }
        assert_eq!(Value::Object(parse_query("a[!=]&b=1")), json!({ "a[!": "]", "b": "1" }));
    }

    #[test]
    fn ht_14_brackets_nest_and_repeat() {
        assert_eq!(
            Value::Object(parse_query("a[b]=1&c[]=2&c[]=3")),
            json!({ "a": { "b": "1" }, "c": ["2", "3"] })
        );
        assert_eq!(Value::Object(parse_query("a=1&a=2&e&f=")), json!({ "a": ["1", "2"], "e": "", "f": "" }));
        assert_eq!(
            Value::Object(parse_query("a[0]=x&a[1]=y&b[0][c]=z")),
            json!({ "a": ["x", "y"], "b": [{ "c": "z" }] })
        );
        assert_eq!(Value::Object(parse_query("n=%C3%A4+b")), json!({ "n": "ä b" }));
    }

    #[test]
    fn forms_that_do_not_fit_together_keep_every_value() {
        for (query, expected) in [
            ("a[b]=1&a[]=2", json!({ "b": "1", "0": "2" })),
            ("a[]=1&a[b]=2", json!({ "0": "1", "b": "2" })),
            ("a=1&a[b]=2", json!(["1", { "b": "2" }])),
            ("a[b]=1&a=2", json!({ "b": "1", "2": true })),
            ("a=1&a[]=2", json!(["1", "2"])),
            ("a=1&a[0]=2", json!(["1", "2"])),
        ] {
            assert_eq!(parse_query(query)["a"], expected, "{query}");
        }
        assert!(parse_query("=x&__proto__[x]=1&__proto__=1").is_empty());
    }

    #[test]
    fn hostile_queries_stay_small_and_do_not_panic() {
        assert_eq!(
            Value::Object(parse_query("a[=1&[b]=2&]c=3")),
            json!({ "a[": "1", "[b]": "2", "]c": "3" })
        );
        let deep = format!("a{}=1", "[x]".repeat(10_000));
        assert_eq!(parse_query(&deep).len(), 1);
        assert!(parse_query(&"k[]=1&".repeat(5_000))["k"].as_array().is_some_and(|l| l.len() == MAX_PAIRS));
        parse_query("%E0%A4%A=1&a[999999999]=2&a=%");
    }
}
