//! What was renamed, and so is not another thing that came where one has gone.

use std::str::FromStr;

use super::{MigrationError, snapshot::Snapshot};
use crate::error::nearest;

/// A table that has another name: `former:new`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRename {
    /// Its name so far.
    pub former: String,
    /// Its name in the models.
    pub new: String,
}

/// A column that has another name: `table.former:new`. The table is called as it is in the models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnRename {
    /// The table, as the models name it.
    pub table: String,
    /// The column's name so far.
    pub former: String,
    /// Its name in the models.
    pub new: String,
}

impl FromStr for TableRename {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once(':').filter(|(a, b)| !a.is_empty() && !b.is_empty() && !b.contains(':'));
        let (former, new) = parts.ok_or_else(|| format!("`{text}` is not of the form `former:new`"))?;
        Ok(Self { former: former.into(), new: new.into() })
    }
}

impl FromStr for ColumnRename {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not of the form `table.former:new`");
        let TableRename { former, new } = text.parse().map_err(|_| wrong())?;
        let (table, former) = former.split_once('.').ok_or_else(wrong)?;
        if table.is_empty() || former.is_empty() || new.contains('.') {
            return Err(wrong());
        }
        Ok(Self { table: table.into(), former: former.into(), new })
    }
}

/// The former tables with their new names.
///
/// # Errors
/// [`MigrationError::Rename`] for what was not there, is not wanted, or is taken.
pub(super) fn renamed(
    mut former: Snapshot,
    new: &Snapshot,
    tables: &[TableRename],
    columns: &[ColumnRename],
) -> Result<Snapshot, MigrationError> {
    for rename in tables {
        table(&mut former, new, rename)?;
    }
    for rename in columns {
        column(&mut former, new, rename)?;
    }
    Ok(former)
}

fn table(former: &mut Snapshot, new: &Snapshot, rename: &TableRename) -> Result<(), MigrationError> {
    let TableRename { former: from, new: to } = rename;
    if former.table(to).is_some() {
        return Err(refuse(format!("table `{from}` cannot be renamed: there was a table `{to}` already")));
    }
    if new.table(to).is_none() {
        let hint = hint(to, new.tables.iter().map(|t| t.name.as_str()));
        return Err(refuse(format!("the models have no table `{to}`{hint}")));
    }
    let names: Vec<String> = former.tables.iter().map(|t| t.name.clone()).collect();
    let Some(table) = former.tables.iter_mut().find(|t| t.name == *from) else {
        let hint = hint(from, names.iter().map(String::as_str));
        return Err(refuse(format!("there was no table `{from}`{hint}")));
    };
    table.name.clone_from(to);
    for key in former.tables.iter_mut().flat_map(|t| &mut t.foreign_keys) {
        if key.table == *from {
            key.table.clone_from(to);
        }
    }
    Ok(())
}

fn column(former: &mut Snapshot, new: &Snapshot, rename: &ColumnRename) -> Result<(), MigrationError> {
    let ColumnRename { table: name, former: from, new: to } = rename;
    let Some(table) = former.tables.iter_mut().find(|t| t.name == *name) else {
        let hint = hint(name, new.tables.iter().map(|t| t.name.as_str()));
        return Err(refuse(format!("there was no table `{name}`{hint}")));
    };
    let wanted = new.table(name).ok_or_else(|| refuse(format!("the models have no table `{name}`")))?;
    if wanted.column(to).is_none() {
        let hint = hint(to, wanted.columns.iter().map(|c| c.name.as_str()));
        return Err(refuse(format!("the models have no column `{name}.{to}`{hint}")));
    }
    if table.column(to).is_some() {
        return Err(refuse(format!("`{name}.{from}` cannot be renamed: there was a column `{to}` already")));
    }
    let names: Vec<String> = table.columns.iter().map(|c| c.name.clone()).collect();
    let Some(column) = table.columns.iter_mut().find(|c| c.name == *from) else {
        let hint = hint(from, names.iter().map(String::as_str));
        return Err(refuse(format!("there was no column `{name}.{from}`{hint}")));
    };
    column.name.clone_from(to);
    let move_to = |place: &mut String| {
        if place == from {
            place.clone_from(to);
        }
    };
    move_to(&mut table.primary_key);
    table.indexes.iter_mut().flat_map(|i| &mut i.columns).for_each(move_to);
    table.foreign_keys.iter_mut().for_each(|k| move_to(&mut k.column));
    for key in former.tables.iter_mut().flat_map(|t| &mut t.foreign_keys).filter(|k| k.table == *name) {
        move_to(&mut key.to_column);
    }
    Ok(())
}

fn refuse(message: String) -> MigrationError {
    MigrationError::Rename(message)
}

fn hint<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> String {
    nearest(name, names).map(|n| format!(" (did you mean `{n}`?)")).unwrap_or_default()
}
