//! One field of a model.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Error, GenericArgument, Ident, PathArguments, Type, spanned::Spanned};

use super::attr::Attr;
use crate::names::{camel_case, plain};

pub(super) struct Field {
    pub(super) ident: Ident,
    pub(super) ty: Type,
    /// The name in Rust, without `r#`.
    pub(super) rust: String,
    /// The name on the wire.
    pub(super) wire: String,
    pub(super) attr: Attr,
}

impl Field {
    pub(super) fn read(field: &mut syn::Field, errors: &mut Vec<Error>) -> Self {
        let attr = Attr::take(field, errors);
        let ident = field.ident.clone().unwrap_or_else(|| Ident::new("_unnamed", Span::call_site()));
        let rust = plain(&ident);
        let read = Self { wire: camel_case(&rust), rust, ty: field.ty.clone(), ident, attr };
        if let (Some(via), None) = (&read.attr.via, read.collection_of()) {
            errors.push(Error::new(
                via.span(),
                "`via` belongs to a `Collection<Model>`; a `One<Model>` holds the key itself",
            ));
        }
        if let (Some(through), None) = (&read.attr.through, read.attr.via.as_ref().and(read.collection_of()))
        {
            errors.push(Error::new(
                through.span(),
                "`through` belongs to a `Collection<Model>` with `via`, the attribute of that model that points back here",
            ));
        }
        read
    }

    /// `pub const AGE: Col<User, Option<i64>> = …`
    pub(super) fn constant(&self, model: &Ident, orm: &TokenStream) -> TokenStream {
        let (ty, wire) = (&self.ty, &self.wire);
        let name = Ident::new(&self.rust.to_uppercase(), self.ident.span());
        let doc = format!("The column of `{}`.", self.rust);
        quote_spanned! {ty.span()=>
            #[doc = #doc]
            pub const #name: #orm::Col<#model, #ty> = #orm::Col::new(#wire);
        }
    }

    /// The `AttrDef`.
    pub(super) fn define(&self, orm: &TokenStream, is_pk: bool) -> TokenStream {
        let (ty, wire, calls) = (&self.ty, &self.wire, self.attr.calls(orm));
        let via = self.attr.via.iter().map(|via| {
            let via = camel_case(&plain(via));
            quote!(.via(#via))
        });
        let through =
            self.attr.through.iter().map(
                |through| quote_spanned!(through.span()=> .through(<#through as #orm::Model>::IDENTITY)),
            );
        let auto = match self.rust.as_str() {
            "created_at" if !self.attr.auto => quote!(.auto(#orm::Auto::CreatedAt)),
            "updated_at" if !self.attr.auto => quote!(.auto(#orm::Auto::UpdatedAt)),
            _ => quote!(),
        };
        let foreign_key = self.attr.foreign_key.iter().map(|key| key.define(orm));
        let pk = if is_pk { quote!(.as_primary_key()) } else { quote!() };
        let def = quote_spanned!(ty.span()=> #orm::AttrDef::of::<#ty>(#wire));
        quote!(#def #(#via)* #(#through)* #(#foreign_key)* #auto #calls #pk)
    }

    /// `name: …` of a struct made from a record.
    pub(super) fn take(&self, orm: &TokenStream) -> TokenStream {
        let (ident, ty, wire) = (&self.ident, &self.ty, &self.wire);
        let value = quote_spanned! {ty.span()=>
            #orm::__private::field::<Self, #ty>(#wire, &mut record)?
        };
        quote!(#ident: #value)
    }

    /// One entry of the serialised map.
    pub(super) fn entry(&self, orm: &TokenStream) -> TokenStream {
        let (ident, ty, wire) = (&self.ident, &self.ty, &self.wire);
        quote_spanned! {ty.span()=>
            if !#orm::Attribute::is_absent(&self.#ident) {
                map.serialize_entry(#wire, &#orm::Wire(&self.#ident))?;
            }
        }
    }

    /// One entry of the record that `custom_to_json` gets.
    pub(super) fn insert(&self, orm: &TokenStream) -> TokenStream {
        let (ident, ty, wire) = (&self.ident, &self.ty, &self.wire);
        quote_spanned! {ty.span()=>
            if !#orm::Attribute::is_absent(&self.#ident) {
                let value = #orm::__private::serde_json::to_value(#orm::Wire(&self.#ident))
                    .map_err(#orm::__private::serde::ser::Error::custom)?;
                record.insert(#wire.into(), value);
            }
        }
    }

    /// What rustc shall check: that `via` points back, that the default has the attribute's type.
    pub(super) fn checks(&self, model: &Ident, orm: &TokenStream) -> TokenStream {
        let mut out = TokenStream::new();
        if let (Some(via), Some(target)) = (&self.attr.via, self.collection_of()) {
            let column = Ident::new(&plain(via).to_uppercase(), via.span());
            let holder =
                self.attr.through.as_ref().map_or_else(|| quote!(#target), |through| quote!(#through));
            out.extend(quote_spanned! {via.span()=>
                const _: () = #orm::check_via::<#model, _>(<#holder>::#column);
            });
        }
        if let Some(key) = &self.attr.foreign_key {
            out.extend(key.check(&self.ty, orm));
        }
        if let Some(default) = &self.attr.default {
            let ty = &self.ty;
            out.extend(quote_spanned! {default.span()=>
                const _: () = {
                    #[allow(dead_code, clippy::all)]
                    fn __default() -> impl #orm::Operand<#ty> {
                        #default
                    }
                };
            });
        }
        out
    }

    /// `Pet` of `Collection<Pet>`.
    pub(super) fn collection_of(&self) -> Option<&Type> {
        let Type::Path(path) = &self.ty else { return None };
        let last = path.path.segments.last().filter(|s| s.ident == "Collection")?;
        let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
        arguments.args.iter().find_map(|a| match a {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
    }
}
