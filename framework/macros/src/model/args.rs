//! `#[model(…)]`: what concerns the whole model.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Error, Ident, Lit, LitBool, LitStr, Path, Token, parse::Parser};

use super::{
    callback::{self, Callback},
    index::Index,
};
use crate::names::did_you_mean;

const KNOWN: [&str; 16] = [
    "index",
    "unique",
    "archive",
    "without",
    "table",
    "datastore",
    "identity",
    "primary_key",
    "custom_to_json",
    "cascade_on_destroy",
    "before_create",
    "after_create",
    "before_update",
    "after_update",
    "before_destroy",
    "after_destroy",
];

pub(super) struct Args {
    /// The path of the crate `topsail_orm`.
    pub(super) orm: TokenStream,
    pub(super) table: Option<String>,
    pub(super) datastore: Option<String>,
    identity: Option<String>,
    pub(super) primary_key: Option<Ident>,
    pub(super) custom_to_json: Option<Path>,
    pub(super) cascade_on_destroy: Option<bool>,
    /// The timestamps that are not added.
    pub(super) without: Vec<String>,
    /// `false`, or an identity.
    pub(super) archive: Option<Lit>,
    pub(super) callbacks: Vec<Callback>,
    pub(super) indexes: Vec<Index>,
}

impl Args {
    pub(super) fn read(args: TokenStream, errors: &mut Vec<Error>) -> Self {
        let mut read = Self {
            orm: quote!(::topsail::orm),
            table: None,
            datastore: None,
            identity: None,
            primary_key: None,
            custom_to_json: None,
            cascade_on_destroy: None,
            without: vec![],
            archive: None,
            callbacks: vec![],
            indexes: vec![],
        };
        let parser = syn::meta::parser(|meta| {
            let name = meta.path.to_token_stream().to_string();
            match name.as_str() {
                "table" => read.table = Some(meta.value()?.parse::<LitStr>()?.value()),
                "datastore" => read.datastore = Some(meta.value()?.parse::<LitStr>()?.value()),
                "identity" => read.identity = Some(meta.value()?.parse::<LitStr>()?.value()),
                "primary_key" => read.primary_key = Some(meta.value()?.parse()?),
                "custom_to_json" => read.custom_to_json = Some(meta.value()?.parse()?),
                "cascade_on_destroy" => {
                    let given = meta.input.peek(Token![=]);
                    read.cascade_on_destroy = Some(!given || meta.value()?.parse::<LitBool>()?.value);
                }
                "without" => meta.parse_nested_meta(|inner| {
                    let name = inner.path.to_token_stream().to_string();
                    if !["created_at", "updated_at"].contains(&name.as_str()) {
                        return Err(inner.error("`without` leaves out `created_at` and `updated_at`"));
                    }
                    read.without.push(name);
                    Ok(())
                })?,
                "index" | "unique" => read.indexes.push(Index::read(&meta)?),
                "archive" => match meta.value()?.parse::<Lit>()? {
                    lit @ (Lit::Str(_) | Lit::Bool(LitBool { value: false, .. })) => read.archive = Some(lit),
                    other => {
                        let text =
                            "`archive` is `false`, or the identity of the model that archives this one";
                        return Err(Error::new_spanned(other, text));
                    }
                },
                "crate" => {
                    let path: Path = meta.value()?.parse()?;
                    read.orm = quote!(::#path);
                }
                name if callback::NAMES.contains(&name) => {
                    read.callbacks.push(Callback::read(name, meta.value()?.parse()?));
                }
                other if callback::NEVER_CALLED.contains(&other) => {
                    return Err(meta.error(format!(
                        "`{other}` is no callback: nothing would call it (callbacks: {})",
                        callback::NAMES.join(", ")
                    )));
                }
                other => {
                    let hint = did_you_mean(other, &KNOWN);
                    return Err(meta.error(format!(
                        "a model has no setting `{other}`{hint} (known: {})",
                        KNOWN.join(", ")
                    )));
                }
            }
            Ok(())
        });
        if let Err(e) = parser.parse2(args) {
            errors.push(e);
        }
        read
    }

    pub(super) fn identity(&self, name: &Ident) -> String {
        self.identity.clone().unwrap_or_else(|| name.to_string().to_lowercase())
    }
}
