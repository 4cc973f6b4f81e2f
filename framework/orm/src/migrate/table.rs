//! Tables as the models want them: one description for every database.

use sea_query::{Alias, ColumnDef, Table};

use super::{discover::FoundColumn, foreign_key::ForeignKeyDef, index::IndexDef};
use crate::{
    Orm,
    datastore::{Datastore, Dialect, Place, bounded, plain_index},
    model::{AttrDef, Auto, Kind, ModelDef, OnDelete, Storage},
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
pub(super) fn of_datastore(all: &[&ModelDef], datastore: &str) -> Vec<TableDef> {
    let models = || all.iter().copied().filter(|m| m.datastore == datastore);
    let mut tables: Vec<TableDef> = models().map(|m| of_model(all, m)).collect();
    for def in models() {
        for attr in def.associations() {
            if let Some(table) = of_join(all, def, attr)
                && !tables.iter().any(|t| t.name == table.name)
            {
                tables.push(table);
            }
        }
    }
    tables
}

fn of_model(all: &[&ModelDef], def: &ModelDef) -> TableDef {
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
        def.columns().filter_map(|attr| reference(all, def, attr)).collect(),
    )
}

fn model<'m>(all: &[&'m ModelDef], identity: &str) -> Option<&'m ModelDef> {
    all.iter().copied().find(|m| m.identity == identity)
}

/// The foreign key of a to-one attribute.
fn reference(all: &[&ModelDef], def: &ModelDef, attr: &AttrDef) -> Option<ForeignKeyDef> {
    let target = model(all, &attr.association.as_ref()?.target)?;
    Some(ForeignKeyDef {
        name: attr.constraint(def)?,
        column: attr.column.clone(),
        table: target.table.clone(),
        to_column: target.pk().column.clone(),
        on_delete: attr.foreign_key?,
    })
}

/// The two foreign keys of a join table, in the order of their columns.
fn join_references(all: &[&ModelDef], def: &ModelDef, attr: &AttrDef) -> Option<Vec<ForeignKeyDef>> {
    let association = attr.association.as_ref()?;
    let Storage::Join { mine, theirs, .. } = &association.storage else { return None };
    let sides = [(mine, def), (theirs, model(all, &association.target)?)];
    let mut references: Vec<ForeignKeyDef> = attr
        .join_constraints()?
        .into_iter()
        .zip(sides)
        .map(|(name, (column, model))| ForeignKeyDef {
            name,
            column: column.clone(),
            table: model.table.clone(),
            to_column: model.pk().column.clone(),
            on_delete: OnDelete::Cascade,
        })
        .collect();
    references.sort_by(|a, b| a.column.cmp(&b.column));
    Some(references)
}

fn of_join(all: &[&ModelDef], def: &ModelDef, attr: &AttrDef) -> Option<TableDef> {
    let association = attr.association.as_ref().filter(|a| a.through.is_none())?;
    let Storage::Join { table, mine, theirs } = &association.storage else { return None };
    let mut columns =
        vec![AttrDef::new(mine, def.pk().value_kind()), AttrDef::new(theirs, association.key_kind)];
    // Both sides describe the table alike, whichever comes first.
    columns.sort_by(|a, b| a.column.cmp(&b.column));
    let pair: Vec<String> = columns.iter().map(|c| c.column.clone()).collect();
    columns.insert(0, AttrDef::new("id", Kind::Int).auto(Auto::Increment));
    let references = join_references(all, def, attr).unwrap_or_default();
    let second = pair.get(1).filter(|_| !references.is_empty()).map(|column| IndexDef {
        name: plain_index(table, &[column]),
        columns: vec![column.clone()],
        unique: false,
    });
    let unique = IndexDef { name: bounded(format!("{table}_unique")), columns: pair, unique: true };
    let indexes = std::iter::once(unique).chain(second).collect();
    Some(TableDef::new(table.clone(), columns, "id".into(), indexes, references))
}

/// What a table has beside what its model wants.
#[derive(Default)]
pub(super) struct Further {
    pub columns: Vec<FoundColumn>,
    pub foreign_keys: Vec<ForeignKeyDef>,
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
        std::iter::once(self.create_table(dialect, &self.name, &Further::default())).chain(indexes).collect()
    }

    /// The statements that add the foreign keys, when every table they point at is there.
    pub(super) fn reference_statements(&self, dialect: Dialect) -> Vec<String> {
        self.foreign_keys.iter().filter_map(|f| f.add_statement(dialect, &self.name)).collect()
    }

    /// The statement that makes the table under this name, with further columns as they were discovered.
    pub(super) fn create_table(&self, dialect: Dialect, name: &str, further: &Further) -> String {
        let mut create = Table::create();
        create.table(Alias::new(name));
        for column in &self.columns {
            create.col(dialect.column(&column.attr, column.place));
        }
        for column in &further.columns {
            let mut kept = ColumnDef::new(Alias::new(&column.name));
            create.col(kept.custom(Alias::new(&column.declared)));
        }
        if dialect == Dialect::Sqlite {
            for foreign_key in self.foreign_keys.iter().chain(&further.foreign_keys) {
                create.foreign_key(&mut foreign_key.inside(name));
            }
        }
        dialect.schema_text(&create)
    }

    /// The statement that drops the table if it is there.
    pub(super) fn drop_table(&self, dialect: Dialect) -> String {
        dialect.schema_text(Table::drop().table(Alias::new(&self.name)).if_exists())
    }
}
