//! Foreign keys: constraints of the database.

use sea_query::{Alias, ForeignKey, ForeignKeyAction, ForeignKeyCreateStatement};

use crate::{datastore::Dialect, model::OnDelete};

/// A foreign key of one column, named by us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ForeignKeyDef {
    pub name: String,
    pub column: String,
    /// The table it points at.
    pub table: String,
    /// The primary key there.
    pub to_column: String,
    pub on_delete: OnDelete,
}

impl ForeignKeyDef {
    /// The statement that adds it to a table; none on SQLite, where it stands in the statement of the table.
    pub(super) fn add_statement(&self, dialect: Dialect, of: &str) -> Option<String> {
        (dialect != Dialect::Sqlite).then(|| dialect.schema_text(&self.inside(of)))
    }

    /// The constraint, as it stands in the statement of the table.
    pub(super) fn inside(&self, of: &str) -> ForeignKeyCreateStatement {
        let mut create = ForeignKey::create();
        create
            .name(&self.name)
            .from(Alias::new(of), Alias::new(&self.column))
            .to(Alias::new(&self.table), Alias::new(&self.to_column));
        match self.on_delete {
            // What the databases do when nothing is said: the statement as a whole may leave no row behind.
            OnDelete::Restrict => {}
            OnDelete::Cascade => {
                create.on_delete(ForeignKeyAction::Cascade);
            }
            OnDelete::SetNull => {
                create.on_delete(ForeignKeyAction::SetNull);
            }
        }
        create
    }
}
