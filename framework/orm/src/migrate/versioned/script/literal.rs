//! Names and values written into SQL.

use serde_json::Value;

use crate::{
    datastore::{Dialect, bind},
    model::Kind,
};

/// The name in the database's quotes.
pub(super) fn name(dialect: Dialect, name: &str) -> String {
    let quote = if dialect.is_mysql() { '`' } else { '"' };
    format!("{quote}{}{quote}", name.replace(quote, &format!("{quote}{quote}")))
}

/// The names, separated by commas.
pub(super) fn names<'n>(dialect: Dialect, all: impl IntoIterator<Item = &'n str>) -> String {
    all.into_iter().map(|n| name(dialect, n)).collect::<Vec<_>>().join(", ")
}

/// The value as an attribute of this kind stores it.
pub(super) fn literal(dialect: Dialect, kind: Kind, value: &Value) -> String {
    use sea_query::Value as V;
    match bind(kind, value) {
        V::BigInt(Some(n)) => n.to_string(),
        V::Double(Some(f)) if f.is_finite() => format!("{f:?}"),
        V::Bool(Some(true)) => "TRUE".into(),
        V::Bool(Some(false)) => "FALSE".into(),
        V::String(Some(s)) => text(dialect, &s),
        V::Json(Some(json)) => text(dialect, &json.to_string()),
        _ => "NULL".into(),
    }
}

/// The text in quotes, on one line, the same whatever the server says of backslashes.
pub(super) fn text(dialect: Dialect, text: &str) -> String {
    let plain = |s: &str| format!("'{}'", s.replace('\'', "''"));
    let special = |c: char| c.is_ascii_control() || (c == '\\' && dialect.is_mysql());
    if dialect == Dialect::Postgres {
        if !text.contains(|c: char| special(c) || c == '\\') {
            return plain(text);
        }
        let escaped: String = text
            .chars()
            .map(|c| match c {
                '\\' => "\\\\".into(),
                '\'' => "''".into(),
                c if special(c) => format!("\\x{:02X}", u32::from(c)),
                c => c.to_string(),
            })
            .collect();
        return format!("E'{escaped}'");
    }
    if !text.contains(special) {
        return plain(text);
    }
    let mut parts: Vec<String> = vec![];
    let mut rest = text;
    while let Some(at) = rest.find(special) {
        let code = u32::from(rest.as_bytes()[at]);
        if at > 0 {
            parts.push(plain(&rest[..at]));
        }
        parts.push(if dialect.is_mysql() {
            format!("CHAR({code} USING utf8mb4)")
        } else {
            format!("char({code})")
        });
        rest = &rest[at + 1..];
    }
    if !rest.is_empty() {
        parts.push(plain(rest));
    }
    if dialect.is_mysql() { format!("CONCAT({})", parts.join(", ")) } else { parts.join(" || ") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_cannot_leave_its_quotes() {
        let hostile = "it's \\' --\n; \"ü";
        let written = [
            (Dialect::Sqlite, r#"'it''s \'' --' || char(10) || '; "ü'"#),
            (Dialect::Postgres, r#"E'it''s \\'' --\x0A; "ü'"#),
            (
                Dialect::Mysql,
                r#"CONCAT('it''s ', CHAR(92 USING utf8mb4), ''' --', CHAR(10 USING utf8mb4), '; "ü')"#,
            ),
        ];
        for (dialect, expected) in written {
            assert_eq!(literal(dialect, Kind::Text, &json!(hostile)), expected);
        }
        assert_eq!(literal(Dialect::Postgres, Kind::Text, &json!("it's")), "'it''s'");
        assert_eq!(literal(Dialect::Sqlite, Kind::Int, &json!("1; DROP")), "NULL");
        assert_eq!(literal(Dialect::Sqlite, Kind::Float, &json!(5)), "5.0");
        assert_eq!(literal(Dialect::Sqlite, Kind::Bool, &json!(true)), "TRUE");
        assert_eq!(literal(Dialect::Sqlite, Kind::Json, &json!({ "a": "'" })), r#"'{"a":"''"}'"#);
        assert_eq!(name(Dialect::Mysql, "a`b"), "`a``b`");
        assert_eq!(names(Dialect::Postgres, ["a\"b", "c"]), r#""a""b", "c""#);
    }
}
