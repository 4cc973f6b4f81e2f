//! Checking the indexes of a definition.

use std::collections::HashSet;

use super::{AttrDef, Index, Kind, ModelDef};

/// The most attributes that every database takes in one index.
const MOST: usize = 16;

/// What is wrong with the indexes of this model, each with the attribute concerned.
///
/// `texts` is how many texts fit into one index of its datastore.
pub(super) fn problems(def: &ModelDef, texts: usize) -> Vec<(Option<&AttrDef>, String)> {
    let mut problems = vec![];
    for attr in def.attributes.iter().filter(|a| a.index) {
        if attr.unique || attr.name == def.primary_key {
            let message =
                "`index` adds nothing: a unique attribute and the primary key have an index already";
            problems.push((Some(attr), message.to_owned()));
        }
        problems.extend(unfit(attr).map(|why| (Some(attr), why)));
    }
    for index in &def.indexes {
        problems.extend(of_one(def, index, texts));
    }
    let mut seen = HashSet::new();
    for index in def.every_index() {
        if !seen.insert((index.attrs.clone(), index.unique)) {
            problems.push((None, format!("{} exists twice; remove one", said(&index))));
        }
    }
    problems
}

fn of_one<'d>(def: &'d ModelDef, index: &Index, texts: usize) -> Vec<(Option<&'d AttrDef>, String)> {
    let mut problems = vec![];
    if index.attrs.len() < 2 || index.attrs.len() > MOST {
        let message = format!(
            "{} has {} attributes; it takes 2 to {MOST}, and for a single one there is `unique` or `index` on the \
             attribute itself",
            said(index),
            index.attrs.len()
        );
        problems.push((None, message));
    }
    let mut names = HashSet::new();
    for name in &index.attrs {
        let Some(attr) = def.attr(name) else {
            let message =
                format!("{} names `{name}`, which is not an attribute{}", said(index), def.hint(name));
            problems.push((None, message));
            continue;
        };
        if !names.insert(name) {
            problems.push((Some(attr), format!("{} names it twice", said(index))));
        }
        problems.extend(unfit(attr).map(|why| (Some(attr), why)));
    }
    let is_text = |name: &&String| def.attr(name).is_some_and(|a| a.value_kind() == Kind::Text);
    let found = index.attrs.iter().filter(is_text).count();
    if found > texts {
        let message = format!(
            "{} has {found} texts, but an index in the datastore `{}` holds {texts} at most",
            said(index),
            def.datastore
        );
        problems.push((None, message));
    }
    problems
}

/// Why an attribute cannot be part of an index, or nothing.
fn unfit(attr: &AttrDef) -> Option<String> {
    let why = match attr.kind {
        Kind::Many => "a collection has no column, so it cannot be in an index",
        Kind::Json => "a JSON value cannot be in an index",
        _ if attr.encrypt => {
            "each ciphertext is another one, so an encrypted attribute cannot be in an index"
        }
        _ => return None,
    };
    Some(why.into())
}

fn said(index: &Index) -> String {
    format!("`{}({})`", if index.unique { "unique" } else { "index" }, index.attrs.join(", "))
}
