//! Where archived records go.

use serde::{Deserialize, Serialize};

use super::{AttrDef, Auto, Kind, ModelDef};

/// The model that archived records become records of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Archive {
    /// As `models.archive_model_identity` says.
    #[default]
    AsTheApp,
    /// Records of this model cannot be archived.
    Off,
    /// The model of this identity.
    Into(String),
}

/// `models.archive_model_identity`: an identity, or `false`.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(untagged)]
pub enum ArchiveIdentity {
    /// The model of this identity; `archive` exists by itself.
    Model(String),
    /// `false`: there is no archive. `true` is the default.
    Switch(bool),
}

impl Default for ArchiveIdentity {
    fn default() -> Self {
        Self::Model(IMPLICIT.into())
    }
}

impl From<&ArchiveIdentity> for Archive {
    fn from(identity: &ArchiveIdentity) -> Self {
        match identity {
            ArchiveIdentity::Model(identity) => Self::Into(identity.clone()),
            ArchiveIdentity::Switch(true) => Self::Into(IMPLICIT.into()),
            ArchiveIdentity::Switch(false) => Self::Off,
        }
    }
}

/// The archive that exists without being written.
pub(crate) const IMPLICIT: &str = "archive";

/// What a model needs so that records can be archived in it.
pub(crate) const NEEDED: [&str; 4] = ["createdAt", "fromModel", "originalRecord", "originalRecordId"];

/// The definition of the implicit archive.
pub(crate) fn implicit(datastore: &str) -> ModelDef {
    let mut def = ModelDef::new("Archive");
    def.datastore = datastore.into();
    def.internal = true;
    def.archive = Archive::Off;
    def.attributes = vec![
        AttrDef::new("id", Kind::Int).as_primary_key(),
        AttrDef::new("createdAt", Kind::Int).auto(Auto::CreatedAt),
        AttrDef::new("fromModel", Kind::Text).required(),
        AttrDef::new("originalRecord", Kind::Json).required(),
        AttrDef::new("originalRecordId", Kind::Json),
    ];
    def
}
