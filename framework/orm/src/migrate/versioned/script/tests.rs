#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::*;
use crate::migrate::versioned::snapshot::Snapshot;

const ALL: [Dialect; 4] = [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql, Dialect::Mariadb];

fn snapshot(tables: &[Value]) -> Snapshot {
    let text = json!({ "format": 1, "dialect": "sqlite", "tables": tables }).to_string();
    Snapshot::from_json(&text).unwrap()
}

/// A table whose column points at that of another table, with an index on it.
fn table(name: &str, to: Option<&str>, index: &str) -> Value {
    let keys: Vec<Value> = to
        .iter()
        .map(|to| {
            let name = format!("{name}_key");
            json!({ "name": name, "column": "at", "table": to, "to_column": "id", "on_delete": "cascade" })
        })
        .collect();
    json!({
        "name": name,
        "primary_key": "id",
        "columns": [
            { "name": "id", "kind": "int", "type": "bigint", "auto": true },
            { "name": "at", "kind": "int", "type": "bigint" },
        ],
        "indexes": [{ "name": index, "columns": ["at"] }],
        "foreign_keys": keys,
    })
}

fn from_to(dialect: Dialect, former: &Snapshot, new: &Snapshot) -> String {
    let difference = Difference::between(dialect, former, new).unwrap();
    script(dialect, "test", Renames { tables: &[], columns: &[] }, &difference).replace(['"', '`'], "")
}

/// Whether these parts stand in the text, one after the other.
fn in_order(text: &str, parts: &[&str]) -> bool {
    let mut rest = text;
    parts.iter().all(|part| {
        let at = rest.find(part);
        rest = at.map_or("", |at| &rest[at + part.len()..]);
        at.is_some()
    })
}

#[test]
fn foreign_keys_come_when_their_tables_are_there_and_go_before_them() {
    let none = snapshot(&[]);
    let both = snapshot(&[table("a", Some("b"), "a_at"), table("b", Some("a"), "b_at")]);
    for dialect in ALL {
        let (up, down) = (from_to(dialect, &none, &both), from_to(dialect, &both, &none));
        if dialect == Dialect::Sqlite {
            assert!(
                up.contains("CONSTRAINT a_key FOREIGN KEY (at) REFERENCES b (id) ON DELETE CASCADE"),
                "{up}"
            );
            assert!(!up.contains("ALTER TABLE") && !down.contains("ALTER TABLE"), "{up}{down}");
        } else {
            assert!(in_order(&up, &["CREATE TABLE a", "CREATE TABLE b", "ADD CONSTRAINT a_key"]), "{up}");
            assert!(in_order(&up, &["CREATE TABLE b", "ADD CONSTRAINT b_key"]), "{up}");
            assert!(in_order(&down, &["a_key", "b_key", "DROP TABLE b", "DROP TABLE a"]), "{down}");
        }
    }
}

#[test]
fn a_foreign_key_lets_go_of_an_index_that_goes() {
    let (former, new) = (
        snapshot(&[table("a", None, "a_at"), table("b", Some("a"), "b_former")]),
        snapshot(&[table("a", None, "a_at"), table("b", Some("a"), "b_new")]),
    );
    for dialect in ALL {
        let up = from_to(dialect, &former, &new);
        let moves = in_order(
            &up,
            &["DROP FOREIGN KEY b_key", "DROP INDEX b_former", "CREATE INDEX b_new", "ADD CONSTRAINT b_key"],
        );
        assert_eq!(moves, dialect.is_mysql(), "{up}");
        assert!(in_order(&up, &["DROP INDEX b_former", "CREATE INDEX b_new"]), "{up}");
    }
}

#[test]
fn a_new_foreign_key_makes_a_table_of_sqlite_anew() {
    let (former, new) = (
        snapshot(&[table("a", None, "a_at"), table("b", None, "b_at")]),
        snapshot(&[table("a", None, "a_at"), table("b", Some("a"), "b_at")]),
    );
    let up = from_to(Dialect::Sqlite, &former, &new);
    let parts = [
        "CREATE TABLE topsail_new_b (",
        "REFERENCES a (id)",
        "INSERT INTO topsail_new_b (id, at)",
        "DROP TABLE b",
        "ALTER TABLE topsail_new_b RENAME TO b",
        "CREATE INDEX b_at ON b",
    ];
    assert!(in_order(&up, &parts), "{up}");
    assert!(!up.contains("destructive"), "{up}");
    assert!(from_to(Dialect::Postgres, &former, &new).contains("ALTER TABLE b ADD CONSTRAINT b_key"));
}
