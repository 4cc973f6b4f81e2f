//! From the driver's errors to ours.

use sqlx::error::ErrorKind;

use crate::{
    error::{DatabaseError, OrmError},
    model::ModelDef,
};

/// What a statement about this model failed of.
pub(crate) fn explain(def: &ModelDef, error: sqlx::Error) -> OrmError {
    let sqlx::Error::Database(db) = &error else { return error.into() };
    let (unique, message) = (db.kind() == ErrorKind::UniqueViolation, db.message().to_string());
    let source = DatabaseError::from(error);
    if unique {
        return OrmError::Unique { model: def.identity.clone(), attrs: clashing(def, &message), source };
    }
    if message.starts_with("no such table") {
        return OrmError::MissingTable { model: def.identity.clone(), source };
    }
    OrmError::Database(source)
}

/// The attributes of `UNIQUE constraint failed: user.email, user.tenant`.
fn clashing(def: &ModelDef, message: &str) -> Vec<String> {
    let Some((_, columns)) = message.split_once("constraint failed: ") else { return vec![] };
    columns
        .split(", ")
        .filter_map(|c| {
            let column = c.rsplit('.').next()?;
            def.columns().find(|a| a.column == column).map(|a| a.name.clone())
        })
        .collect()
}
