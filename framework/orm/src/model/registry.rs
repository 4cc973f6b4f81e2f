//! Completing the definitions of one app and checking them against each other.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use super::{
    Archive, AssociationDef, AttrDef, Auto, Kind, ModelDef, Storage, archive, foreign_key, index_check,
};
use crate::{
    datastore::bounded,
    error::{DefinitionError, DefinitionProblem, OrmError, Result, nearest},
    values::coerce,
};

/// What the definitions do not say themselves.
pub(crate) struct Defaults<'a> {
    pub datastore: &'a str,
    pub datastores: Vec<&'a str>,
    /// Bytes that a name of a table or a column may have, by datastore.
    pub longest_names: BTreeMap<&'a str, usize>,
    /// Texts that one index may have, by datastore.
    pub texts_in_index: BTreeMap<&'a str, usize>,
    pub cascade_on_destroy: bool,
    pub archive: Archive,
    /// Whether there is a key to encrypt with.
    pub can_encrypt: bool,
}

/// Completes and checks; reports everything that is wrong at once.
pub(crate) fn freeze(
    mut defs: Vec<ModelDef>,
    defaults: &Defaults<'_>,
) -> Result<BTreeMap<String, Arc<ModelDef>>> {
    add_archive(&mut defs, defaults);
    mark_archives(&mut defs);
    // The order of registration depends on the linker.
    defs.sort_by(|a, b| a.identity.cmp(&b.identity));
    let mut check = Check::default();
    for def in &mut defs {
        if def.datastore.is_empty() {
            def.datastore = defaults.datastore.into();
        }
        def.cascade_on_destroy.get_or_insert(defaults.cascade_on_destroy);
        check.alone(def, defaults);
    }
    check.archives(&defs);
    for pair in defs.windows(2) {
        if pair[0].identity == pair[1].identity {
            check.say(&pair[1], None, "two models have this identity; rename one");
        }
    }
    let tables = defs.iter().map(|d| (&d.datastore, &d.table)).collect::<Vec<_>>();
    for (i, def) in defs.iter().enumerate() {
        if tables[..i].contains(&(&def.datastore, &def.table)) {
            check.say(def, None, &format!("the table `{}` belongs to another model too", def.table));
        }
    }
    check.index_names(&defs);
    let mut completed = complete(&defs, &mut check);
    foreign_key::complete(&mut completed);
    if !check.problems.is_empty() {
        return Err(OrmError::Definition(DefinitionError { problems: check.problems }));
    }
    Ok(completed.into_iter().map(|d| (d.identity.clone(), Arc::new(d))).collect())
}

#[derive(Default)]
struct Check {
    problems: Vec<DefinitionProblem>,
}

impl Check {
    fn say(&mut self, def: &ModelDef, attr: Option<&AttrDef>, message: &str) {
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
    fn alone(&mut self, def: &ModelDef, defaults: &Defaults<'_>) {
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

/// Settles where each model is archived, and adds the archive that nobody wrote.
fn add_archive(defs: &mut Vec<ModelDef>, defaults: &Defaults<'_>) {
    for def in defs.iter_mut() {
        if def.archive == Archive::AsTheApp {
            def.archive = defaults.archive.clone();
            if def.archive == Archive::Into(def.identity.clone()) {
                def.archive = Archive::Off;
            }
        }
    }
    let into = Archive::Into(archive::IMPLICIT.into());
    if !defs.iter().any(|def| def.archive == into) {
        return;
    }
    match defs.iter_mut().find(|def| def.identity == archive::IMPLICIT) {
        Some(written) => written.internal = true,
        None => defs.push(archive::implicit(defaults.datastore)),
    }
}

/// Notes which models are the archive of others.
fn mark_archives(defs: &mut [ModelDef]) {
    let archives: HashSet<String> = defs
        .iter()
        .filter_map(|def| match &def.archive {
            Archive::Into(identity) => Some(identity.clone()),
            _ => None,
        })
        .collect();
    for def in defs {
        def.is_archive = archives.contains(&def.identity);
    }
}

impl Check {
    /// An index that has the name of another would be taken for it.
    fn index_names(&mut self, defs: &[ModelDef]) {
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

    fn archives(&mut self, defs: &[ModelDef]) {
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

/// Works out what each association points at and where it is stored.
fn complete(defs: &[ModelDef], check: &mut Check) -> Vec<ModelDef> {
    let find = |identity: &str| defs.iter().find(|d| d.identity == identity);
    let mut out = defs.to_vec();
    for (def, completed) in defs.iter().zip(&mut out) {
        for (attr, completed) in def.attributes.iter().zip(&mut completed.attributes) {
            let Some(assoc) = &attr.association else { continue };
            let Some(target) = find(&assoc.target) else {
                let hint = nearest(&assoc.target, defs.iter().map(|d| d.identity.as_str()))
                    .map(|h| format!(" (did you mean `{h}`?)"))
                    .unwrap_or_default();
                check.say(def, Some(attr), &format!("there is no model `{}`{hint}", assoc.target));
                continue;
            };
            let Some(key_kind) = target.attr(&target.primary_key).map(|pk| pk.kind) else { continue };
            let (inverse, storage) = if attr.kind == Kind::One {
                (facing_collection(def, attr, target), Storage::Column)
            } else {
                match collection(def, attr, assoc, target) {
                    Ok(found) => found,
                    Err(message) => {
                        check.say(def, Some(attr), &message);
                        continue;
                    }
                }
            };
            if matches!(storage, Storage::Join { .. }) && def.datastore != target.datastore {
                check.say(
                    def,
                    Some(attr),
                    &format!(
                        "a many-to-many association needs both models in one datastore; `{}` lives in `{}`",
                        target.identity, target.datastore
                    ),
                );
            }
            let association = AssociationDef { inverse, key_kind, storage, ..assoc.clone() };
            if let Some(message) = foreign_key::misfit(def, attr, &association, target) {
                check.say(def, Some(attr), &message);
            }
            completed.association = Some(association);
        }
    }
    out
}

/// The collection of `target` that shows this to-one attribute from the other side.
fn facing_collection(def: &ModelDef, attr: &AttrDef, target: &ModelDef) -> Option<String> {
    target
        .associations()
        .find(|a| {
            a.kind == Kind::Many
                && a.association
                    .as_ref()
                    .is_some_and(|x| x.target == def.identity && x.via.as_deref() == Some(attr.name.as_str()))
        })
        .map(|a| a.name.clone())
}

fn collection(
    def: &ModelDef,
    attr: &AttrDef,
    assoc: &AssociationDef,
    target: &ModelDef,
) -> std::result::Result<(Option<String>, Storage), String> {
    let mine = format!("{}_{}", def.identity, attr.name);
    let Some(via) = &assoc.via else {
        // The missing side is invented as Sails does.
        let theirs = format!("{}_{}_{}", target.identity, attr.name, def.identity);
        return Ok((None, join(mine, theirs)));
    };
    let Some(back) = target.attr(via) else {
        return Err(format!(
            "`via` names `{via}`, which model `{}` does not have{}",
            target.identity,
            target.hint(via)
        ));
    };
    let Some(facing) = &back.association else {
        return Err(format!(
            "`via` names `{via}` of model `{}`, which is not an association",
            target.identity
        ));
    };
    if facing.target != def.identity {
        return Err(format!(
            "`via` names `{via}` of model `{}`, which points at `{}`",
            target.identity, facing.target
        ));
    }
    if back.kind == Kind::One {
        return Ok((Some(via.clone()), Storage::Foreign { attr: via.clone() }));
    }
    if def.identity == target.identity && *via == attr.name {
        return Err("`via` names the attribute itself; leave it out for a one-sided collection".into());
    }
    if facing.via.as_deref() != Some(attr.name.as_str()) {
        return Err(format!(
            "`via` names the collection `{via}` of model `{}`, whose own `via` should be `{}`",
            target.identity, attr.name
        ));
    }
    Ok((Some(via.clone()), join(mine, format!("{}_{via}", target.identity))))
}

/// Defaults are taken as they are: a text is not a number, however it reads.
fn fits(attr: &AttrDef, default: &serde_json::Value) -> bool {
    if default.is_null() { attr.allow_null } else { coerce::is_strictly(attr.kind, default) }
}

fn join(mine: String, theirs: String) -> Storage {
    let table = if mine < theirs { format!("{mine}__{theirs}") } else { format!("{theirs}__{mine}") };
    Storage::Join { table: bounded(table), mine: bounded(mine), theirs: bounded(theirs) }
}

fn is_identifier(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 128
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
}
