//! SQL that makes the tables of one snapshot those of another.

mod conversion;
mod literal;
mod rebuild;
mod statement;
#[cfg(test)]
mod tests;

use super::{
    difference::{Change, Difference, drops_column, drops_table, narrows},
    marks::mark,
    renames::{ColumnRename, TableRename},
    snapshot::{Col, Language},
};
use crate::datastore::{Dialect, bounded};

use self::literal::name;

/// What was renamed in it.
#[derive(Clone, Copy)]
pub(super) struct Renames<'r> {
    pub tables: &'r [TableRename],
    pub columns: &'r [ColumnRename],
}

/// The text of a file.
///
/// First what was renamed, so that all else knows one name only; then foreign keys and indexes go, tables come, columns
/// change, indexes come, tables go, and foreign keys come, when all that they point at is there.
pub(super) fn script(
    dialect: Dialect,
    title: &str,
    renames: Renames<'_>,
    difference: &Difference<'_>,
) -> String {
    let mut script = Script::new(dialect);
    script.rename(renames);
    script.let_go(difference);
    for table in &difference.created {
        script.add(statement::create_table(dialect, table, &table.name));
    }
    for change in &difference.changed {
        script.change(change);
    }
    for table in &difference.created {
        for index in &table.indexes {
            script.add(statement::create_index(dialect, table, index));
        }
    }
    for change in &difference.changed {
        let rebuilt = rebuild::is_needed(dialect, change);
        let all = change.table.indexes.iter().filter(|_| rebuilt);
        let some = change.indexes_created.iter().copied().filter(|_| !rebuilt);
        for index in all.chain(some) {
            script.add(statement::create_index(dialect, change.table, index));
        }
    }
    for table in difference.dropped.iter().rev() {
        script.lose(&drops_table(table));
        script.add(format!("DROP TABLE {}", name(dialect, &table.name)));
    }
    if dialect != Dialect::Sqlite {
        let created = difference.created.iter().flat_map(|t| t.foreign_keys.iter().map(|k| (*t, k)));
        let changed = difference.changed.iter().flat_map(|c| c.keys_created.iter().map(|k| (c.table, *k)));
        for (table, key) in created.chain(changed) {
            script.add(statement::add_foreign_key(dialect, table, key));
        }
    }
    script.finish(title)
}

/// The text of a file to write into.
pub(super) fn blank(dialect: Dialect, title: &str) -> String {
    let mut script = Script::new(dialect);
    script.note("Write the statements here.");
    script.finish(title)
}

/// Statements with the comments above them.
pub(super) struct Script {
    dialect: Dialect,
    text: String,
}

impl Script {
    fn new(dialect: Dialect) -> Self {
        Self { dialect, text: String::new() }
    }

    fn add(&mut self, statement: impl AsRef<str>) {
        self.text.push_str(statement.as_ref());
        self.text.push_str(";\n\n");
    }

    /// Says that the statement that follows loses data.
    fn lose(&mut self, loss: &str) {
        self.text.push_str(&mark(loss));
        self.text.push('\n');
    }

    fn note(&mut self, note: &str) {
        self.text.push_str("-- ");
        self.text.push_str(note);
        self.text.push('\n');
    }

    fn finish(self, title: &str) -> String {
        format!(
            "-- {title}, for {}. Change it before it is applied anywhere, not after.\n\n{}\n",
            Language::of(self.dialect).title(),
            self.text.trim_end()
        )
    }

    fn rename(&mut self, renames: Renames<'_>) {
        for TableRename { former, new } in renames.tables {
            let (former, new) = (name(self.dialect, former), name(self.dialect, new));
            self.add(format!("ALTER TABLE {former} RENAME TO {new}"));
        }
        for ColumnRename { table, former, new } in renames.columns {
            let [table, former, new] = [table, former, new].map(|n| name(self.dialect, n));
            self.add(format!("ALTER TABLE {table} RENAME COLUMN {former} TO {new}"));
        }
    }

    /// Foreign keys and indexes that go. In SQLite the first are a part of the table.
    fn let_go(&mut self, difference: &Difference<'_>) {
        let dialect = self.dialect;
        if dialect != Dialect::Sqlite {
            let dropped = difference.dropped.iter().flat_map(|t| t.foreign_keys.iter().map(|k| (*t, k)));
            let changed =
                difference.changed.iter().flat_map(|c| c.keys_dropped.iter().map(|k| (c.table, *k)));
            for (table, key) in changed.chain(dropped) {
                self.add(statement::drop_foreign_key(dialect, table, key));
            }
        }
        for change in difference.changed.iter().filter(|c| !rebuild::is_needed(dialect, c)) {
            for index in &change.indexes_dropped {
                self.add(statement::drop_index(dialect, change.table, index));
            }
        }
    }

    fn change(&mut self, change: &Change<'_>) {
        if rebuild::is_needed(self.dialect, change) {
            return rebuild::table(self, change);
        }
        let dialect = self.dialect;
        let table = name(dialect, &change.table.name);
        for column in &change.added {
            self.add(format!("ALTER TABLE {table} ADD COLUMN {}", statement::column(dialect, column, false)));
        }
        let first = |c: &&Col| Some((name(dialect, &c.name), statement::first_value(dialect, c)?));
        let fills: Vec<String> =
            change.added.iter().filter_map(first).map(|(n, v)| format!("{n} = {v}")).collect();
        if !fills.is_empty() {
            self.add(format!("UPDATE {table} SET {}", fills.join(", ")));
        }
        for (from, to) in &change.retyped {
            if let Some(loss) = narrows(change.table, from, to) {
                self.lose(&loss);
            }
            self.retype(&table, from, to);
        }
        for column in &change.dropped {
            self.lose(&drops_column(change.table, column));
            self.add(format!("ALTER TABLE {table} DROP COLUMN {}", name(dialect, &column.name)));
        }
    }

    fn retype(&mut self, table: &str, from: &Col, to: &Col) {
        let dialect = self.dialect;
        let column = name(dialect, &to.name);
        let declared = statement::declared(dialect, to);
        let converted = conversion::convert(dialect, from.kind.into(), to.kind.into(), &to.name);
        if !dialect.is_mysql() {
            let tries = conversion::tries_json(dialect, from.kind.into(), to.kind.into());
            if tries {
                self.add(conversion::TRY_JSON);
            }
            let using = match () {
                () if from.kind != to.kind => format!(" USING {converted}"),
                // Without a cast the database refuses a text that is too long; with one it cuts it.
                () if statement::is_text(&from.physical) && statement::is_text(&to.physical) => String::new(),
                () => format!(" USING {column}::{}", to.physical),
            };
            self.add(format!("ALTER TABLE {table} ALTER COLUMN {column} TYPE {declared}{using}"));
            if tries {
                self.add(conversion::FORGET_TRY_JSON);
            }
        } else if from.kind == to.kind {
            self.add(format!("ALTER TABLE {table} MODIFY COLUMN {column} {declared}"));
        } else {
            // Until the last statement the values are there as they were.
            let fresh = name(dialect, &bounded(format!("topsail_new_{}", to.name)));
            self.add(format!("ALTER TABLE {table} ADD COLUMN {fresh} {declared}"));
            self.add(format!("UPDATE {table} SET {fresh} = {converted}"));
            self.add(format!("ALTER TABLE {table} DROP COLUMN {column}, RENAME COLUMN {fresh} TO {column}"));
        }
    }
}
