//! `#[model]`

mod args;
mod attr;
mod callback;
mod field;
mod foreign_key;
mod index;
#[cfg(test)]
mod tests;

use args::Args;
use field::Field;
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::{Error, Fields, FieldsNamed, ItemStruct, Lit, parse_quote, spanned::Spanned};

/// The struct with its missing fields, its columns as constants, `Model`, `Serialize`, `Debug`, and a registration.
///
/// What is wrong is reported beside the full output, so that one slip does not bring a second error elsewhere.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut item: ItemStruct = match syn::parse2(item.clone()) {
        Ok(parsed) => parsed,
        Err(e) => {
            let error =
                Error::new(e.span(), format!("`#[model]` belongs on a struct: {e}")).to_compile_error();
            return quote!(#item #error);
        }
    };
    let mut errors = vec![];
    let args = Args::read(args, &mut errors);
    if !item.generics.params.is_empty() {
        errors.push(Error::new_spanned(&item.generics, "a model cannot be generic: it is one table"));
    }
    if !matches!(item.fields, Fields::Named(_)) {
        errors.push(Error::new_spanned(&item.ident, "a model has named fields: each is an attribute"));
    }
    let (false, Fields::Named(named)) = (item.generics.lt_token.is_some(), &mut item.fields) else {
        let errors = errors.iter().map(Error::to_compile_error);
        return quote!(#item #(#errors)*);
    };
    add_fields(named, &args);
    let fields: Vec<Field> = named.named.iter_mut().map(|f| Field::read(f, &mut errors)).collect();
    args.indexes.iter().for_each(|index| index.check(&fields, &mut errors));
    Model { item: &item, args: &args, fields: &fields }.expand(errors)
}

/// Adds the key and the timestamps where the struct does not name them.
fn add_fields(named: &mut FieldsNamed, args: &Args) {
    let orm = &args.orm;
    let has = |named: &FieldsNamed, name: &str| {
        named.named.iter().any(|f| f.ident.as_ref().is_some_and(|i| i == name))
    };
    let wanted =
        |named: &FieldsNamed, name: &str| !has(named, name) && !args.without.iter().any(|w| w == name);
    if args.primary_key.is_none() && !has(named, "id") {
        let id = parse_quote!(
            /// The primary key.
            pub id: #orm::Id
        );
        named.named.insert(0, id);
    }
    if wanted(named, "created_at") {
        named.named.push(parse_quote!(
            /// When the record was created, in milliseconds since 1970.
            pub created_at: i64
        ));
    }
    if wanted(named, "updated_at") {
        named.named.push(parse_quote!(
            /// When the record was last written, in milliseconds since 1970.
            pub updated_at: i64
        ));
    }
    if !named.named.empty_or_trailing() {
        named.named.push_punct(Default::default());
    }
}

struct Model<'a> {
    item: &'a ItemStruct,
    args: &'a Args,
    fields: &'a [Field],
}

impl Model<'_> {
    fn expand(&self, mut errors: Vec<Error>) -> TokenStream {
        let (item, name, orm) = (self.item, &self.item.ident, &self.args.orm);
        let key = self.args.primary_key.clone().unwrap_or_else(|| format_ident!("id"));
        let Some(pk) = self.fields.iter().find(|f| f.ident == key) else {
            errors.push(Error::new(key.span(), format!("`primary_key` names `{key}`, which is not a field")));
            let errors = errors.iter().map(Error::to_compile_error);
            return quote!(#item #(#errors)*);
        };
        let columns = self.fields.iter().map(|f| f.constant(name, orm));
        let checks = self.fields.iter().map(|f| f.checks(name, orm));
        let takes = self.fields.iter().map(|f| f.take(orm));
        let (clone, debug) = self.derives();
        let (define, serialize) = (self.define(pk), self.serialize());
        let identity = self.args.identity(name);
        let (pk_ident, pk_type, pk_wire) = (&pk.ident, &pk.ty, &pk.wire);
        let key_type = quote_spanned!(pk_type.span()=> type Key = #pk_type;);
        let errors = errors.iter().map(Error::to_compile_error);
        quote! {
            #clone
            #item
            #debug

            impl #name {
                #(#columns)*
            }

            impl #orm::Model for #name {
                #key_type
                const IDENTITY: &'static str = #identity;
                const PRIMARY_KEY: &'static str = #pk_wire;

                fn define() -> #orm::ModelDef {
                    #define
                }

                fn from_record(mut record: #orm::Record) -> #orm::Result<Self> {
                    ::core::result::Result::Ok(Self { #(#takes),* })
                }

                fn key(&self) -> &Self::Key {
                    &self.#pk_ident
                }
            }

            #serialize

            #orm::__private::inventory::submit! {
                #orm::ModelEntry {
                    define: <#name as #orm::Model>::define,
                    module: ::core::module_path!(),
                    file: ::core::file!(),
                    line: ::core::line!(),
                }
            }

            #(#checks)*
            #(#errors)*
        }
    }

    fn define(&self, pk: &Field) -> TokenStream {
        let (orm, args) = (&self.args.orm, self.args);
        let global_id = self.item.ident.to_string();
        let identity = args.identity(&self.item.ident);
        let table = args.table.as_ref().unwrap_or(&identity);
        let pk_wire = &pk.wire;
        let attributes = self.fields.iter().map(|f| f.define(orm, f.ident == pk.ident));
        let datastore = args.datastore.iter().map(|d| quote!(def.datastore = #d.into();));
        let cascade = args
            .cascade_on_destroy
            .iter()
            .map(|c| quote!(def.cascade_on_destroy = ::core::option::Option::Some(#c);));
        let to_json = args
            .custom_to_json
            .iter()
            .map(|f| quote_spanned!(f.span()=> def.to_json = ::core::option::Option::Some(#f);));
        let archive = args.archive.iter().map(|lit| match lit {
            Lit::Str(identity) => quote!(def.archive = #orm::Archive::Into(#identity.into());),
            _ => quote!(def.archive = #orm::Archive::Off;),
        });
        let indexes = args.indexes.iter().map(|index| index.define());
        let callbacks = args.callbacks.iter().map(|c| c.define(&self.item.ident, orm));
        quote! {
            let mut def = #orm::ModelDef::new(#global_id) #(#indexes)*;
            def.identity = #identity.into();
            def.table = #table.into();
            def.primary_key = #pk_wire.into();
            def.attributes = ::std::vec![#(#attributes),*];
            #(#datastore)*
            #(#cascade)*
            #(#to_json)*
            #(#archive)*
            #(#callbacks)*
            def
        }
    }

    fn serialize(&self) -> TokenStream {
        let (name, orm) = (&self.item.ident, &self.args.orm);
        let private = quote!(#orm::__private);
        let body = match &self.args.custom_to_json {
            None => {
                let entries = self.fields.iter().filter(|f| !f.attr.protect).map(|f| f.entry(orm));
                quote! {
                    let mut map = serializer.serialize_map(::core::option::Option::None)?;
                    #(#entries)*
                    map.end()
                }
            }
            Some(custom) => {
                let entries = self.fields.iter().map(|f| f.insert(orm));
                let hidden = self.fields.iter().filter(|f| f.attr.protect).map(|f| &f.wire);
                quote! {
                    let mut record = #orm::Record::new();
                    #(#entries)*
                    let shaped = #private::shaped(#custom, record, &[#(#hidden),*]);
                    #private::serde::Serialize::serialize(&shaped, serializer)
                }
            }
        };
        quote! {
            impl #private::serde::Serialize for #name {
                fn serialize<S: #private::serde::Serializer>(
                    &self,
                    serializer: S,
                ) -> ::core::result::Result<S::Ok, S::Error> {
                    #[allow(unused_imports)]
                    use #private::serde::ser::SerializeMap as _;
                    #body
                }
            }
        }
    }

    /// `Clone` and `Debug` where the struct does not derive them; a protected attribute is not printed.
    fn derives(&self) -> (TokenStream, TokenStream) {
        let derived: String = self
            .item
            .attrs
            .iter()
            .filter(|a| a.path().is_ident("derive"))
            .map(|a| quote!(#a).to_string())
            .collect();
        let has = |what: &str| derived.split(|c: char| !c.is_alphanumeric()).any(|word| word == what);
        let clone = if has("Clone") { quote!() } else { quote!(#[derive(::core::clone::Clone)]) };
        if has("Debug") {
            return (clone, quote!());
        }
        let (name, text) = (&self.item.ident, self.item.ident.to_string());
        let fields = self.fields.iter().map(|f| {
            let (ident, label) = (&f.ident, &f.rust);
            if f.attr.protect {
                quote!(.field(#label, &::core::format_args!("(protected)")))
            } else {
                quote!(.field(#label, &self.#ident))
            }
        });
        let hidden = self.fields.iter().filter(|f| f.attr.protect).map(|f| &f.ident);
        let debug = quote! {
            impl ::core::fmt::Debug for #name {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    // Not printed, and still not a field that nobody reads.
                    #(let _ = &self.#hidden;)*
                    f.debug_struct(#text) #(#fields)* .finish()
                }
            }
        };
        (clone, debug)
    }
}
