//! Association fields: they know whether they were populated.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::{Attribute, Mismatch, Model};
use crate::{
    error::{OrmError, Result},
    model::Kind,
};

/// One record of another model: its key, and after a populate the record.
///
/// On the wire it is the key, or after a populate the record, or null where the key dangles.
pub struct One<M: Model> {
    key: M::Key,
    attr: &'static str,
    record: Option<Option<Box<M>>>,
}

impl<M: Model> One<M> {
    /// The key, populated or not.
    pub fn key(&self) -> &M::Key {
        &self.key
    }

    /// Whether the query populated it.
    pub fn is_populated(&self) -> bool {
        self.record.is_some()
    }

    /// The record, or nothing where the key dangles, or where the record does not satisfy a condition on the populate.
    ///
    /// # Errors
    /// [`OrmError::NotPopulated`] if the query did not populate it.
    pub fn get(&self) -> Result<Option<&M>> {
        match &self.record {
            Some(record) => Ok(record.as_deref()),
            None => Err(OrmError::NotPopulated { attr: self.attr.into() }),
        }
    }
}

impl<M: Model> Attribute for One<M> {
    type Inner = M::Key;
    const KIND: Kind = Kind::One;
    const TARGET: Option<&'static str> = Some(M::IDENTITY);

    fn decode(attr: &'static str, value: Option<Value>) -> Result<Self, Mismatch> {
        let mismatch = |e: OrmError| Mismatch { expected: "a record", got: e.to_string() };
        match value {
            Some(Value::Object(record)) => {
                let record = M::from_record(record).map_err(mismatch)?;
                Ok(Self { key: record.key().clone(), attr, record: Some(Some(Box::new(record))) })
            }
            // Populated, but there is no such record: the engine leaves the key in a list.
            Some(Value::Array(mut key)) => {
                Ok(Self { key: M::Key::decode(attr, key.pop())?, attr, record: Some(None) })
            }
            Some(Value::Null) | None => Err(Mismatch::new("a key", None)),
            key => Ok(Self { key: M::Key::decode(attr, key)?, attr, record: None }),
        }
    }

    fn wire<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.record {
            None => self.key.serialize(serializer),
            Some(record) => record.serialize(serializer),
        }
    }
}

impl<M: Model> Clone for One<M> {
    fn clone(&self) -> Self {
        Self { key: self.key.clone(), attr: self.attr, record: self.record.clone() }
    }
}

impl<M: Model> fmt::Debug for One<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.record {
            Some(record) => write!(f, "One({:?}, {record:?})", self.key),
            None => write!(f, "One({:?})", self.key),
        }
    }
}

impl<M: Model> Serialize for One<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.wire(serializer)
    }
}

/// Records of another model: absent until a query populates them.
#[derive(Clone)]
pub struct Collection<M> {
    attr: &'static str,
    records: Option<Vec<M>>,
}

impl<M> Collection<M> {
    /// Whether the query populated it.
    pub fn is_populated(&self) -> bool {
        self.records.is_some()
    }

    /// The records.
    ///
    /// # Errors
    /// [`OrmError::NotPopulated`] if the query did not populate it.
    pub fn get(&self) -> Result<&[M]> {
        self.records.as_deref().ok_or_else(|| OrmError::NotPopulated { attr: self.attr.into() })
    }

    /// The records, owned.
    ///
    /// # Errors
    /// [`OrmError::NotPopulated`] if the query did not populate it.
    pub fn into_vec(self) -> Result<Vec<M>> {
        let Self { attr, records } = self;
        records.ok_or_else(|| OrmError::NotPopulated { attr: attr.into() })
    }
}

impl<M> Default for Collection<M> {
    fn default() -> Self {
        Self { attr: "the collection", records: None }
    }
}

impl<M: Model> Attribute for Collection<M> {
    type Inner = Vec<M>;
    const KIND: Kind = Kind::Many;
    const ALLOW_NULL: bool = true;
    const TARGET: Option<&'static str> = Some(M::IDENTITY);

    fn decode(attr: &'static str, value: Option<Value>) -> Result<Self, Mismatch> {
        let expected = "a list of records";
        match value {
            None => Ok(Self { attr, records: None }),
            Some(Value::Array(records)) => records
                .into_iter()
                .map(|record| match record {
                    Value::Object(record) => {
                        M::from_record(record).map_err(|e| Mismatch { expected, got: e.to_string() })
                    }
                    other => Err(Mismatch::new(expected, Some(&other))),
                })
                .collect::<Result<Vec<_>, _>>()
                .map(|records| Self { attr, records: Some(records) }),
            Some(other) => Err(Mismatch::new(expected, Some(&other))),
        }
    }

    fn wire<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.records.serialize(serializer)
    }

    fn is_absent(&self) -> bool {
        self.records.is_none()
    }
}

impl<M: fmt::Debug> fmt::Debug for Collection<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.records {
            Some(records) => records.fmt(f),
            None => f.write_str("(not populated)"),
        }
    }
}

impl<M: Model> Serialize for Collection<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.wire(serializer)
    }
}
