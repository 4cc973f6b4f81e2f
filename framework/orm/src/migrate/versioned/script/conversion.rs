//! Values of one kind as values of another, in SQL: by the rules for values that a caller gives.
//!
//! What cannot be converted has to stop the migration, not to become something else.

use super::literal::{name, text};
use crate::{datastore::Dialect, model::Kind};

/// The function that a conversion to JSON needs in PostgreSQL, which has no other way to try.
pub(super) const TRY_JSON: &str = "CREATE FUNCTION pg_temp.topsail_json(value text) RETURNS jsonb LANGUAGE plpgsql AS $$\n\
    BEGIN RETURN value::jsonb; EXCEPTION WHEN others THEN RETURN to_jsonb(value); END $$";

/// Takes the function away.
pub(super) const FORGET_TRY_JSON: &str = "DROP FUNCTION pg_temp.topsail_json(text)";

/// Whether [`TRY_JSON`] is needed.
pub(super) fn tries_json(dialect: Dialect, from: Kind, to: Kind) -> bool {
    dialect == Dialect::Postgres && from == Kind::Text && to == Kind::Json
}

/// The column's values as values of the kind `to`.
pub(super) fn convert(dialect: Dialect, from: Kind, to: Kind, column: &str) -> String {
    let c = name(dialect, column);
    if from == to {
        return c;
    }
    match dialect {
        Dialect::Sqlite => sqlite(from, to, &c),
        Dialect::Postgres => postgres(from, to, &c),
        Dialect::Mysql | Dialect::Mariadb => mysql(from, to, &c),
    }
}

/// What stored values have to be so that SQLite, which stores anything in any column, has converted them all.
pub(super) fn sqlite_guard(to: Kind, column: &str) -> Option<String> {
    let c = name(Dialect::Sqlite, column);
    Some(match to {
        Kind::Int => format!("typeof({c}) IN ('integer', 'null')"),
        Kind::Float => format!("typeof({c}) IN ('real', 'integer', 'null')"),
        Kind::Bool => format!("{c} IS NULL OR (typeof({c}) = 'integer' AND {c} IN (0, 1))"),
        _ => return None,
    })
}

/// Numbers need no words: the column's own type converts them, and leaves what is no number for the guard.
fn sqlite(from: Kind, to: Kind, c: &str) -> String {
    match (from, to) {
        (Kind::Json, Kind::Text) => {
            format!("CASE json_type({c}) WHEN 'text' THEN json_extract({c}, '$') ELSE {c} END")
        }
        (Kind::Json, _) => truth(to, &format!("json_extract({c}, '$')")),
        (Kind::Bool, Kind::Text | Kind::Json) => {
            format!("CASE {c} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END")
        }
        (Kind::Float, Kind::Text | Kind::Json) => {
            format!(
                "CAST(CASE WHEN {c} = CAST({c} AS INTEGER) THEN CAST({c} AS INTEGER) ELSE {c} END AS TEXT)"
            )
        }
        (Kind::Text, Kind::Json) => format!("CASE WHEN json_valid({c}) THEN {c} ELSE json_quote({c}) END"),
        (_, Kind::Text | Kind::Json) => format!("CAST({c} AS TEXT)"),
        (_, _) => truth(to, c),
    }
}

fn truth(to: Kind, c: &str) -> String {
    if to == Kind::Bool {
        format!(
            "CASE {c} WHEN 'true' THEN 1 WHEN '1' THEN 1 WHEN 'false' THEN 0 WHEN '0' THEN 0 ELSE {c} END"
        )
    } else {
        c.into()
    }
}

fn postgres(from: Kind, to: Kind, c: &str) -> String {
    match (from, to) {
        (Kind::Json, Kind::Text) => format!("{c} #>> '{{}}'"),
        (Kind::Json, _) => postgres(Kind::Text, to, &format!("({c} #>> '{{}}')")),
        (Kind::Text, Kind::Json) => format!("pg_temp.topsail_json({c})"),
        (_, Kind::Json) => format!("to_jsonb({c})"),
        (_, Kind::Text) => format!("{c}::text"),
        (Kind::Text, Kind::Int) => format!("{c}::bigint"),
        (Kind::Float, Kind::Int) => {
            format!("CASE WHEN {c} <> trunc({c}) THEN ('not whole: ' || {c})::bigint ELSE {c}::bigint END")
        }
        (Kind::Bool, Kind::Int) => format!("{c}::integer"),
        (Kind::Bool, _) => format!("{c}::integer::double precision"),
        (_, Kind::Bool) => format!(
            "CASE WHEN {c}::text IN ('true', '1') THEN true WHEN {c}::text IN ('false', '0') THEN false \
             ELSE ('neither true nor false: ' || {c})::boolean END"
        ),
        (_, _) => format!("{c}::double precision"),
    }
}

fn mysql(from: Kind, to: Kind, c: &str) -> String {
    // A cast of a text that is no number is an error in a write, where a comparison would only warn.
    let fail = |why: &str| format!("CAST(CONCAT({}, {c}) AS SIGNED)", text(Dialect::Mysql, why));
    match (from, to) {
        (Kind::Json, Kind::Text) => format!("JSON_UNQUOTE({c})"),
        (Kind::Json, _) => mysql(Kind::Text, to, &format!("JSON_UNQUOTE({c})")),
        (Kind::Bool, Kind::Text | Kind::Json) => {
            format!("CASE {c} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END")
        }
        (Kind::Text, Kind::Json) => format!("CASE WHEN JSON_VALID({c}) THEN {c} ELSE JSON_QUOTE({c}) END"),
        (Kind::Text, Kind::Int) => format!("CAST({c} AS SIGNED)"),
        (Kind::Float, Kind::Int) => {
            format!("CASE WHEN {c} <> TRUNCATE({c}, 0) THEN {} ELSE {c} END", fail("not whole: "))
        }
        (_, Kind::Bool) => {
            // A text compared with a number would be a number.
            let (yes, no) = if from == Kind::Text { ("'true', '1'", "'false', '0'") } else { ("1", "0") };
            format!(
                "CASE WHEN {c} IN ({yes}) THEN 1 WHEN {c} IN ({no}) THEN 0 WHEN {c} IS NULL THEN NULL ELSE {} END",
                fail("neither true nor false: ")
            )
        }
        // The column's own type converts it.
        (_, _) => c.into(),
    }
}
