//! Completing the definitions of one app and checking them against each other.

mod associations;
mod check;

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use self::{associations::complete, check::Check};
use super::{Archive, ModelDef, archive, foreign_key, through};
use crate::error::{DefinitionError, OrmError, Result};

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
    for (at, message) in through::complete(&mut completed) {
        check.say(&completed[at], None, &message);
    }
    if !check.problems.is_empty() {
        return Err(OrmError::Definition(DefinitionError { problems: check.problems }));
    }
    Ok(completed.into_iter().map(|d| (d.identity.clone(), Arc::new(d))).collect())
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
