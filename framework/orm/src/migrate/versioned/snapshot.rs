//! The tables as they are after a migration, kept beside its files: what `diff` compares the models with.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    datastore::{Dialect, Place},
    migrate::{
        first_value,
        foreign_key::ForeignKeyDef,
        index::IndexDef,
        table::{Column, TableDef},
    },
    model::{AttrDef, Auto, Kind, OnDelete},
};

/// The number of this form of snapshots.
const FORMAT: u32 = 1;

/// All tables of a datastore.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Snapshot {
    format: u32,
    pub dialect: Language,
    pub tables: Vec<Table>,
}

/// The database that a migration is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Language {
    Sqlite,
    Postgresql,
    Mysql,
    Mariadb,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub name: String,
    pub primary_key: String,
    pub columns: Vec<Col>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKey>,
}

/// A column. Only that of the primary key is `NOT NULL`: what may be missing is the models' to say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Col {
    pub name: String,
    pub kind: ValueKind,
    /// The physical type.
    #[serde(rename = "type")]
    pub physical: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// The database makes its values.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub auto: bool,
    /// What rows that are there already begin with, when the column comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<First>,
}

/// A first value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum First {
    /// This one.
    Value(Value),
    /// The moment of the migration.
    Now,
}

/// What kind of value a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ValueKind {
    Int,
    Float,
    Bool,
    Text,
    Json,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Index {
    pub name: String,
    pub columns: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unique: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ForeignKey {
    pub name: String,
    pub column: String,
    pub table: String,
    pub to_column: String,
    pub on_delete: Rule,
}

/// What becomes of rows when the row they point at goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Rule {
    Restrict,
    Cascade,
    #[serde(rename = "set null")]
    SetNull,
}

impl Snapshot {
    pub(super) fn of(dialect: Dialect, tables: &[TableDef]) -> Self {
        let tables = tables.iter().map(|t| Table::of(dialect, t)).collect();
        Self { format: FORMAT, dialect: Language::of(dialect), tables }
    }

    pub(super) fn empty(dialect: Dialect) -> Self {
        Self::of(dialect, &[])
    }

    pub(super) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|t| t.name == name)
    }

    pub(super) fn from_json(text: &str) -> Result<Self, String> {
        let found: Self =
            serde_json::from_str(text).map_err(|e| format!("it is no snapshot of tables: {e}"))?;
        if found.format != FORMAT {
            return Err(format!(
                "it is a snapshot of the form {}, this program knows {FORMAT}; use a newer version",
                found.format
            ));
        }
        Ok(found)
    }

    pub(super) fn to_json(&self) -> String {
        // Made of names, numbers and JSON: nothing in it can fail to be written.
        serde_json::to_string_pretty(self).map(|text| text + "\n").unwrap_or_default()
    }
}

impl Table {
    fn of(dialect: Dialect, table: &TableDef) -> Self {
        let columns = table.columns.iter().map(|c| Col::of(dialect, table, c)).collect();
        let indexes = table.indexes.iter().map(|i| Index {
            name: i.name.clone(),
            columns: i.columns.clone(),
            unique: i.unique,
        });
        let foreign_keys = table.foreign_keys.iter().map(|k| ForeignKey {
            name: k.name.clone(),
            column: k.column.clone(),
            table: k.table.clone(),
            to_column: k.to_column.clone(),
            on_delete: k.on_delete.into(),
        });
        Self {
            name: table.name.clone(),
            primary_key: table.primary_key.clone(),
            columns,
            indexes: indexes.collect(),
            foreign_keys: foreign_keys.collect(),
        }
    }

    /// The same for `alter`, which is to know what a migration made. Only the names of attributes are not known any more.
    pub(super) fn to_def(&self) -> TableDef {
        let columns = self.columns.iter().map(|c| {
            let place = if c.name == self.primary_key {
                Place::Key
            } else if self.indexes.iter().any(|i| i.columns.contains(&c.name)) {
                Place::Indexed
            } else {
                Place::Plain
            };
            Column { attr: AttrDef::new(&c.name, c.kind.into()).column_type(&c.physical), place }
        });
        let (indexes, foreign_keys) =
            (self.indexes.iter().map(Index::to_def), self.foreign_keys.iter().map(ForeignKey::to_def));
        TableDef {
            name: self.name.clone(),
            columns: columns.collect(),
            primary_key: self.primary_key.clone(),
            indexes: indexes.collect(),
            foreign_keys: foreign_keys.collect(),
        }
    }

    pub(super) fn column(&self, name: &str) -> Option<&Col> {
        self.columns.iter().find(|c| c.name == name)
    }
}

impl Index {
    pub(super) fn to_def(&self) -> IndexDef {
        IndexDef { name: self.name.clone(), columns: self.columns.clone(), unique: self.unique }
    }
}

impl ForeignKey {
    pub(super) fn to_def(&self) -> ForeignKeyDef {
        ForeignKeyDef {
            name: self.name.clone(),
            column: self.column.clone(),
            table: self.table.clone(),
            to_column: self.to_column.clone(),
            on_delete: self.on_delete.into(),
        }
    }
}

impl Col {
    fn of(dialect: Dialect, table: &TableDef, Column { attr, place }: &Column) -> Self {
        Self {
            name: attr.column.clone(),
            kind: attr.value_kind().into(),
            physical: dialect.physical_type(attr, *place).into(),
            collation: dialect.collation(attr).map(Into::into),
            auto: *place == Place::Key && attr.auto == Some(Auto::Increment),
            first: (*place != Place::Key).then(|| first(table, attr)).flatten(),
        }
    }

    /// Whether the two store the same, in the same order.
    pub(super) fn stores_as(&self, other: &Self, dialect: Dialect) -> bool {
        self.kind == other.kind
            && dialect.same_type(&self.physical, &other.physical)
            && self.collation == other.collation
            && self.auto == other.auto
    }
}

/// As `alter` gives it.
fn first(table: &TableDef, attr: &AttrDef) -> Option<First> {
    if attr.default.is_none() && matches!(attr.auto, Some(Auto::CreatedAt | Auto::UpdatedAt)) {
        return Some(First::Now);
    }
    let value = first_value(table, attr);
    (!value.is_null()).then_some(First::Value(value))
}

impl Language {
    pub(super) fn of(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Sqlite => Self::Sqlite,
            Dialect::Postgres => Self::Postgresql,
            Dialect::Mysql => Self::Mysql,
            Dialect::Mariadb => Self::Mariadb,
        }
    }

    /// The database's own name.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgresql => "PostgreSQL",
            Self::Mysql => "MySQL",
            Self::Mariadb => "MariaDB",
        }
    }
}

impl From<OnDelete> for Rule {
    fn from(rule: OnDelete) -> Self {
        match rule {
            OnDelete::Restrict => Self::Restrict,
            OnDelete::Cascade => Self::Cascade,
            OnDelete::SetNull => Self::SetNull,
        }
    }
}

impl From<Rule> for OnDelete {
    fn from(rule: Rule) -> Self {
        match rule {
            Rule::Restrict => Self::Restrict,
            Rule::Cascade => Self::Cascade,
            Rule::SetNull => Self::SetNull,
        }
    }
}

impl From<Kind> for ValueKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Int => Self::Int,
            Kind::Float => Self::Float,
            Kind::Bool => Self::Bool,
            Kind::Text | Kind::One | Kind::Many => Self::Text,
            Kind::Json => Self::Json,
        }
    }
}

impl From<ValueKind> for Kind {
    fn from(kind: ValueKind) -> Self {
        match kind {
            ValueKind::Int => Self::Int,
            ValueKind::Float => Self::Float,
            ValueKind::Bool => Self::Bool,
            ValueKind::Text => Self::Text,
            ValueKind::Json => Self::Json,
        }
    }
}
