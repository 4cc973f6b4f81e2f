//! Indexes over one or more attributes.

use super::ModelDef;
use crate::datastore::{plain_index, unique_index};

/// An index of a model's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// The attributes, in the order of the index.
    pub attrs: Vec<String>,
    /// Whether no two records may have the same values in all of them; nulls are never the same.
    pub unique: bool,
}

impl Index {
    /// The columns, in the order of the index.
    pub(crate) fn columns<'d>(&self, def: &'d ModelDef) -> Vec<&'d str> {
        self.attrs.iter().filter_map(|name| def.attr(name)).map(|a| a.column.as_str()).collect()
    }

    /// The name that we give it; its columns are known by it on every database.
    pub(crate) fn name(&self, def: &ModelDef) -> String {
        let name = if self.unique { unique_index } else { plain_index };
        name(&def.table, &self.columns(def))
    }
}

impl ModelDef {
    /// Lets no two records have the same values in all of these attributes.
    ///
    /// ```
    /// # use topsail_orm::{AttrDef, Kind, ModelDef};
    /// let mut member = ModelDef::new("Member").unique(["team", "email"]).index(["team", "createdAt"]);
    /// member.attributes.push(AttrDef::new("email", Kind::Text));
    /// ```
    #[must_use]
    pub fn unique<A: Into<String>>(self, attrs: impl IntoIterator<Item = A>) -> Self {
        self.with_index(attrs, true)
    }

    /// Makes an index over these attributes, for criteria and sorts that begin with the first of them.
    #[must_use]
    pub fn index<A: Into<String>>(self, attrs: impl IntoIterator<Item = A>) -> Self {
        self.with_index(attrs, false)
    }

    fn with_index<A: Into<String>>(mut self, attrs: impl IntoIterator<Item = A>, unique: bool) -> Self {
        self.indexes.push(Index { attrs: attrs.into_iter().map(Into::into).collect(), unique });
        self
    }

    /// Every index of the table without that of the primary key: those of single attributes, then those of the model.
    pub(crate) fn every_index(&self) -> Vec<Index> {
        let single = |unique: bool| move |name: &String| Index { attrs: vec![name.clone()], unique };
        self.columns()
            .filter(|a| a.name != self.primary_key)
            .filter_map(|a| match (a.unique, a.index) {
                (true, _) => Some(single(true)(&a.name)),
                (false, true) => Some(single(false)(&a.name)),
                // Without one, each destroy of what it points at would read the whole table.
                (false, false) => a.foreign_key.map(|_| single(false)(&a.name)),
            })
            .chain(self.indexes.iter().cloned())
            .collect()
    }
}
