//! SQLite changes a type or a foreign key by making the table anew.

use super::{
    Script, conversion,
    literal::{name, names, text},
    statement,
};
use crate::{
    datastore::Dialect,
    migrate::versioned::{
        difference::{Change, drops_column, narrows},
        snapshot::Col,
    },
};

const SQLITE: Dialect = Dialect::Sqlite;

pub(super) fn is_needed(dialect: Dialect, change: &Change<'_>) -> bool {
    let keys = !change.keys_dropped.is_empty() || !change.keys_created.is_empty();
    dialect == SQLITE && (keys || !change.retyped.is_empty())
}

pub(super) fn table(script: &mut Script, change: &Change<'_>) {
    let (table, called) = (change.table, &change.table.name);
    let fresh = format!("topsail_new_{called}");
    for column in &change.dropped {
        script.lose(&drops_column(table, column));
    }
    for (from, to) in &change.retyped {
        if let Some(loss) = narrows(table, from, to) {
            script.lose(&loss);
        }
    }
    script.add(statement::create_table(SQLITE, table, &fresh));
    let filled: Vec<(&str, String)> =
        table.columns.iter().filter_map(|c| Some((c.name.as_str(), value(change, c)?))).collect();
    script.add(format!(
        "INSERT INTO {} ({})\nSELECT {}\nFROM {}",
        name(SQLITE, &fresh),
        names(SQLITE, filled.iter().map(|(n, _)| *n)),
        filled.iter().map(|(_, v)| v.as_str()).collect::<Vec<_>>().join(", "),
        name(SQLITE, called)
    ));
    guard(script, change, &fresh);
    if table.columns.iter().any(|c| c.auto) {
        keep_sequence(script, called, &fresh);
    }
    script.add(format!("DROP TABLE {}", name(SQLITE, called)));
    script.add(format!("ALTER TABLE {} RENAME TO {}", name(SQLITE, &fresh), name(SQLITE, called)));
}

/// What comes into a column of the new table.
fn value(change: &Change<'_>, column: &Col) -> Option<String> {
    match change.former.column(&column.name) {
        Some(before) => {
            Some(conversion::convert(SQLITE, before.kind.into(), column.kind.into(), &column.name))
        }
        None => statement::first_value(SQLITE, column),
    }
}

/// Stops where a value could not be converted; its column would take it as it is.
fn guard(script: &mut Script, change: &Change<'_>, fresh: &str) {
    for (from, to) in change.retyped.iter().filter(|(from, to)| from.kind != to.kind) {
        let Some(fits) = conversion::sqlite_guard(to.kind.into(), &to.name) else { continue };
        let why = format!(
            "values of {}.{} that were {} and are no {}",
            change.table.name, to.name, from.physical, to.physical
        );
        script.add(format!(
            "CREATE TEMPORARY TABLE topsail_check (fits CONSTRAINT {} CHECK (fits))",
            name(SQLITE, &why)
        ));
        script.add(format!("INSERT INTO topsail_check SELECT {fits} FROM {}", name(SQLITE, fresh)));
        script.add("DROP TABLE topsail_check");
    }
}

/// An automatic key is never given twice, also not after the last row was destroyed.
fn keep_sequence(script: &mut Script, called: &str, fresh: &str) {
    let (called, fresh) = (text(SQLITE, called), text(SQLITE, fresh));
    script.add(format!(
        "DELETE FROM sqlite_sequence WHERE name = {fresh} AND EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = {called})"
    ));
    script.add(format!(
        "INSERT INTO sqlite_sequence (name, seq) SELECT {fresh}, seq FROM sqlite_sequence WHERE name = {called}"
    ));
}
