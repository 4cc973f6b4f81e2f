//! What can go wrong, in Sails' codes.

mod database;
mod definition;
mod negotiate;
mod reference;
mod usage;

use std::error::Error;

pub use self::{
    database::DatabaseError,
    definition::{DefinitionError, DefinitionProblem},
    negotiate::{Codes, Negotiate},
    reference::Broken,
    usage::{Code, Problem, UsageError},
};

use crate::migrate::MigrationError;

/// The result of everything in this crate.
pub type Result<T, E = OrmError> = std::result::Result<T, E>;

/// Why a query, a definition or a connection failed.
///
/// [`code`](Self::code) gives Sails' code for it, [`problems`](Self::problems) each single complaint.
///
/// # Source
/// Waterline `forge-adapter-error.js`, `build-usage-error.js`. Differs: every problem of every attribute is
/// listed, where Waterline stops at the first attribute.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OrmError {
    /// The caller asked for something the model does not allow.
    #[error("{0}")]
    Usage(Box<UsageError>),
    /// A unique index refused the value.
    #[error("{}model `{model}` has a record with the same {} already", which(*.index), quoted(.attrs))]
    Unique {
        /// The model's identity.
        model: String,
        /// The attributes of the index; empty when the database does not say.
        attrs: Vec<String>,
        /// Which record of a list that was to be created, from 0, where that can be known.
        index: Option<usize>,
        /// What the database said.
        source: DatabaseError,
    },
    /// A foreign key refused; nothing was changed.
    #[error("{}", broken.message(model))]
    ForeignKey {
        /// The identity of the model whose record was written or destroyed.
        model: String,
        /// What the foreign key says no to.
        broken: Broken,
        /// What the database said, where it was the database that refused.
        source: Option<DatabaseError>,
    },
    /// `find_one`, `update_one` or `destroy_one` matched several records; nothing was changed.
    #[error(
        "`{operation}` on model `{model}` matched more than one record; \
         use the form for several records, or narrower criteria"
    )]
    MoreThanOne {
        /// The model's identity.
        model: String,
        /// The method.
        operation: &'static str,
    },
    /// Emptying an association would set a required attribute to null.
    #[error("`{attr}` of model `{model}` is required, so its records cannot be detached from their parent")]
    RequiredBackReference {
        /// The model that holds the key.
        model: String,
        /// The attribute that holds the key.
        attr: String,
    },
    /// An association was read that this query did not populate.
    #[error("`{attr}` was not populated; add `.populate(…)` for it to the query")]
    NotPopulated {
        /// The association.
        attr: String,
    },
    /// A stored value does not fit the attribute's type.
    #[error("`{attr}` of model `{model}` should be {expected}; the database holds {got}")]
    Decode {
        /// The model's identity.
        model: String,
        /// The attribute.
        attr: String,
        /// What was expected.
        expected: &'static str,
        /// What was found, shortened.
        got: String,
    },
    /// No model has this identity.
    #[error("there is no model `{identity}`{}", did_you_mean(.hint.as_deref()))]
    UnknownModel {
        /// What was asked for.
        identity: String,
        /// The nearest name.
        hint: Option<String>,
    },
    /// No datastore has this name.
    #[error("there is no datastore `{name}`{}", did_you_mean(.hint.as_deref()))]
    UnknownDatastore {
        /// What was asked for.
        name: String,
        /// The nearest name.
        hint: Option<String>,
    },
    /// The models contradict themselves or each other.
    #[error("{0}")]
    Definition(DefinitionError),
    /// The datastore's configuration cannot work.
    #[error("datastore `{datastore}`: {message}")]
    Config {
        /// The datastore's name.
        datastore: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// The datastore cannot be opened.
    #[error("datastore `{datastore}`: cannot open {target}: {source}; {remedy}")]
    Connect {
        /// The datastore's name.
        datastore: String,
        /// The file or server.
        target: String,
        /// What to do.
        remedy: String,
        /// What the database said.
        source: DatabaseError,
    },
    /// The model's table does not exist.
    #[error(
        "model `{model}` has no table in the database; set `migrate = \"alter\"` for development, \
         or run the app once with `migrate` to make it"
    )]
    MissingTable {
        /// The model's identity.
        model: String,
        /// What the database said.
        source: DatabaseError,
    },
    /// `alter` could not carry the rows over; nothing was changed.
    #[error("table `{table}`: {message}")]
    Migration {
        /// The table.
        table: String,
        /// What is in the way and what to do.
        message: String,
    },
    /// A written migration cannot be made or run.
    #[error(transparent)]
    WrittenMigration(#[from] MigrationError),
    /// A transaction covers one datastore, the model lives in another.
    #[error("model `{model}` lives in datastore `{of_model}`, this transaction belongs to `{of_tx}`")]
    OtherDatastore {
        /// The model's identity.
        model: String,
        /// The model's datastore.
        of_model: String,
        /// The transaction's datastore.
        of_tx: String,
    },
    /// The transaction was committed or rolled back already, or its connection is gone.
    #[error("this transaction has ended")]
    Closed,
    /// A query of a transaction that could not get its connection.
    #[error("{}", in_use(*.inside))]
    InUse {
        /// Whether it came from inside a savepoint of the same transaction, by the handle that is around it.
        inside: bool,
    },
    /// A snapshot was to be read inside a transaction, which has none.
    #[error("a snapshot of model `{model}` cannot be read inside a transaction; read it outside")]
    NoSnapshot {
        /// The model's identity.
        model: String,
    },
    /// The record has another version than the caller has seen; nothing was changed.
    #[error("the record {key} of model `{model}` has version {now} by now, not {seen}; read it again")]
    Stale {
        /// The model's identity.
        model: String,
        /// The record's key.
        key: String,
        /// The version that the caller has seen.
        seen: i64,
        /// The version that the record has.
        now: i64,
    },
    /// A stored ciphertext cannot be opened.
    #[error("`{attr}` of model `{model}` cannot be decrypted: {reason}")]
    Decrypt {
        /// The model's identity.
        model: String,
        /// The attribute.
        attr: String,
        /// Why.
        reason: &'static str,
    },
    /// A key of `models.data_encryption_keys` cannot be used; the key itself is not told.
    #[error("`models.data_encryption_keys.{id}`: {message}")]
    EncryptionKey {
        /// The key's id.
        id: String,
        /// What is wrong and what to do.
        message: String,
    },
    /// A setting of `models` cannot work.
    #[error("`models.{key}`: {message}")]
    Setting {
        /// The key.
        key: &'static str,
        /// What is wrong and what to do.
        message: String,
    },
    /// SQL of the app's own that cannot be sent.
    #[error("{message}")]
    NativeQuery {
        /// What is wrong.
        message: String,
    },
    /// A lifecycle callback refused; the error is its own, unchanged.
    #[error("{0}")]
    Callback(Box<dyn Error + Send + Sync>),
    /// Anything else the database refused.
    #[error("{0}")]
    Database(DatabaseError),
}

impl OrmError {
    /// Sails' code, such as `E_UNIQUE` or `E_INVALID_CRITERIA`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Usage(e) => e.code.as_str(),
            Self::Unique { .. } => "E_UNIQUE",
            Self::ForeignKey { .. } => "E_FOREIGN_KEY",
            Self::MoreThanOne { .. } => "E_MORE_THAN_ONE",
            Self::RequiredBackReference { .. } => "E_COLLISIONS_WHEN_NULLING_OUT_REQUIRED_FK",
            Self::NotPopulated { .. } => "E_NOT_POPULATED",
            Self::Decode { .. } => "E_HIGHLY_IRREGULAR",
            Self::UnknownModel { .. } => "E_UNKNOWN_MODEL",
            Self::UnknownDatastore { .. } => "E_UNKNOWN_DATASTORE",
            Self::Definition(_) => "E_INVALID_MODEL_DEF",
            Self::Config { .. } => "E_INVALID_DATASTORE_CONFIG",
            Self::Connect { .. } => "E_FAILED_TO_CONNECT",
            Self::MissingTable { .. } => "E_NO_SUCH_PHYSICAL_MODEL",
            Self::Migration { .. } => "E_FAILED_ALTER_STRATEGY",
            Self::WrittenMigration(_) => "E_MIGRATION",
            Self::OtherDatastore { .. } => "E_OTHER_DATASTORE",
            Self::Closed => "E_TRANSACTION_ENDED",
            Self::InUse { .. } => "E_TRANSACTION_IN_USE",
            Self::NoSnapshot { .. } => "E_NO_SNAPSHOT",
            Self::Stale { .. } => "E_STALE",
            Self::Decrypt { .. } => "E_DECRYPT",
            Self::EncryptionKey { .. } => "E_INVALID_DATA_ENCRYPTION_KEYS",
            Self::Setting { .. } => "E_INVALID_MODELS_CONFIG",
            Self::NativeQuery { .. } => "E_INVALID_NATIVE_QUERY",
            Self::Callback(_) => "E_CALLBACK",
            Self::Database(_) => "E_QUERY_FAILED",
        }
    }

    /// Every single complaint of a usage error; empty for other errors.
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Usage(e) => &e.problems,
            _ => &[],
        }
    }

    /// Whether the caller's input is at fault, so that a client may see [`details`](Self::details).
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Usage(_))
    }

    /// Whether the database ended the transaction because it and another one waited for each other, also where a
    /// callback met with it. Nothing of it was kept, and it may well succeed when it is run again.
    pub fn is_deadlock(&self) -> bool {
        match self {
            Self::Database(e) => e.is_deadlock(),
            Self::Callback(e) => {
                let mut cause: Option<&(dyn Error + 'static)> = Some(&**e);
                while let Some(e) = cause {
                    if e.downcast_ref::<Self>().is_some_and(Self::is_deadlock) {
                        return true;
                    }
                    cause = e.source();
                }
                false
            }
            _ => false,
        }
    }

    /// The identity of the model concerned, where there is one.
    pub fn model_identity(&self) -> Option<&str> {
        match self {
            Self::Usage(e) => Some(&e.model),
            Self::Unique { model, .. }
            | Self::ForeignKey { model, .. }
            | Self::MoreThanOne { model, .. }
            | Self::RequiredBackReference { model, .. }
            | Self::Decode { model, .. }
            | Self::Decrypt { model, .. }
            | Self::Stale { model, .. }
            | Self::NoSnapshot { model }
            | Self::MissingTable { model, .. }
            | Self::OtherDatastore { model, .. } => Some(model),
            _ => None,
        }
    }

    /// The attributes of the unique index that refused, or the one that points at nothing (`attrNames` on the wire).
    pub fn attr_names(&self) -> &[String] {
        match self {
            Self::Unique { attrs, .. } => attrs,
            Self::ForeignKey { broken, .. } => broken.attrs(),
            _ => &[],
        }
    }

    /// Which record of a list the unique index refused, from 0, where that can be known.
    pub fn clash_index(&self) -> Option<usize> {
        match self {
            Self::Unique { index, .. } => *index,
            _ => None,
        }
    }

    /// What a client may read: the complaints of a usage error, one per line.
    pub fn details(&self) -> Option<String> {
        match self {
            Self::Usage(e) => Some(e.details()),
            _ => None,
        }
    }

    /// The same complaints under another code, as Sails does for sub-criteria of a populate.
    #[must_use]
    pub fn with_code(mut self, code: Code) -> Self {
        if let Self::Usage(e) = &mut self {
            e.code = code;
        }
        self
    }

    /// A usage error of one problem.
    pub fn usage(
        code: Code,
        model: impl Into<String>,
        attr: Option<&str>,
        rule: &str,
        message: impl Into<String>,
    ) -> Self {
        Self::Usage(Box::new(UsageError {
            code,
            model: model.into(),
            problems: vec![Problem::new(attr, rule, message)],
        }))
    }
}

impl From<sqlx::Error> for OrmError {
    fn from(e: sqlx::Error) -> Self {
        match e {
            sqlx::Error::PoolClosed => Self::Closed,
            e => Self::Database(DatabaseError::from(e)),
        }
    }
}

/// The way in for errors of callbacks.
impl From<Box<dyn Error + Send + Sync>> for OrmError {
    fn from(e: Box<dyn Error + Send + Sync>) -> Self {
        match e.downcast::<Self>() {
            Ok(ours) => *ours,
            Err(other) => Self::Callback(other),
        }
    }
}

fn in_use(inside: bool) -> &'static str {
    match inside {
        true => {
            "this query runs inside a savepoint, but on the transaction around it; use the `tx` that the function of the \
             savepoint, or the callback, is given"
        }
        false => {
            "this query has waited for its transaction until `acquire_timeout_ms` was over; another query or savepoint of \
             that transaction does not end"
        }
    }
}

fn which(index: Option<usize>) -> String {
    index.map(|index| format!("record {index}: ")).unwrap_or_default()
}

fn quoted(names: &[String]) -> String {
    if names.is_empty() {
        return "unique value".into();
    }
    names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}

fn did_you_mean(hint: Option<&str>) -> String {
    hint.map(|h| format!(" (did you mean `{h}`?)")).unwrap_or_default()
}

/// The candidate nearest to `name`, if one is near enough to be a slip of the finger.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    // Nobody slips that long, and comparing takes time.
    const LONGEST: usize = 64;
    if name.len() > LONGEST {
        return None;
    }
    candidates
        .into_iter()
        .map(|c| (strsim::jaro_winkler(name, c), c))
        .filter(|(score, _)| *score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, c)| c.to_string())
}
