//! From the driver's errors to ours.

use sqlx::error::ErrorKind;

use super::unique_index;
use crate::{
    error::{Broken, Code, DatabaseError, OrmError},
    model::ModelDef,
};

/// What a statement about this model failed of.
///
/// `destroys` says whether it was to remove rows.
pub(crate) fn explain(def: &ModelDef, destroys: bool, error: sqlx::Error) -> OrmError {
    let sqlx::Error::Database(db) = &error else { return error.into() };
    let said = Said::of(&**db);
    match said {
        Said::Clash(by) => {
            let attrs = by.attributes(def);
            OrmError::Unique {
                model: def.identity.clone(),
                attrs,
                index: None,
                source: DatabaseError::from(error),
            }
        }
        Said::Reference { constraint, held } => OrmError::ForeignKey {
            model: def.identity.clone(),
            broken: broken(def, constraint.as_deref(), destroys || held),
            source: Some(DatabaseError::from(error)),
        },
        Said::NoTable => {
            OrmError::MissingTable { model: def.identity.clone(), source: DatabaseError::from(error) }
        }
        Said::TooLarge(column) => too_large(def, column.as_deref()),
        Said::Other => OrmError::Database(DatabaseError::from(error)),
    }
}

/// What an error of the database means.
#[cfg_attr(
    not(all(feature = "sqlite", feature = "postgres", feature = "mysql")),
    allow(dead_code, reason = "what only a database says that this build is without")
)]
enum Said {
    Clash(By),
    /// A foreign key refused: its name, and whether it is known to be one of a record that points here.
    Reference {
        constraint: Option<String>,
        held: bool,
    },
    NoTable,
    /// A value is longer or larger than its column holds; the column, where the database says it.
    TooLarge(Option<String>),
    Other,
}

/// What refused a value that exists already.
#[cfg_attr(
    not(all(feature = "sqlite", feature = "postgres", feature = "mysql")),
    allow(dead_code, reason = "what only a database says that this build is without")
)]
enum By {
    Columns(Vec<String>),
    Index(String),
}

impl Said {
    fn of(db: &(dyn sqlx::error::DatabaseError + 'static)) -> Self {
        let clash = db.kind() == ErrorKind::UniqueViolation;
        #[cfg(feature = "sqlite")]
        if db.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some() {
            return match db.message() {
                m if clash => {
                    Self::Clash(By::Columns(super::sqlite::clashing(m).into_iter().map(Into::into).collect()))
                }
                m if m.starts_with("FOREIGN KEY constraint failed") => {
                    Self::Reference { constraint: None, held: false }
                }
                m if m.starts_with("no such table") => Self::NoTable,
                _ => Self::Other,
            };
        }
        #[cfg(feature = "postgres")]
        if let Some(e) = db.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
            return match e.code() {
                _ if clash => Self::Clash(By::Index(e.constraint().unwrap_or_default().into())),
                "23503" | "23001" => {
                    Self::Reference { constraint: e.constraint().map(Into::into), held: false }
                }
                "42P01" => Self::NoTable,
                "22001" | "22003" => Self::TooLarge(None),
                _ => Self::Other,
            };
        }
        #[cfg(feature = "mysql")]
        if let Some(e) = db.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
            return match e.number() {
                _ if clash => Self::Clash(By::Index(super::mysql::constraint(e).unwrap_or_default().into())),
                number @ (1216 | 1217 | 1451 | 1452) => Self::Reference {
                    constraint: super::mysql::reference(e).map(Into::into),
                    held: matches!(number, 1217 | 1451),
                },
                1146 => Self::NoTable,
                1264 | 1406 => Self::TooLarge(super::mysql::column(e).map(Into::into)),
                _ => Self::Other,
            };
        }
        if clash { Self::Clash(By::Columns(vec![])) } else { Self::Other }
    }
}

impl By {
    fn attributes(&self, def: &ModelDef) -> Vec<String> {
        match self {
            Self::Columns(columns) => columns
                .iter()
                .filter_map(|column| def.columns().find(|a| a.column == *column).map(|a| a.name.clone()))
                .collect(),
            Self::Index(name) => by_index(def, name),
        }
    }
}

/// The attributes of an index: ours by the name that we gave it, others by the names the databases give.
fn by_index(def: &ModelDef, name: &str) -> Vec<String> {
    if name == "PRIMARY" || name == format!("{}_pkey", def.table) {
        return vec![def.primary_key.clone()];
    }
    let several = def.indexes.iter().filter(|i| i.unique).find(|index| {
        let columns = index.columns(def);
        name == index.name(def) || name == format!("{}_{}_key", def.table, columns.join("_"))
    });
    if let Some(index) = several {
        return index.attrs.clone();
    }
    def.columns()
        .filter(|a| {
            name == unique_index(&def.table, &[&a.column])
                || name == format!("{}_{}_key", def.table, a.column)
                || (a.unique && name == a.column)
        })
        .map(|a| a.name.clone())
        .collect()
}

/// What the foreign key of this name says no to; it is one of the model's own, or points at it.
fn broken(def: &ModelDef, constraint: Option<&str>, held: bool) -> Broken {
    let is = |name: &str| constraint == Some(name);
    let holder = def.referrers.iter().find(|r| is(&r.constraint));
    let own = def.associations().find(|a| {
        a.constraint(def).is_some_and(|name| is(&name))
            || a.join_constraints().is_some_and(|names| names.iter().any(|name| is(name)))
    });
    if held || (own.is_none() && holder.is_some()) {
        return Broken::Held { by: holder.map(|r| Box::new((r.model.clone(), r.attr.clone()))) };
    }
    Broken::Dangling { attr: own.map(|a| a.name.clone()) }
}

fn too_large(def: &ModelDef, column: Option<&str>) -> OrmError {
    let attr = column.and_then(|c| def.columns().find(|a| a.column == c)).map(|a| a.name.as_str());
    let which = attr.map_or_else(|| format!("a value of model `{}`", def.identity), |a| format!("`{a}`"));
    OrmError::usage(
        Code::InvalidValuesToSet,
        &def.identity,
        attr,
        "maxLength",
        format!("{which} is longer or larger than its column holds"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AttrDef, Kind};

    #[test]
    fn an_index_is_known_by_its_name() {
        let mut def = ModelDef::new("User").unique(["id", "emailAddress"]);
        def.attributes = vec![
            AttrDef::new("id", Kind::Int),
            AttrDef::new("emailAddress", Kind::Text).column_name("email").unique(),
        ];
        for name in ["user_email_unique", "user_email_key", "email"] {
            assert_eq!(by_index(&def, name), ["emailAddress"], "{name}");
        }
        for name in ["user_id_email_unique", "user_id_email_key"] {
            assert_eq!(by_index(&def, name), ["id", "emailAddress"], "{name}");
        }
        for name in ["PRIMARY", "user_pkey"] {
            assert_eq!(by_index(&def, name), ["id"], "{name}");
        }
        assert!(by_index(&def, "somebody_elses").is_empty());
    }
}
