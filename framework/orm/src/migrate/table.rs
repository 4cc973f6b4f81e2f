//! Tables as the models want them: one description for every database.

use sea_query::{Alias, ColumnDef, Index, Table};

use super::discover::{self, FoundColumn};
use crate::{
    Orm,
    datastore::{Datastore, Dialect, Link, Place, bounded, unique_index},
    error::{OrmError, Result},
    model::{AttrDef, Auto, Kind, ModelDef, Storage},
};

/// A table: of a model, or the generated one of a many-to-many association.
pub(super) struct TableDef {
    pub name: String,
    pub columns: Vec<Column>,
    /// The column of the primary key.
    pub primary_key: String,
    pub unique: Vec<UniqueDef>,
}

/// A column: the attribute it stores, and what else it is.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub attr: AttrDef,
    pub place: Place,
}

/// A unique index, named by us so that its columns are known on every database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UniqueDef {
    pub name: String,
    pub columns: Vec<String>,
}

/// Every table of this datastore, models first.
pub(super) fn all(orm: &Orm, store: &Datastore) -> Vec<TableDef> {
    let models = || orm.models().filter(|m| m.datastore == store.name());
    let mut tables: Vec<TableDef> = models().map(|m| of_model(m)).collect();
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
    let unique = def
        .columns()
        .filter(|a| a.unique && a.name != def.primary_key)
        .map(|a| UniqueDef { name: unique_index(&def.table, &[&a.column]), columns: vec![a.column.clone()] })
        .collect();
    TableDef::new(def.table.clone(), def.columns().cloned().collect(), def.pk().column.clone(), unique)
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
    let unique = vec![UniqueDef { name: bounded(format!("{table}_unique")), columns: pair }];
    Some(TableDef::new(table.clone(), columns, "id".into(), unique))
}

impl TableDef {
    fn new(name: String, attributes: Vec<AttrDef>, primary_key: String, unique: Vec<UniqueDef>) -> Self {
        let place = |attr: &AttrDef| {
            if attr.column == primary_key {
                Place::Key
            } else if unique.iter().any(|u| u.columns.contains(&attr.column)) {
                Place::Indexed
            } else {
                Place::Plain
            }
        };
        let columns = attributes.into_iter().map(|attr| Column { place: place(&attr), attr }).collect();
        Self { name, columns, primary_key, unique }
    }

    /// Creates the table under this name, with further columns as they were discovered.
    pub(super) async fn create(
        &self,
        dialect: Dialect,
        link: &mut Link,
        name: &str,
        further: &[FoundColumn],
    ) -> Result<()> {
        let mut create = Table::create();
        create.table(Alias::new(name));
        for column in &self.columns {
            create.col(dialect.column(&column.attr, column.place));
        }
        for column in further {
            let mut kept = ColumnDef::new(Alias::new(&column.name));
            create.col(kept.custom(Alias::new(&column.declared)));
        }
        link.execute(dialect.build_schema(&create)).await?;
        Ok(())
    }

    /// Creates the unique indexes that are missing.
    ///
    /// # Errors
    /// [`OrmError::Migration`] if stored values are not unique.
    pub(super) async fn create_indexes(&self, dialect: Dialect, link: &mut Link) -> Result<()> {
        let found = discover::indexes(dialect, link, &self.name).await?;
        for unique in self.unique.iter().filter(|u| !found.iter().any(|f| f.name == u.name)) {
            let mut index = Index::create();
            index.name(&unique.name).table(Alias::new(&self.name)).unique();
            for column in &unique.columns {
                index.col(Alias::new(column));
            }
            link.execute(dialect.build_schema(&index)).await.map_err(|e| match &e {
                sqlx::Error::Database(db) if db.is_unique_violation() => OrmError::Migration {
                    table: self.name.clone(),
                    message: format!(
                        "{} should be unique, but rows have the same value; make them differ first",
                        unique.columns.join(" with ")
                    ),
                },
                _ => e.into(),
            })?;
        }
        Ok(())
    }
}
