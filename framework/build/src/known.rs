//! Names that exist, for looking up and for "did you mean".

use crate::{identity::fold, report::Place};
use std::collections::BTreeMap;

/// All names of one kind, found in any of Sails' spellings.
#[derive(Debug)]
pub(crate) struct Known {
    /// The kind in a sentence: `action`.
    what: &'static str,
    names: BTreeMap<String, Name>,
    /// False if a file could not be read: what is missing may well be there.
    complete: bool,
}

#[derive(Debug)]
struct Name {
    name: String,
    place: Option<Place>,
}

impl Known {
    pub(crate) fn new(what: &'static str) -> Self {
        Self { what, names: BTreeMap::new(), complete: true }
    }

    /// Nothing is reported as missing any more; rustc says what is wrong with the unreadable file.
    pub(crate) fn incomplete(&mut self) {
        self.complete = false;
    }

    /// Adds a name; gives the place of the one that is there already.
    pub(crate) fn add(&mut self, name: String, place: Option<Place>) -> Result<(), Option<Place>> {
        match self.names.get(&fold(&name)) {
            Some(first) => Err(first.place.clone()),
            None => {
                self.names.insert(fold(&name), Name { name, place });
                Ok(())
            }
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.contains_key(&fold(name))
    }

    /// Is there a name that is this prefix or lies below it?
    pub(crate) fn has_below(&self, prefix: &str) -> bool {
        let prefix = fold(prefix);
        self.names.keys().any(|name| {
            prefix.is_empty()
                || name.strip_prefix(&prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.complete
    }

    /// ``there is no action `x`; did you mean `y` (api/…:12:14)?``, or nothing if there is one.
    pub(crate) fn missing(&self, name: &str) -> Option<String> {
        if !self.complete || self.has(name) {
            return None;
        }
        let folded = fold(name);
        let near =
            nearest(&folded, self.names.keys().map(String::as_str)).and_then(|key| self.names.get(key));
        let hint = near.map_or_else(String::new, |near| match &near.place {
            Some(place) => format!("; did you mean `{}` ({place})?", near.name),
            None => format!("; did you mean `{}`?", near.name),
        });
        Some(format!("there is no {} `{name}`{hint}", self.what))
    }
}

/// The nearest of the candidates, if any is near at all.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (likeness(name, candidate), candidate))
        .filter(|(score, _)| *score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Between 0 and 1. One slip of the fingers counts, also in a short word: `GTE` for `GET`.
fn likeness(name: &str, candidate: &str) -> f64 {
    let slip = name.len() > 2 && strsim::damerau_levenshtein(name, candidate) == 1;
    strsim::jaro_winkler(name, candidate).max(if slip { 0.8 } else { 0.0 })
}

/// `; did you mean `x`?`, or nothing.
pub(crate) fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, candidates).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}
