//! Tables as the models want them: one description for every database.

use sea_query::{Alias, ColumnDef, Table};

use super::{discover::FoundColumn, foreign_key::ForeignKeyDef, index::IndexDef};
use crate::{
    Orm,
    datastore::{Datastore, Dialect, Place, bounded},
    model::{AttrDef, Auto, Kind, ModelDef, Storage},
};

/// A table: of a model, or the generated one of a many-to-many association.
pub(super) struct TableDef {
    pub name: String,
    pub columns: Vec<Column>,
    /// The column of the primary key.
    pub primary_key: String,
    /// Without that of the primary key.
    pub indexes: Vec<IndexDef>,
    pub foreign_keys: Vec<ForeignKeyDef>,
}

/// A column: the attribute it stores, and what else it is.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub attr: AttrDef,
    pub place: Place,
}

/// Every table of this datastore, models first.
pub(super) fn all(orm: &Orm, store: &Datastore) -> Vec<TableDef> {
    of_datastore(&orm.models().map(AsRef::as_ref).collect::<Vec<_>>(), store.name())
}

/// Every table that these models have in the datastore of this name.
pub(super) fn of_datastore(models: &[&ModelDef], datastore: &str) -> Vec<TableDef> {
    let models = || models.iter().copied().filter(|m| m.datastore == datastore);
    let mut tables: Vec<TableDef> = models().map(of_model).collect();
    for def in models() {
        for attr in def.associations() {
            if let Some(table) = of_join(def, attr)
                && !tables.iter().any(|t| t.name == table.name)
            {
                tables.push(table);
            }
        }
    }
    tables
}

fn of_model(def: &ModelDef) -> TableDef {
    let indexes = def
        .every_index()
        .into_iter()
        .map(|index| IndexDef {
            name: index.name(def),
            columns: index.columns(def).into_iter().map(Into::into).collect(),
            unique: index.unique,
        })
        .collect();
    TableDef::new(
        def.table.clone(),
        def.columns().cloned().collect(),
        def.pk().column.clone(),
        indexes,
        vec![],
    )
}

fn of_join(def: &ModelDef, attr: &AttrDef) -> Option<TableDef> {
    let association = attr.association.as_ref()?;
    let Storage::Join { table, mine, theirs } = &association.storage else { return None };
    let mut columns =
        vec![AttrDef::new(mine, def.pk().value_kind()), AttrDef::new(theirs, association.key_kind)];
    // Both sides describe the table alike, whichever comes first.
    columns.sort_by(|a, b| a.column.cmp(&b.column));
    let pair: Vec<String> = columns.iter().map(|c| c.column.clone()).collect();
    columns.insert(0, AttrDef::new("id", Kind::Int).auto(Auto::Increment));
    let unique = IndexDef { name: bounded(format!("{table}_unique")), columns: pair, unique: true };
    Some(TableDef::new(table.clone(), columns, "id".into(), vec![unique], vec![]))
}

impl TableDef {
    fn new(
        name: String,
        attributes: Vec<AttrDef>,
        primary_key: String,
        indexes: Vec<IndexDef>,
        foreign_keys: Vec<ForeignKeyDef>,
    ) -> Self {
        let place = |attr: &AttrDef| {
            if attr.column == primary_key {
                Place::Key
            } else if indexes.iter().any(|i| i.columns.contains(&attr.column)) {
                Place::Indexed
            } else {
                Place::Plain
            }
        };
        let columns = attributes.into_iter().map(|attr| Column { place: place(&attr), attr }).collect();
        Self { name, columns, primary_key, indexes, foreign_keys }
    }

    /// The statements that make the table with its indexes, and what of its foreign keys has to stand in it.
    pub(super) fn create_statements(&self, dialect: Dialect) -> Vec<String> {
        let indexes = self.indexes.iter().map(|i| i.create_statement(dialect, self));
        std::iter::once(self.create_table(dialect, &self.name, &[])).chain(indexes).collect()
    }

    /// The statements that add the foreign keys, when every table they point at is there.
    pub(super) fn reference_statements(&self, dialect: Dialect) -> Vec<String> {
        self.foreign_keys.iter().filter_map(|f| f.add_statement(dialect, &self.name)).collect()
    }

    /// The statement that makes the table under this name, with further columns as they were discovered.
    pub(super) fn create_table(&self, dialect: Dialect, name: &str, further: &[FoundColumn]) -> String {
        let mut create = Table::create();
        create.table(Alias::new(name));
        for column in &self.columns {
            create.col(dialect.column(&column.attr, column.place));
        }
        for column in further {
            let mut kept = ColumnDef::new(Alias::new(&column.name));
            create.col(kept.custom(Alias::new(&column.declared)));
        }
        for foreign_key in self.foreign_keys.iter().filter(|_| dialect == Dialect::Sqlite) {
            create.foreign_key(&mut foreign_key.inside(name));
        }
        dialect.schema_text(&create)
    }

    /// The statement that drops the table if it is there.
    pub(super) fn drop_table(&self, dialect: Dialect) -> String {
        dialect.schema_text(Table::drop().table(Alias::new(&self.name)).if_exists())
    }
}
