//! `#[derive(Inputs)]`: a description of each field as data, and a function that reads them all.

mod property;

use crate::names::{camel_case, plain};
use proc_macro2::{Span, TokenStream};
use property::Properties;
use quote::{format_ident, quote, quote_spanned};
use syn::{Data, DataStruct, DeriveInput, Error, Field, Fields, Ident, spanned::Spanned};

pub(crate) fn expand(item: &DeriveInput) -> TokenStream {
    let ident = &item.ident;
    if !item.generics.params.is_empty() {
        return Error::new_spanned(&item.generics, "inputs cannot be generic").to_compile_error();
    }
    let Data::Struct(DataStruct { fields: Fields::Named(fields), .. }) = &item.data else {
        return Error::new_spanned(ident, "inputs are a struct with named fields").to_compile_error();
    };
    let fields: Vec<Input<'_>> = fields.named.iter().filter_map(Input::read).collect();
    let (definitions, problems): (Vec<_>, Vec<_>) = fields
        .iter()
        .map(|f| (f.definition(), f.properties.problems.as_ref().map(Error::to_compile_error)))
        .unzip();
    let count = fields.len();
    let names = fields.iter().map(|f| f.ident);
    let places: Vec<_> = (0..count).map(|at| format_ident!("__input{at}")).collect();
    let reads = fields.iter().zip(&places).enumerate().map(|(at, (field, place))| {
        let ty = field.ty;
        quote_spanned!(ty.span()=> let #place = __reader.read::<#ty>(&__INPUTS[#at]);)
    });
    quote! {
        #(#problems)*
        #[doc(hidden)]
        const _: () = {
            #[allow(unused_parens, clippy::all)]
            static __INPUTS: [::topsail::InputDef; #count] = [#(#definitions),*];

            #[allow(clippy::all)]
            fn __read(__reader: &mut ::topsail::__private::InputReader<'_>) -> ::core::option::Option<#ident> {
                #(#reads)*
                ::core::option::Option::Some(#ident { #(#names: #places?),* })
            }

            impl ::topsail::FromParams for #ident {
                fn inputs() -> &'static [::topsail::InputDef] {
                    &__INPUTS
                }

                fn from_params(
                    __params: &::topsail::Params,
                ) -> ::core::result::Result<Self, ::topsail::Error> {
                    ::topsail::__private::InputReader::read_all(__params, __read)
                }
            }

            impl ::topsail::__private::Input for #ident {
                const KIND: ::topsail::InputKind =
                    ::topsail::InputKind::Shape(<#ident as ::topsail::FromParams>::inputs);

                fn from_value(
                    __value: ::topsail::__private::serde_json::Value,
                ) -> ::core::option::Option<Self> {
                    ::topsail::__private::InputReader::read_nested(&__value, __read)
                }
            }
        };
    }
}

/// One field.
struct Input<'a> {
    ident: &'a Ident,
    ty: &'a syn::Type,
    properties: Properties,
}

impl<'a> Input<'a> {
    fn read(field: &'a Field) -> Option<Self> {
        let ident = field.ident.as_ref()?;
        Some(Self { ident, ty: &field.ty, properties: Properties::read(&field.attrs) })
    }

    /// The `InputDef` of this field.
    fn definition(&self) -> TokenStream {
        let Properties { required, allow_null, default, rules, name, description, .. } = &self.properties;
        let name = name.clone().unwrap_or_else(|| camel_case(&plain(self.ident)));
        let ty = self.ty;
        let needed = !*required && default.is_none();
        let default = match default {
            Some(value) => {
                quote!(::core::option::Option::Some(|| ::topsail::__private::serde_json::json!(#value)))
            }
            None => quote!(::core::option::Option::None),
        };
        let span = Span::mixed_site().located_at(ty.span());
        let kind = quote_spanned!(span=> <#ty as ::topsail::__private::Input>::KIND);
        let required = if needed {
            quote_spanned!(span=> !<#ty as ::topsail::__private::Input>::OPTIONAL)
        } else {
            quote!(#required)
        };
        quote! {
            ::topsail::InputDef {
                name: #name,
                kind: #kind,
                required: #required,
                allow_null: #allow_null,
                rules: &[#(::topsail::InputRule::#rules),*],
                default: #default,
                description: #description,
            }
        }
    }
}
