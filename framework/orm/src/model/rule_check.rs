//! Trying validation rules on a value.

use serde_json::Value;

use super::{Kind, Rule};
use crate::values::clock;

impl Rule {
    /// What is wrong with `value`, or nothing.
    pub fn violation(&self, value: &Value) -> Option<String> {
        if value.is_null() || (value == "" && !self.applies_to_empty()) {
            return None;
        }
        let fails = |bad: bool, message: String| bad.then_some(message);
        let text = value.as_str();
        let is_not =
            |ok: bool, what: &str| fails(!ok, format!("the value ({}) is not {what}", excerpt(value)));
        match self {
            Self::IsAfter(ms) => is_not(
                clock::moment(value).is_some_and(|m| m > *ms),
                &format!("a moment after {}", clock::iso(*ms)),
            ),
            Self::IsBefore(ms) => is_not(
                clock::moment(value).is_some_and(|m| m < *ms),
                &format!("a moment before {}", clock::iso(*ms)),
            ),
            Self::IsBoolean => is_not(value.is_boolean(), "true or false"),
            Self::IsCreditCard => is_not(text.is_some_and(is_credit_card), "a credit card number"),
            Self::IsEmail => is_not(text.is_some_and(is_email), "an email address"),
            Self::IsHexColor => is_not(text.is_some_and(is_hex_color), "a hexadecimal color"),
            Self::IsIn(list) => fails(
                !list.iter().any(|m| same(m, value)),
                format!("the value ({}) is not one of {}", excerpt(value), listed(list)),
            ),
            Self::IsNotIn(list) => fails(
                list.iter().any(|m| same(m, value)),
                format!("the value ({}) is one of {}", excerpt(value), listed(list)),
            ),
            Self::IsInteger => is_not(value.as_f64().is_some_and(|n| n.fract() == 0.0), "a whole number"),
            Self::IsIp => {
                is_not(text.is_some_and(|t| t.parse::<std::net::IpAddr>().is_ok()), "an IP address")
            }
            Self::IsNotEmptyString => fails(value == "", "the value is an empty string".into()),
            Self::IsNumber => is_not(value.is_number(), "a number"),
            Self::IsString => is_not(value.is_string(), "a text"),
            Self::IsUrl => is_not(text.is_some_and(is_url), "a URL"),
            Self::IsUuid => is_not(text.is_some_and(is_uuid), "a UUID"),
            Self::Max(n) => fails(
                value.as_f64().is_none_or(|v| v > *n),
                format!("the value ({}) is greater than the maximum ({n})", excerpt(value)),
            ),
            Self::Min(n) => fails(
                value.as_f64().is_none_or(|v| v < *n),
                format!("the value ({}) is less than the minimum ({n})", excerpt(value)),
            ),
            Self::MaxLength(n) => {
                let len = length(value);
                fails(
                    len.is_none_or(|l| l > *n),
                    format!("the value has {} characters, {n} are allowed", len.unwrap_or(0)),
                )
            }
            Self::MinLength(n) => {
                let len = length(value);
                fails(
                    len.is_none_or(|l| l < *n),
                    format!("the value has {} characters, at least {n} are needed", len.unwrap_or(0)),
                )
            }
            Self::Regex(p) => fails(
                !text.is_some_and(|t| p.compiled.as_ref().is_ok_and(|re| re.is_match(t))),
                format!("the value ({}) does not match /{}/", excerpt(value), p.text),
            ),
            Self::Custom(f) => f(value).err(),
        }
    }

    /// Why the rule cannot be put on an attribute of this kind, or nothing.
    pub(crate) fn misfit(&self, kind: Kind) -> Option<String> {
        if let Self::Regex(p) = self
            && let Err(e) = &p.compiled
        {
            return Some(format!("`regex` does not compile: {e}"));
        }
        let numeric = matches!(kind, Kind::Int | Kind::Float);
        let fits = kind == Kind::Json
            || match self {
                Self::Custom(_) => true,
                Self::IsAfter(_) | Self::IsBefore(_) | Self::IsIn(_) | Self::IsNotIn(_) => {
                    numeric || kind == Kind::Text
                }
                Self::IsInteger | Self::Max(_) | Self::Min(_) => numeric,
                Self::IsBoolean | Self::IsNumber | Self::IsString => false,
                _ => kind == Kind::Text,
            };
        (!fits).then(|| format!("the rule `{}` does not fit the type {}", self.name(), kind.type_name()))
    }
}

fn same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

fn length(v: &Value) -> Option<usize> {
    match v {
        // UTF-16 units, as JavaScript and so every client counts.
        Value::String(s) => Some(s.encode_utf16().count()),
        Value::Array(a) => Some(a.len()),
        _ => None,
    }
}

fn listed(list: &[Value]) -> String {
    list.iter().map(excerpt).collect::<Vec<_>>().join(", ")
}

/// The value as text, cut to what fits into a message.
pub(crate) fn excerpt(v: &Value) -> String {
    let mut text = match v {
        Value::String(s) => format!("'{}'", s.chars().take(60).collect::<String>()),
        Value::Array(a) if a.len() > 20 => return format!("a list of {}", a.len()),
        v => v.to_string(),
    };
    if text.chars().count() > 62 {
        text = text.chars().take(60).collect::<String>() + "…";
    }
    text
}

fn is_email(s: &str) -> bool {
    let Some((local, host)) = s.rsplit_once('@') else { return false };
    let atom = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    s.len() <= 254
        && (1..=64).contains(&local.len())
        && local.split('.').all(|part| !part.is_empty() && part.chars().all(atom))
        && host.contains('.')
        && is_host(host)
        && host
            .rsplit('.')
            .next()
            .is_some_and(|tld| tld.chars().count() >= 2 && !tld.chars().all(|c| c.is_ascii_digit()))
}

fn is_host(host: &str) -> bool {
    !host.is_empty()
        && host.len() <= 253
        && host.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
}

fn is_url(s: &str) -> bool {
    if s.len() > 2083 || s.chars().any(|c| c.is_whitespace() || c == '<' || c == '>' || c == '"') {
        return false;
    }
    let rest = match s.split_once("://") {
        Some((scheme, rest)) if ["http", "https", "ftp"].contains(&scheme.to_lowercase().as_str()) => rest,
        Some(_) => return false,
        None => s,
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let host_port = authority.rsplit_once('@').map_or(authority, |(_, h)| h);
    if let Some(v6) = host_port.strip_prefix('[') {
        let Some((addr, port)) = v6.split_once(']') else { return false };
        return addr.parse::<std::net::Ipv6Addr>().is_ok()
            && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port));
    }
    let (host, port) = match host_port.split_once(':') {
        Some((h, p)) => (h, Some(p)),
        None => (host_port, None),
    };
    port.is_none_or(is_port)
        && (host == "localhost"
            || host.parse::<std::net::Ipv4Addr>().is_ok()
            || (is_host(host)
                && host.contains('.')
                && host.rsplit('.').next().is_some_and(|tld| {
                    tld.chars().count() >= 2
                        && tld.chars().all(|c| c.is_alphabetic() || c == '-' || c.is_ascii_digit())
                        && !tld.chars().all(|c| c.is_ascii_digit())
                })))
}

fn is_port(p: &str) -> bool {
    p.bytes().all(|b| b.is_ascii_digit()) && p.parse::<u16>().is_ok_and(|n| n > 0)
}

fn is_uuid(s: &str) -> bool {
    let groups: Vec<&str> = s.split('-').collect();
    groups.len() == 5
        && groups
            .iter()
            .zip([8, 4, 4, 4, 12])
            .all(|(g, n)| g.len() == n && g.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn is_hex_color(s: &str) -> bool {
    let digits = s.strip_prefix('#').unwrap_or(s);
    [3, 4, 6, 8].contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_credit_card(s: &str) -> bool {
    if !s.chars().all(|c| c.is_ascii_digit() || c == ' ' || c == '-') {
        return false;
    }
    let digits: Vec<u32> = s.chars().filter_map(|c| c.to_digit(10)).collect();
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| {
            if i % 2 == 0 {
                *d
            } else if d * 2 > 9 {
                d * 2 - 9
            } else {
                d * 2
            }
        })
        .sum();
    (12..=19).contains(&digits.len()) && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rules_accept_and_refuse() {
        let cases = [
            (Rule::IsEmail, json!("a@b.co"), true),
            (Rule::IsEmail, json!("nope"), false),
            (Rule::IsEmail, json!("a@b"), false),
            (Rule::IsEmail, json!("a..b@x.io"), false),
            (Rule::IsUrl, json!("example.com/a?b"), true),
            (Rule::IsUrl, json!("http://localhost:3000"), true),
            (Rule::IsUrl, json!("not a url"), false),
            (Rule::IsUrl, json!("javascript://x.y"), false),
            (Rule::IsUrl, json!("nope"), false),
            (Rule::IsUuid, json!("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), true),
            (Rule::IsUuid, json!("6ba7b810"), false),
            (Rule::IsIp, json!("::1"), true),
            (Rule::IsIp, json!("1.2.3"), false),
            (Rule::IsHexColor, json!("#fff"), true),
            (Rule::IsHexColor, json!("ggg"), false),
            (Rule::IsCreditCard, json!("4111 1111 1111 1111"), true),
            (Rule::IsCreditCard, json!("4111 1111 1111 1112"), false),
            (Rule::IsInteger, json!(1.0), true),
            (Rule::IsInteger, json!(1.5), false),
            (Rule::Min(1.0), json!(0), false),
            (Rule::Max(5.0), json!(5), true),
            (Rule::MaxLength(2), json!("ab"), true),
            (Rule::MaxLength(2), json!("abc"), false),
            (Rule::MinLength(2), json!("a"), false),
            (Rule::IsIn(vec![json!("a")]), json!("b"), false),
            (Rule::IsNotIn(vec![json!(1)]), json!(1), false),
            (Rule::IsNotEmptyString, json!(""), false),
            (Rule::IsEmail, json!(""), true),
            (Rule::IsEmail, json!(null), true),
            (Rule::regex("^[a-z-]+$"), json!("a-b"), true),
            (Rule::regex("^[a-z-]+$"), json!("A"), false),
            (Rule::is_after("2020-01-01"), json!("2021-01-01T00:00:00Z"), true),
            (Rule::is_after("2020-01-01"), json!(5), false),
            (Rule::is_before("2020-01-01"), json!(5), true),
        ];
        for (rule, value, passes) in cases {
            assert_eq!(rule.violation(&value).is_none(), passes, "{rule:?} on {value}");
        }
    }
}
