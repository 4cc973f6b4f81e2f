//! Models as data: what `#[model]` records, and what everything else in this crate works on.

mod archive;
mod attribute;
mod callbacks;
mod foreign_key;
mod index;
mod index_check;
mod registry;
mod rule;
mod rule_check;
mod through;

pub use self::{
    archive::{Archive, ArchiveIdentity},
    attribute::{AssociationDef, AttrDef, Auto, Kind, Storage},
    callbacks::{AfterWrite, BeforeDestroy, BeforeWrite, Callbacks},
    foreign_key::{OnDelete, Referrer},
    index::Index,
    rule::Rule,
    through::Pairing,
};
pub(crate) use self::{
    registry::{Defaults, freeze},
    rule_check::excerpt,
};

use serde_json::Value;

use crate::{
    Record,
    error::{Code, OrmError, Result, nearest},
    values::key,
};

/// The definition of one model.
///
/// Made by `#[model]`, completed from the configuration and checked against the other models by
/// [`Orm::connect`](crate::Orm::connect), and not changed after that.
#[derive(Clone, Debug)]
pub struct ModelDef {
    /// The name on the wire: the struct's name in lower case (`User` → `user`, `OrderLine` → `orderline`).
    pub identity: String,
    /// The struct's name.
    pub global_id: String,
    /// The physical table; the identity unless set.
    pub table: String,
    /// The datastore; empty until completed means "the app's default".
    pub datastore: String,
    /// The attribute that is the primary key.
    pub primary_key: String,
    /// All attributes, in the order of the struct.
    pub attributes: Vec<AttrDef>,
    /// Indexes over several attributes; those of one are said by the attribute.
    pub indexes: Vec<Index>,
    /// The foreign keys that point at this model. Completed by `Orm::connect`.
    pub referrers: Vec<Referrer>,
    /// The associations that go through this model. Completed by `Orm::connect`.
    pub pairings: Vec<Pairing>,
    /// Unknown attributes are dropped on write and refused in criteria. Always true on SQL.
    pub schema: bool,
    /// Whether destroying a record detaches the members of its collections. `None` until completed means
    /// "as the app says".
    pub cascade_on_destroy: Option<bool>,
    /// Where archived records go.
    pub archive: Archive,
    /// Whether records of some model are archived in it. Settled when the models are frozen.
    pub is_archive: bool,
    /// Made or used by the ORM itself: it has no routes.
    pub internal: bool,
    /// Shapes a record for JSON (Sails' `customToJSON`).
    pub to_json: Option<fn(Record) -> Value>,
    /// What runs around its writes.
    pub callbacks: Callbacks,
}

impl ModelDef {
    /// A definition without attributes.
    pub fn new(global_id: &str) -> Self {
        let identity = global_id.to_lowercase();
        Self {
            table: identity.clone(),
            identity,
            global_id: global_id.into(),
            datastore: String::new(),
            primary_key: "id".into(),
            attributes: Vec::new(),
            indexes: Vec::new(),
            referrers: Vec::new(),
            pairings: Vec::new(),
            schema: true,
            cascade_on_destroy: None,
            archive: Archive::default(),
            is_archive: false,
            internal: false,
            to_json: None,
            callbacks: Callbacks::default(),
        }
    }

    /// The attribute of this name, hidden or not.
    pub fn attr(&self, name: &str) -> Option<&AttrDef> {
        self.attributes.iter().find(|a| a.name == name)
    }

    /// The primary key.
    ///
    /// # Panics
    /// If the definition names no existing attribute, which [`Orm::connect`](crate::Orm::connect) refuses.
    pub fn pk(&self) -> &AttrDef {
        self.attr(&self.primary_key).expect("checked when the models were frozen")
    }

    /// The attributes that point at other models.
    pub fn associations(&self) -> impl Iterator<Item = &AttrDef> {
        self.attributes.iter().filter(|a| a.association.is_some())
    }

    /// The attributes that have a column of this model's table.
    pub fn columns(&self) -> impl Iterator<Item = &AttrDef> {
        self.attributes.iter().filter(|a| a.kind != Kind::Many)
    }

    /// The attribute of this name if clients may know of it.
    ///
    /// The one place that decides visibility: wire criteria, sort, select, populate and output ask here, so
    /// that an unknown and a hidden attribute cannot be told apart.
    pub fn visible(&self, name: &str) -> Option<&AttrDef> {
        self.attr(name).filter(|a| !a.protect)
    }

    /// The primary key that a text, such as a part of a URL, stands for.
    ///
    /// # Errors
    /// `E_INVALID_CRITERIA` if the text cannot be a key of this model. A number that is no possible key
    /// (`0`, `-1`, `1.5`) is not an error: it matches nothing.
    pub fn key_from_str(&self, text: &str) -> Result<Value> {
        self.key_from_json(&Value::String(text.into()))
    }

    /// The primary key that a JSON value stands for.
    ///
    /// # Errors
    /// As [`key_from_str`](Self::key_from_str); objects, arrays and null are never keys.
    pub fn key_from_json(&self, value: &Value) -> Result<Value> {
        let pk = self.pk();
        key::for_criteria(pk.value_kind(), value).map_err(|expected| {
            OrmError::usage(
                Code::InvalidCriteria,
                &self.identity,
                Some(&pk.name),
                "type",
                format!("`{}` of model `{}` should be {expected}", pk.name, self.identity),
            )
        })
    }

    /// The primary key of a record of this model.
    pub fn key_of(&self, record: &Record) -> Value {
        record.get(&self.primary_key).cloned().unwrap_or(Value::Null)
    }

    /// A number that is equal for equal definitions, over restarts and machines.
    pub fn hash(&self) -> u64 {
        // FNV-1a over the description: the standard hasher promises nothing over versions.
        let (name, place) = ((&self.identity, &self.primary_key), (&self.datastore, &self.table));
        format!("{:?}", (name, place, &self.attributes, &self.indexes))
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
    }

    /// "(did you mean …?)" for a visible attribute near to `name`, or nothing.
    pub(crate) fn hint(&self, name: &str) -> String {
        nearest(name, self.attributes.iter().filter(|a| !a.protect).map(|a| a.name.as_str()))
            .map(|h| format!(" (did you mean `{h}`?)"))
            .unwrap_or_default()
    }
}

/// What `#[model]` registers: a process-wide list, from which each app takes the entries of its own crate.
pub struct ModelEntry {
    /// Makes the definition.
    pub define: fn() -> ModelDef,
    /// `module_path!()` of the struct.
    pub module: &'static str,
    /// The file of the struct.
    pub file: &'static str,
    /// The line of the struct.
    pub line: u32,
}

inventory::collect!(ModelEntry);
