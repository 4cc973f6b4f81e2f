//! `unique(…)` and `index(…)` of a model.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{
    Error, Ident, Token, ext::IdentExt, meta::ParseNestedMeta, punctuated::Punctuated, spanned::Spanned,
};

use super::field::Field;
use crate::names::{camel_case, did_you_mean, plain};

/// An index over several attributes.
pub(super) struct Index {
    unique: bool,
    span: Span,
    fields: Vec<Ident>,
}

impl Index {
    pub(super) fn read(meta: &ParseNestedMeta<'_>) -> syn::Result<Self> {
        let unique = meta.path.is_ident("unique");
        let inside;
        syn::parenthesized!(inside in meta.input);
        let fields = Punctuated::<Ident, Token![,]>::parse_terminated_with(&inside, Ident::parse_any)?;
        Ok(Self { unique, span: meta.path.span(), fields: fields.into_iter().collect() })
    }

    /// Complains of names that are no fields with a column.
    pub(super) fn check(&self, fields: &[Field], errors: &mut Vec<Error>) {
        let word = if self.unique { "unique" } else { "index" };
        if self.fields.len() < 2 {
            let text = format!(
                "`{word}(…)` is over two or more fields; over one it is `#[attr({word})]` on the field"
            );
            errors.push(Error::new(self.span, text));
        }
        for given in &self.fields {
            let name = plain(given);
            match fields.iter().find(|f| f.rust == name) {
                None => {
                    let known: Vec<&str> = fields.iter().map(|f| f.rust.as_str()).collect();
                    let hint = did_you_mean(&name, &known);
                    errors.push(Error::new(
                        given.span(),
                        format!("`{word}` names `{name}`, which is not a field{hint}"),
                    ));
                }
                Some(field) if field.collection_of().is_some() => {
                    let text =
                        format!("`{name}` is a collection, which has no column, so it cannot be in `{word}`");
                    errors.push(Error::new(given.span(), text));
                }
                Some(_) => {}
            }
        }
    }

    /// The call on the `ModelDef`.
    pub(super) fn define(&self) -> TokenStream {
        let names = self.fields.iter().map(|f| camel_case(&plain(f)));
        let call = Ident::new(if self.unique { "unique" } else { "index" }, self.span);
        quote!(.#call([#(#names),*]))
    }
}
