//! What of the tables differs between two snapshots.

use super::{
    MigrationError,
    renames::{ColumnRename, TableRename},
    snapshot::{Col, ForeignKey, Index, Snapshot, Table, ValueKind},
};
use crate::datastore::{Dialect, SHORT_TEXT};

/// What has to be done to come from one snapshot to another that has been told what was renamed.
#[derive(Debug, Default)]
pub(super) struct Difference<'s> {
    pub created: Vec<&'s Table>,
    pub dropped: Vec<&'s Table>,
    pub changed: Vec<Change<'s>>,
}

/// What differs in a table.
#[derive(Debug)]
pub(super) struct Change<'s> {
    pub former: &'s Table,
    pub table: &'s Table,
    pub added: Vec<&'s Col>,
    pub dropped: Vec<&'s Col>,
    /// Columns before and after.
    pub retyped: Vec<(&'s Col, &'s Col)>,
    pub indexes_dropped: Vec<&'s Index>,
    pub indexes_created: Vec<&'s Index>,
    pub keys_dropped: Vec<&'s ForeignKey>,
    pub keys_created: Vec<&'s ForeignKey>,
}

impl<'s> Difference<'s> {
    /// # Errors
    /// [`MigrationError::ByHand`] for a primary key that differs.
    pub(super) fn between(
        dialect: Dialect,
        former: &'s Snapshot,
        new: &'s Snapshot,
    ) -> Result<Self, MigrationError> {
        let mut difference = Self {
            created: new.tables.iter().filter(|t| former.table(&t.name).is_none()).collect(),
            dropped: former.tables.iter().filter(|t| new.table(&t.name).is_none()).collect(),
            changed: vec![],
        };
        for table in &new.tables {
            if let Some(before) = former.table(&table.name) {
                let change = Change::between(dialect, before, table)?;
                difference.changed.extend(change.is_any().then_some(change));
            }
        }
        Ok(difference)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.created.is_empty() && self.dropped.is_empty() && self.changed.is_empty()
    }

    /// Whether it makes something that may be there already.
    pub(super) fn makes_any(&self) -> bool {
        let makes = |c: &Change<'_>| !c.added.is_empty() || !c.indexes_created.is_empty();
        !self.created.is_empty() || self.changed.iter().any(makes)
    }

    /// What of it loses data.
    pub(super) fn losses(&self) -> Vec<String> {
        let tables = self.dropped.iter().map(|t| drops_table(t));
        let columns = self.changed.iter().flat_map(|c| {
            let dropped = c.dropped.iter().map(|col| drops_column(c.table, col));
            dropped.chain(c.retyped.iter().filter_map(|(from, to)| narrows(c.table, from, to)))
        });
        tables.chain(columns).collect()
    }

    /// The flags for what may have been renamed.
    pub(super) fn perhaps_renamed(&self) -> Vec<String> {
        let mut flags = vec![];
        for gone in &self.dropped {
            for new in self.created.iter().filter(|t| resembles(gone, t)) {
                flags.push(format!("--rename-table {}:{}", gone.name, new.name));
            }
        }
        for change in &self.changed {
            for gone in &change.dropped {
                for new in change.added.iter().filter(|c| c.kind == gone.kind) {
                    flags.push(format!("--rename {}.{}:{}", change.table.name, gone.name, new.name));
                }
            }
        }
        flags
    }
}

/// Whether most columns of one are columns of the other.
fn resembles(one: &Table, other: &Table) -> bool {
    let shared = one.columns.iter().filter(|c| other.column(&c.name).is_some()).count();
    shared * 2 >= one.columns.len()
}

impl<'s> Change<'s> {
    fn between(dialect: Dialect, former: &'s Table, table: &'s Table) -> Result<Self, MigrationError> {
        let key = (former.column(&former.primary_key), table.column(&table.primary_key));
        let same_key = former.primary_key == table.primary_key
            && matches!(key, (Some(a), Some(b)) if a.stores_as(b, dialect));
        if !same_key {
            let title = |t: &Table| {
                let of = t.column(&t.primary_key).map(|c| c.physical.clone()).unwrap_or_default();
                format!("`{}` ({of})", t.primary_key)
            };
            return Err(MigrationError::ByHand {
                table: table.name.clone(),
                message: format!("its primary key was {} and would become {}", title(former), title(table)),
            });
        }
        let mut change = Self {
            former,
            table,
            added: table.columns.iter().filter(|c| former.column(&c.name).is_none()).collect(),
            dropped: former.columns.iter().filter(|c| table.column(&c.name).is_none()).collect(),
            retyped: (table.columns.iter())
                .filter_map(|c| Some((former.column(&c.name)?, c)))
                .filter(|(before, after)| !before.stores_as(after, dialect))
                .collect(),
            indexes_dropped: vec![],
            indexes_created: vec![],
            keys_dropped: vec![],
            keys_created: vec![],
        };
        // A column that changes its kind is another column in MySQL, and its indexes come anew with it.
        let moved = |column: &String| {
            let retyped = change.retyped.iter().find(|(_, after)| after.name == *column);
            dialect.is_mysql() && retyped.is_some_and(|(before, after)| before.kind != after.kind)
        };
        let stays = |index: &&Index| !index.columns.iter().any(moved);
        change.indexes_dropped = gone(&former.indexes, &table.indexes, stays);
        change.indexes_created = gone(&table.indexes, &former.indexes, stays);
        // Nor does it change a column, or let go of an index, that a foreign key needs.
        let stands = |key: &ForeignKey| {
            let indexed = change.indexes_dropped.iter().any(|i| i.columns.contains(&key.column));
            let retyped = change.retyped.iter().any(|(_, after)| after.name == key.column);
            !dialect.is_mysql() || !(indexed || retyped)
        };
        let (dropped, created) = (
            gone(&former.foreign_keys, &table.foreign_keys, |key| stands(key)),
            gone(&table.foreign_keys, &former.foreign_keys, |key| stands(key)),
        );
        (change.keys_dropped, change.keys_created) = (dropped, created);
        Ok(change)
    }

    fn is_any(&self) -> bool {
        !(self.added.is_empty()
            && self.dropped.is_empty()
            && self.retyped.is_empty()
            && self.indexes_dropped.is_empty()
            && self.indexes_created.is_empty()
            && self.keys_dropped.is_empty()
            && self.keys_created.is_empty())
    }
}

/// Those of `these` that `others` has not, or has and that cannot stay.
fn gone<'s, T: PartialEq>(these: &'s [T], others: &[T], stays: impl Fn(&&T) -> bool) -> Vec<&'s T> {
    these.iter().filter(|t| !(others.contains(t) && stays(t))).collect()
}

pub(super) fn drops_table(table: &Table) -> String {
    format!("drops the table `{}` with its rows", table.name)
}

pub(super) fn drops_column(table: &Table, column: &Col) -> String {
    format!("drops the column `{}.{}` with its values", table.name, column.name)
}

/// That values of the column may not fit its new type, or not be what they were.
pub(super) fn narrows(table: &Table, from: &Col, to: &Col) -> Option<String> {
    let holds_all = from.kind == to.kind && widens(from.kind, &from.physical, &to.physical);
    (!holds_all).then(|| {
        format!("changes the type of `{}.{}` from {} to {}", table.name, to.name, from.physical, to.physical)
    })
}

/// Whether every value of the one type is one of the other. A text in an index of MySQL has another type of ours: what
/// is too long for it is refused there, not cut.
fn widens(kind: ValueKind, from: &str, to: &str) -> bool {
    let (from, to) = (from.trim().to_ascii_lowercase(), to.trim().to_ascii_lowercase());
    if from == to {
        return true;
    }
    match kind {
        ValueKind::Int => matches!((whole(&from), whole(&to)), (Some(a), Some(b)) if a <= b),
        ValueKind::Text => {
            (from == "longtext" && to == SHORT_TEXT)
                || matches!((longest(&from), longest(&to)), (Some(a), Some(b)) if a <= b)
        }
        _ => false,
    }
}

/// How much a type of whole numbers holds.
fn whole(declared: &str) -> Option<usize> {
    if declared.contains("unsigned") {
        return None;
    }
    let name = declared.split(['(', ' ']).next()?;
    ["tinyint", "smallint", "mediumint", "int", "bigint"]
        .iter()
        .position(|t| *t == name)
        .or_else(|| ["int2", "-", "int4", "int8"].iter().position(|t| *t == name).map(|i| i + 1))
        .or_else(|| (name == "integer").then_some(3))
}

/// How many characters a type of texts holds.
fn longest(declared: &str) -> Option<u64> {
    match declared {
        "longtext" => return Some(u64::MAX),
        // In MySQL it holds less than that; elsewhere the other does not exist.
        "text" | "varchar" | "character varying" => return Some(u64::MAX - 1),
        "mediumtext" => return Some(16_000_000 / 4),
        "tinytext" => return Some(255 / 4),
        _ => {}
    }
    let (name, rest) = declared.split_once('(')?;
    let length = rest.strip_suffix(')')?.trim().parse().ok()?;
    ["varchar", "character varying"].contains(&name.trim()).then_some(length)
}

/// What leads back from a rename.
pub(super) fn back(
    tables: &[TableRename],
    columns: &[ColumnRename],
) -> (Vec<TableRename>, Vec<ColumnRename>) {
    let tables_back: Vec<_> =
        tables.iter().rev().map(|r| TableRename { former: r.new.clone(), new: r.former.clone() }).collect();
    let columns_back = columns.iter().rev().map(|r| ColumnRename {
        table: tables.iter().find(|t| t.new == r.table).map_or(&r.table, |t| &t.former).clone(),
        former: r.new.clone(),
        new: r.former.clone(),
    });
    let columns_back = columns_back.collect();
    (tables_back, columns_back)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_that_holds_all_values_loses_none() {
        let widened = [
            (ValueKind::Int, "integer", "bigint"),
            (ValueKind::Int, "int4", "int8"),
            (ValueKind::Int, "int(11)", "bigint(20)"),
            (ValueKind::Text, "varchar(80)", "varchar(255)"),
            (ValueKind::Text, "varchar(80)", "text"),
            (ValueKind::Text, "longtext", "varchar(255)"),
        ];
        for (kind, from, to) in widened {
            assert!(widens(kind, from, to), "{from} {to}");
        }
        let narrowed = [
            (ValueKind::Int, "bigint", "integer"),
            (ValueKind::Int, "int unsigned", "int"),
            (ValueKind::Text, "text", "varchar(255)"),
            (ValueKind::Text, "varchar(80)", "varchar(79)"),
            (ValueKind::Text, "longtext", "text"),
            (ValueKind::Text, "text", "uuid"),
            (ValueKind::Float, "double precision", "numeric(10,2)"),
        ];
        for (kind, from, to) in narrowed {
            assert!(!widens(kind, from, to), "{from} {to}");
        }
    }
}
