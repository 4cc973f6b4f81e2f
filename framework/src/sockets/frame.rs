//! From the text of an event to what it asks for: a pure function that takes everything and never fails silently.

use crate::metrics::Limit;
use ::http::Method;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value, json};
use std::fmt;

/// Longest text given as data that is spread into its characters, as Sails does.
const MAX_SPREAD: usize = 1000;
/// Longest excerpt of a malformed message that is given back.
const EXCERPT: usize = 100;

/// What an event of a client is.
#[derive(Debug, PartialEq)]
pub(super) enum Incoming {
    /// None of the seven verbs: nobody listens, as in Sails.
    Unheard,
    /// A virtual request.
    Request(Frame),
    /// A virtual request that cannot be understood.
    Malformed(ParseError),
}

/// A virtual request as the client put it.
#[derive(Debug, PartialEq)]
pub(super) struct Frame {
    pub(super) method: Method,
    pub(super) url: String,
    /// Becomes the body.
    pub(super) data: Value,
    /// Lower-case names, texts as values.
    pub(super) headers: Vec<(String, String)>,
}

/// Why a virtual request cannot be understood.
#[derive(Debug, PartialEq)]
pub(super) struct ParseError {
    pub(super) details: String,
    /// The message has more parts than a request and its ack, so it is no use to answer through the ack.
    pub(super) by_event: bool,
    /// The limit that it is beyond.
    pub(super) limit: Option<Limit>,
}

impl ParseError {
    pub(super) fn new(details: impl Into<String>) -> Self {
        Self { details: details.into(), by_event: false, limit: None }
    }

    /// The same for a request that is beyond a limit.
    fn beyond(limit: Limit, details: String) -> Self {
        Self { limit: Some(limit), ..Self::new(details) }
    }

    /// The object that the client gets: Sails' five keys, and `statusCode` beside them.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "code": "SAILS:HOOK:SOCKETS:PARSE_VIRTUAL_REQ",
            "details": self.details,
            "message": "Failed to parse incoming socket.io request.",
            "name": "Error (SAILS:HOOK:SOCKETS:PARSE_VIRTUAL_REQ):",
            "status": 400,
            "statusCode": 400,
        })
    }
}

/// How much a virtual request may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// How deep its data may be nested.
    pub(super) depth: usize,
    /// How many headers it may have.
    pub(super) headers: usize,
}

/// Reads the text of an event: `["get",{"url":"/user","data":{},"headers":{}}]`.
pub(super) fn parse(text: &str, bounds: Bounds) -> Incoming {
    let depth = bounds.depth;
    let Some(verb) = verb(text) else { return Incoming::Unheard };
    // The list and the message are two levels more.
    if crate::http::is_deeper(text.as_bytes(), depth.saturating_add(2)) {
        let details = format!("The request is nested deeper than {depth} levels (`http.json_depth`).");
        return Incoming::Malformed(ParseError::beyond(Limit::Depth, details));
    }
    match serde_json::from_str::<Parts>(text) {
        Err(error) => Incoming::Malformed(ParseError::new(format!("The request is no JSON: {error}."))),
        Ok(parts) if parts.more => Incoming::Malformed(ParseError {
            details: "The second argument of a request must be its callback.".to_owned(),
            by_event: true,
            limit: None,
        }),
        Ok(Parts { message, .. }) => match message {
            Message::Object(fields) => frame(verb, *fields, bounds.headers),
            Message::Other(value) => Incoming::Malformed(no_url(&value)),
        },
    }
}

/// Reads anything, and checks what is said of a request.
#[cfg(feature = "fuzzing")]
pub(crate) fn fuzz(text: &str) {
    let bounds = Bounds { depth: 20, headers: 10 };
    match parse(text, bounds) {
        Incoming::Unheard => {}
        Incoming::Malformed(error) => assert!(!error.details.is_empty() && error.to_json().is_object()),
        Incoming::Request(frame) => {
            assert!(!frame.url.is_empty() && frame.headers.len() <= bounds.headers);
            assert!(frame.data.is_object() || frame.data.is_array());
            if let Some(uri) = super::virtual_request::uri(&frame.url) {
                assert!(uri.path().starts_with('/') && uri.host().is_none());
            }
        }
    }
}

fn no_url(message: &Value) -> ParseError {
    let shown: String = excerpt(message).chars().take(EXCERPT).collect();
    ParseError::new(format!("No url provided in request: {shown}"))
}

fn frame(method: Method, fields: Fields, most_headers: usize) -> Incoming {
    let url = match fields.url {
        Value::String(url) if !url.is_empty() => url,
        Value::Null => return Incoming::Malformed(no_url(&Value::Object(fields.rest()))),
        Value::String(_) => {
            return Incoming::Malformed(ParseError::new("The `url` of a request cannot be empty."));
        }
        other => {
            let shown: String = excerpt(&other).chars().take(EXCERPT).collect();
            return Incoming::Malformed(ParseError::new(format!(
                "The `url` of a request must be a string, not {shown}."
            )));
        }
    };
    let flat = matches!(method, Method::GET | Method::HEAD | Method::DELETE);
    let data = match body(fields.data, fields.params, flat) {
        Ok(data) => data,
        Err(error) => return Incoming::Malformed(error),
    };
    match headers(fields.headers, most_headers) {
        Ok(headers) => Incoming::Request(Frame { method, url, data, headers }),
        Err(error) => Incoming::Malformed(error),
    }
}

/// `{...params, ...data}`; a list given as `data` stays a list unless the method wants a dictionary.
fn body(data: Option<Value>, params: Option<Value>, flat: bool) -> Result<Value, ParseError> {
    if let (Some(Value::Array(_)), false) = (&data, flat) {
        return Ok(data.unwrap_or_default());
    }
    let mut all = spread(params)?;
    let over = spread(data)?;
    if all.is_empty() {
        return Ok(Value::Object(over));
    }
    all.extend(over);
    Ok(Value::Object(all))
}

/// What JavaScript's spread makes of a value.
fn spread(value: Option<Value>) -> Result<Map<String, Value>, ParseError> {
    match value {
        Some(Value::Object(map)) => Ok(map),
        Some(Value::Array(list)) => {
            Ok(list.into_iter().enumerate().map(|(at, v)| (at.to_string(), v)).collect())
        }
        Some(Value::String(text)) => {
            if text.chars().nth(MAX_SPREAD).is_some() {
                return Err(ParseError::new(
                    "The `data` of a request must be a dictionary or a list, not a text.",
                ));
            }
            Ok(text.chars().enumerate().map(|(at, c)| (at.to_string(), Value::from(c.to_string()))).collect())
        }
        _ => Ok(Map::new()),
    }
}

fn headers(given: Value, most: usize) -> Result<Vec<(String, String)>, ParseError> {
    let Value::Object(map) = given else { return Ok(Vec::new()) };
    if map.len() > most {
        let details =
            format!("The request has {} headers, {most} are allowed (`http.max_headers`).", map.len());
        return Err(ParseError::beyond(Limit::Headers, details));
    }
    Ok(map.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), text(value))).collect())
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Array(list) => list.into_iter().map(text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// A value as a developer's console shows it.
fn excerpt(value: &Value) -> String {
    match value {
        Value::String(text) => text.chars().take(EXCERPT).collect(),
        Value::Array(list) => {
            let items: Vec<String> = list.iter().take(10).map(Value::to_string).collect();
            format!("[ {} ]", items.join(", "))
        }
        Value::Object(map) => {
            let items: Vec<String> =
                map.iter().take(10).map(|(key, value)| format!("{key}: {value}")).collect();
            format!("{{ {} }}", items.join(", "))
        }
        other => other.to_string(),
    }
}

/// The verb that the event's name is, read without parsing the rest.
fn verb(text: &str) -> Option<Method> {
    let name = text.trim_start().strip_prefix('[')?.trim_start().strip_prefix('"')?;
    Some(match &name[..name.find('"')?] {
        "get" => Method::GET,
        "post" => Method::POST,
        "put" => Method::PUT,
        "patch" => Method::PATCH,
        "delete" => Method::DELETE,
        "head" => Method::HEAD,
        "options" => Method::OPTIONS,
        _ => return None,
    })
}

/// The parts of an event.
struct Parts {
    message: Message,
    more: bool,
}

/// The first argument.
enum Message {
    Object(Box<Fields>),
    Other(Value),
}

#[derive(Default)]
struct Fields {
    url: Value,
    data: Option<Value>,
    params: Option<Value>,
    headers: Value,
}

impl Fields {
    /// What came beside the url.
    fn rest(self) -> Map<String, Value> {
        let mut map = Map::new();
        map.extend(self.data.map(|v| ("data".to_owned(), v)));
        map.extend(self.params.map(|v| ("params".to_owned(), v)));
        if !self.headers.is_null() {
            map.insert("headers".to_owned(), self.headers);
        }
        map
    }
}

impl<'de> Deserialize<'de> for Parts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Parts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an event")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Parts, A::Error> {
                list.next_element::<IgnoredAny>()?;
                let message = list.next_element()?.unwrap_or(Message::Other(Value::Null));
                let mut more = false;
                while list.next_element::<IgnoredAny>()?.is_some() {
                    more = true;
                }
                Ok(Parts { message, more })
            }
        }
        deserializer.deserialize_seq(List)
    }
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Message;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a request")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Message, A::Error> {
                let mut fields = Fields::default();
                while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
                    match &*key {
                        "url" => fields.url = map.next_value()?,
                        "data" => fields.data = Some(map.next_value()?),
                        "params" => fields.params = Some(map.next_value()?),
                        "headers" => fields.headers = map.next_value()?,
                        _ => drop(map.next_value::<IgnoredAny>()?),
                    }
                }
                Ok(Message::Object(Box::new(fields)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Message, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Message::Other(Value::Array(items)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Message, E> {
                Ok(Message::Other(Value::from(text)))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Message, E> {
                Ok(Message::Other(Value::from(value)))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Message, E> {
                Ok(Message::Other(Value::from(value)))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Message, E> {
                Ok(Message::Other(Value::from(value)))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Message, E> {
                Ok(Message::Other(Value::from(value)))
            }

            fn visit_unit<E>(self) -> Result<Message, E> {
                Ok(Message::Other(Value::Null))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn within(depth: usize) -> Bounds {
        Bounds { depth, headers: 100 }
    }

    fn read(text: &str) -> Frame {
        match parse(text, within(100)) {
            Incoming::Request(frame) => frame,
            other => panic!("{other:?}"),
        }
    }

    fn details(text: &str) -> String {
        match parse(text, within(100)) {
            Incoming::Malformed(error) => error.details,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rt_12_each_of_the_seven_events_is_its_method() {
        for verb in ["get", "post", "put", "delete", "patch", "options", "head"] {
            assert_eq!(read(&format!(r#"["{verb}",{{"url":"/x"}}]"#)).method.as_str(), verb.to_uppercase());
        }
    }

    #[test]
    fn rt_13_other_events_are_not_heard() {
        for event in
            [r#"["GET",{"url":"/x"}]"#, r#"["foo",{}]"#, r#"["get "]"#, "[]", "{}", "", "[1]", "[\"get"]
        {
            assert_eq!(parse(event, within(100)), Incoming::Unheard, "{event}");
        }
    }

    #[test]
    fn rt_14_a_method_in_the_message_is_ignored() {
        assert_eq!(read(r#"["get",{"method":"post","url":"/x"}]"#).method, Method::GET);
    }

    #[test]
    fn rt_15_params_lie_under_data() {
        let frame = read(r#"["post",{"url":"/x","params":{"a":1,"b":1},"data":{"b":2}}]"#);
        assert_eq!(frame.data, json!({ "a": 1, "b": 2 }));
    }

    #[test]
    fn rt_17_a_list_stays_one_where_the_method_has_a_body() {
        assert_eq!(read(r#"["put",{"url":"/x","data":[1,2]}]"#).data, json!([1, 2]));
        assert_eq!(read(r#"["get",{"url":"/x","data":[1,2]}]"#).data, json!({ "0": 1, "1": 2 }));
        assert_eq!(read(r#"["put",{"url":"/x","params":[1]}]"#).data, json!({ "0": 1 }));
    }

    #[test]
    fn odd_data_is_spread_as_javascript_does() {
        assert_eq!(read(r#"["put",{"url":"/x","data":"ab"}]"#).data, json!({ "0": "a", "1": "b" }));
        for nothing in ["5", "null", "true"] {
            assert_eq!(read(&format!(r#"["put",{{"url":"/x","data":{nothing}}}]"#)).data, json!({}));
        }
        assert_eq!(read(r#"["put",{"url":"/x"}]"#).data, json!({}));
        let long = format!(r#"["put",{{"url":"/x","data":"{}"}}]"#, "x".repeat(5000));
        assert!(details(&long).contains("must be a dictionary"));
    }

    #[test]
    fn rt_29_30_a_message_without_a_url_is_a_parse_error() {
        assert_eq!(details(r#"["get"]"#), "No url provided in request: null");
        assert_eq!(details(r#"["get",null]"#), "No url provided in request: null");
        assert_eq!(details(r#"["get",7]"#), "No url provided in request: 7");
        assert_eq!(details(r#"["get","/echo"]"#), "No url provided in request: /echo");
        assert_eq!(details(r#"["get",[1]]"#), "No url provided in request: [ 1 ]");
        assert_eq!(details(r#"["get",{"data":{}}]"#), "No url provided in request: { data: {} }");
        assert!(details(r#"["get",{"url":""}]"#).contains("empty"));
        assert!(details(r#"["get",{"url":5}]"#).contains("must be a string, not 5"));
        assert_eq!(details(r#"["get",1.5]"#), "No url provided in request: 1.5");
        assert_eq!(details(r#"["get",-1]"#), "No url provided in request: -1");
        assert_eq!(details(r#"["get",true]"#), "No url provided in request: true");
    }

    #[test]
    fn a_second_argument_that_is_no_ack_is_told_by_an_event() {
        let Incoming::Malformed(error) = parse(r#"["get",{"url":"/x"},"x"]"#, within(100)) else { panic!() };
        assert!(error.by_event);
    }

    #[test]
    fn rt_33_header_names_are_lower_case_and_values_texts() {
        let frame = read(r#"["get",{"url":"/x","headers":{"X-A":5,"B":true,"c":["x","y"],"d":null}}]"#);
        let expected = [("x-a", "5"), ("b", "true"), ("c", "x,y"), ("d", "null")];
        assert_eq!(frame.headers, expected.map(|(n, v)| (n.to_owned(), v.to_owned())));
        assert!(read(r#"["get",{"url":"/x","headers":"nonsense"}]"#).headers.is_empty());
    }

    #[test]
    fn too_many_headers_are_refused_and_not_forgotten() {
        let with = |n: usize| {
            let headers: Map<String, Value> = (0..n).map(|n| (format!("x-{n}"), json!(n))).collect();
            json!(["get", { "url": "/x", "headers": headers }]).to_string()
        };
        assert_eq!(read(&with(100)).headers.len(), 100);
        let Incoming::Malformed(error) = parse(&with(101), within(100)) else { panic!() };
        assert_eq!(error.limit, Some(Limit::Headers));
        assert!(error.details.contains("http.max_headers"), "{}", error.details);
    }

    #[test]
    fn deep_data_is_refused_before_it_is_built() {
        let deep =
            |n: usize| format!(r#"["post",{{"url":"/x","data":{}1{}}}]"#, "[".repeat(n), "]".repeat(n));
        assert!(matches!(parse(&deep(50), within(50)), Incoming::Request(_)));
        assert!(matches!(parse(&deep(51), within(50)), Incoming::Malformed(_)));
        assert!(matches!(parse(&deep(100_000), within(50)), Incoming::Malformed(_)));
        // Deeper than serde_json itself goes.
        assert!(matches!(parse(&deep(5_000), within(usize::MAX)), Incoming::Malformed(_)));
    }

    #[test]
    fn no_text_makes_it_panic() {
        let seed = r#"["post",{"url":"/x?a=1","data":{"ä":[1,"\u00e4\"",null]},"params":{"b":{}},"headers":{"X":1}}]"#;
        for cut in seed.char_indices().map(|(at, _)| at) {
            for text in [&seed[..cut], &seed[cut..]] {
                parse(text, within(100));
            }
            for junk in ["\"", "[", "{", "}", "]", "\\", "\0", "é", ","] {
                parse(&format!("{}{junk}{}", &seed[..cut], &seed[cut..]), within(100));
            }
        }
    }

    #[test]
    fn d18_a_parse_error_carries_its_status_twice() {
        let error = ParseError::new("x").to_json();
        assert_eq!((&error["status"], &error["statusCode"]), (&json!(400), &json!(400)));
        assert_eq!(error["code"], "SAILS:HOOK:SOCKETS:PARSE_VIRTUAL_REQ");
    }
}
