//! What is wrong with a definition, each thing in words.

use std::collections::HashSet;

use super::Defaults;
use crate::{
    error::{DefinitionProblem, nearest},
    model::{Archive, AttrDef, Auto, Kind, ModelDef, archive, index_check},
    values::coerce,
};

/// Collects what is wrong.
#[derive(Default)]
pub(super) struct Check {
    pub(super) problems: Vec<DefinitionProblem>,
}

impl Check {
    pub(super) fn say(&mut self, def: &ModelDef, attr: Option<&AttrDef>, message: &str) {
        self.problems.push(DefinitionProblem {
            model: def.identity.clone(),
            attr: attr.map(|a| a.name.clone()),
            message: message.into(),
        });
    }

    /// Names that the database would cut off, or refuse.
    fn lengths(&mut self, def: &ModelDef, longest: usize) {
        let too_long = |what: &str, name: &str| {
            (name.len() > longest).then(|| {
                format!(
                    "the {what} `{name}` has {} bytes, but names in the datastore `{}` have at most {longest}; \
                     name it shorter",
                    name.len(),
                    def.datastore
                )
            })
        };
        if let Some(message) = too_long("table", &def.table) {
            self.say(def, None, &message);
        }
        for attr in def.columns() {
            if let Some(message) = too_long("column", &attr.column) {
                self.say(def, Some(attr), &message);
            }
        }
    }

    /// What can be said about a model without knowing the others.
    pub(super) fn alone(&mut self, def: &ModelDef, defaults: &Defaults<'_>) {
        if !defaults.datastores.contains(&def.datastore.as_str()) {
            let hint = nearest(&def.datastore, defaults.datastores.iter().copied())
                .map(|h| format!(" (did you mean `{h}`?)"))
                .unwrap_or_default();
            self.say(def, None, &format!("the datastore `{}` is not configured{hint}", def.datastore));
        }
        if !def.schema {
            self.say(def, None, "`schema: false` needs a document store; SQL tables have fixed columns");
        }
        if let Some(longest) = defaults.longest_names.get(def.datastore.as_str()) {
            self.lengths(def, *longest);
        }
        let texts = defaults.texts_in_index.get(def.datastore.as_str()).copied().unwrap_or(usize::MAX);
        for (attr, message) in index_check::problems(def, texts) {
            self.say(def, attr, &message);
        }
        if !is_identifier(&def.table) {
            self.say(def, None, &format!("`{}` cannot be the name of a table", def.table));
        }
        match def.attr(&def.primary_key) {
            None => {
                self.say(def, None, &format!("the primary key `{}` is not an attribute", def.primary_key))
            }
            Some(pk) if !matches!(pk.kind, Kind::Int | Kind::Text) => {
                self.say(def, Some(pk), "a primary key is a whole number or a text");
            }
            Some(pk) if pk.default.is_some() => {
                self.say(def, Some(pk), "a primary key cannot have a default");
            }
            Some(_) => {}
        }
        let (mut names, mut columns) = (HashSet::new(), HashSet::new());
        for attr in &def.attributes {
            if !names.insert(&attr.name) {
                self.say(def, Some(attr), "the attribute exists twice");
            }
            if attr.kind != Kind::Many && !columns.insert(&attr.column) {
                self.say(
                    def,
                    Some(attr),
                    &format!("the column `{}` is taken by another attribute", attr.column),
                );
            }
            self.attribute(def, attr);
            if attr.encrypt {
                self.encrypted(def, attr, defaults.can_encrypt);
            }
        }
    }

    fn attribute(&mut self, def: &ModelDef, attr: &AttrDef) {
        let is_pk = attr.name == def.primary_key;
        let auto_time = matches!(attr.auto, Some(Auto::CreatedAt | Auto::UpdatedAt));
        if !is_identifier(&attr.name) || ["and", "or", "toJSON", "toObject"].contains(&attr.name.as_str()) {
            self.say(def, Some(attr), "this cannot be the name of an attribute");
        }
        if !is_identifier(&attr.column) {
            self.say(def, Some(attr), &format!("`{}` cannot be the name of a column", attr.column));
        }
        if attr.required && attr.default.is_some() {
            self.say(def, Some(attr), "a required attribute cannot have a default; remove one of the two");
        }
        if attr.required && attr.allow_null && !matches!(attr.kind, Kind::Json | Kind::One) {
            self.say(def, Some(attr), "a required attribute cannot be an `Option`; remove one of the two");
        }
        if attr.auto == Some(Auto::Increment) && (!is_pk || attr.kind != Kind::Int) {
            self.say(def, Some(attr), "only a whole-number primary key can be automatic");
        }
        if attr.auto == Some(Auto::Version)
            && (attr.kind != Kind::Int || is_pk || attr.required || attr.default.is_some() || attr.unique)
        {
            self.say(
                def,
                Some(attr),
                "a version is an `i64`, not the key, not required, not unique, without a default",
            );
        }
        if auto_time
            && (attr.required || attr.default.is_some() || !matches!(attr.kind, Kind::Int | Kind::Text))
        {
            self.say(
                def,
                Some(attr),
                "an automatic timestamp is an `i64` or a `String`, not required, without a default",
            );
        }
        if is_pk && auto_time {
            self.say(def, Some(attr), "a primary key cannot be a timestamp");
        }
        if let Some(default) = &attr.default {
            if attr.association.is_some() {
                self.say(def, Some(attr), "an association cannot have a default");
            } else if !fits(attr, default) {
                self.say(
                    def,
                    Some(attr),
                    &format!("the default {default} is not a {}", attr.kind.type_name()),
                );
            }
        }
        if attr.foreign_key.is_some() && attr.association.is_none() {
            self.say(def, Some(attr), "`foreign_key` is for an association");
        }
        if attr.kind == Kind::Many && (attr.required || attr.unique) {
            self.say(def, Some(attr), "a collection cannot be required or unique");
        }
        for rule in &attr.rules {
            if attr.association.is_some() {
                self.say(def, Some(attr), "validation rules have no meaning on an association");
            } else if let Some(why) = rule.misfit(attr.kind) {
                self.say(def, Some(attr), &why);
            }
        }
    }
}

impl Check {
    /// An index that has the name of another would be taken for it.
    pub(super) fn index_names(&mut self, defs: &[ModelDef]) {
        let mut taken = HashSet::new();
        for def in defs {
            let constraints = def.columns().filter_map(|a| Some((vec![a.name.clone()], a.constraint(def)?)));
            let indexes = def.every_index().into_iter().map(|index| (index.attrs.clone(), index.name(def)));
            for (attrs, name) in indexes.chain(constraints) {
                if !taken.insert((&def.datastore, name.clone())) {
                    let attrs = attrs.join(", ");
                    let message = format!(
                        "the index over `{attrs}` would be named `{name}` like another one; name a column or a table \
                         differently (`column_name`, `table`)"
                    );
                    self.say(def, None, &message);
                }
            }
        }
    }

    pub(super) fn archives(&mut self, defs: &[ModelDef]) {
        for def in defs {
            let Archive::Into(identity) = &def.archive else { continue };
            if *identity == def.identity {
                self.say(def, None, "a model cannot be its own archive; set `archive = false` on it");
                continue;
            }
            let Some(archive) = defs.iter().find(|d| d.identity == *identity) else {
                let hint = nearest(identity, defs.iter().map(|d| d.identity.as_str()))
                    .map(|h| format!(" (did you mean `{h}`?)"))
                    .unwrap_or_default();
                self.say(def, None, &format!("its archive, the model `{identity}`, does not exist{hint}"));
                continue;
            };
            let missing: Vec<_> =
                archive::NEEDED.iter().filter(|name| archive.attr(name).is_none()).collect();
            if !missing.is_empty() {
                let message =
                    format!("its archive, the model `{identity}`, lacks the attributes {missing:?}");
                self.say(def, None, &message);
            }
        }
    }

    fn encrypted(&mut self, def: &ModelDef, attr: &AttrDef, can_encrypt: bool) {
        let misfit = match attr.kind {
            _ if attr.auto.is_some() || attr.name == def.primary_key => Some("a key or a timestamp"),
            Kind::One | Kind::Many => Some("an association"),
            Kind::Int | Kind::Float | Kind::Bool => Some("a number or a boolean"),
            Kind::Text | Kind::Json => None,
        };
        if let Some(what) = misfit {
            let message = format!("`encrypt` is for a `String` or a `Value`, not for {what}");
            self.say(def, Some(attr), &message);
        }
        if attr.unique {
            let message =
                "each ciphertext is another one, so `unique` has no meaning beside `encrypt`; remove one";
            self.say(def, Some(attr), message);
        }
        if !can_encrypt {
            self.say(
                def,
                Some(attr),
                "`encrypt` needs a key: set `models.data_encryption_keys.default` to 32 random bytes in base64 \
                 (`openssl rand -base64 32`), outside of what is published",
            );
        }
    }
}

/// Defaults are taken as they are: a text is not a number, however it reads.
fn fits(attr: &AttrDef, default: &serde_json::Value) -> bool {
    if default.is_null() { attr.allow_null } else { coerce::is_strictly(attr.kind, default) }
}

fn is_identifier(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 128
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
}
