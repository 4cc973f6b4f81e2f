//! `foreign_key` of an association.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Error, LitStr, Token, Type, meta::ParseNestedMeta, spanned::Spanned};

use crate::names::did_you_mean;

/// The rules: how they are written, and the variant of `OnDelete`.
const RULES: [(&str, &str); 3] = [("restrict", "Restrict"), ("cascade", "Cascade"), ("set_null", "SetNull")];

/// A foreign key, with its rule if it names one.
pub(super) struct ForeignKey {
    span: Span,
    /// The variant of `OnDelete`.
    rule: Option<&'static str>,
}

impl ForeignKey {
    pub(super) fn read(meta: &ParseNestedMeta<'_>) -> syn::Result<Self> {
        let span = meta.path.span();
        if !meta.input.peek(Token![=]) {
            return Ok(Self { span, rule: None });
        }
        let given: LitStr = meta.value()?.parse()?;
        let name = given.value();
        match RULES.iter().find(|(rule, _)| *rule == name) {
            Some((_, variant)) => Ok(Self { span: given.span(), rule: Some(variant) }),
            None => {
                let known = RULES.map(|(rule, _)| rule);
                let hint = did_you_mean(&name, &known);
                let text = format!("`foreign_key` has no rule `{name}`{hint} (known: {})", known.join(", "));
                Err(Error::new(given.span(), text))
            }
        }
    }

    /// The call on the `AttrDef`.
    pub(super) fn define(&self, orm: &TokenStream) -> TokenStream {
        match self.rule {
            None => quote!(.foreign_key()),
            Some(rule) => {
                let rule = format_ident!("{rule}");
                quote!(.on_delete(#orm::OnDelete::#rule))
            }
        }
    }

    /// What rustc shall check: that a field of this type can be a foreign key with this rule.
    pub(super) fn check(&self, ty: &Type, orm: &TokenStream) -> TokenStream {
        let check = match self.rule {
            None => quote!(check_foreign_key),
            Some("SetNull") => quote!(check_set_null),
            Some(_) => quote!(check_rule),
        };
        quote_spanned! {self.span=>
            const _: () = #orm::__private::#check::<#ty>();
        }
    }
}
