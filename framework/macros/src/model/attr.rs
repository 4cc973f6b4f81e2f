//! `#[attr(…)]`: what concerns one attribute.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Error, Expr, ExprArray, Field, Ident, LitStr, Path, meta::ParseNestedMeta, spanned::Spanned};

use super::foreign_key::ForeignKey;
use crate::names::did_you_mean;

const FLAGS: [(&str, &str); 11] = [
    ("is_boolean", "IsBoolean"),
    ("is_credit_card", "IsCreditCard"),
    ("is_email", "IsEmail"),
    ("is_hex_color", "IsHexColor"),
    ("is_integer", "IsInteger"),
    ("is_ip", "IsIp"),
    ("is_not_empty_string", "IsNotEmptyString"),
    ("is_number", "IsNumber"),
    ("is_string", "IsString"),
    ("is_url", "IsUrl"),
    ("is_uuid", "IsUuid"),
];

const OTHERS: [&str; 27] = [
    "required",
    "version",
    "encrypt",
    "unique",
    "index",
    "default",
    "defaults_to",
    "protect",
    "column_name",
    "column_type",
    "auto_increment",
    "auto_created_at",
    "auto_updated_at",
    "via",
    "through",
    "foreign_key",
    "description",
    "meta",
    "is_in",
    "is_not_in",
    "is_after",
    "is_before",
    "max",
    "min",
    "max_length",
    "min_length",
    "regex",
];

/// Everything that `#[attr(…)]` said about a field.
#[derive(Default)]
pub(super) struct Attr {
    pub(super) protect: bool,
    pub(super) via: Option<Ident>,
    pub(super) through: Option<syn::Path>,
    pub(super) default: Option<Expr>,
    /// Calls on the `AttrDef`, in the order they were written.
    calls: Vec<Call>,
    pub(super) auto: bool,
    pub(super) foreign_key: Option<ForeignKey>,
}

/// One call on the `AttrDef`; it needs the path of the crate to be written out.
enum Call {
    Plain(TokenStream),
    Rule(Box<dyn Fn(&TokenStream) -> TokenStream>),
    Auto(Ident),
}

impl Attr {
    /// Takes the `#[attr(…)]` of a field away from it.
    pub(super) fn take(field: &mut Field, errors: &mut Vec<Error>) -> Self {
        let mut attr = Self::default();
        field.attrs.retain(|a| {
            if !a.path().is_ident("attr") {
                return true;
            }
            if let Err(e) = a.parse_nested_meta(|meta| attr.read(&meta)) {
                errors.push(e);
            }
            false
        });
        attr
    }

    /// The calls, for the crate at `orm`.
    pub(super) fn calls(&self, orm: &TokenStream) -> TokenStream {
        self.calls
            .iter()
            .map(|call| match call {
                Call::Plain(tokens) => tokens.clone(),
                Call::Rule(rule) => {
                    let rule = rule(orm);
                    quote!(.rule(#rule))
                }
                Call::Auto(which) => quote!(.auto(#orm::Auto::#which)),
            })
            .collect()
    }

    fn read(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let name = meta.path.to_token_stream().to_string();
        let span = meta.path.span();
        if let Some((_, rule)) = FLAGS.iter().find(|(flag, _)| *flag == name) {
            if meta.input.peek(syn::Token![=]) {
                return Err(
                    meta.error(format!("`{name}` takes no value; leave it out to switch the rule off"))
                );
            }
            let rule = Ident::new(rule, span);
            self.rule(move |orm| quote!(#orm::Rule::#rule));
            return Ok(());
        }
        match name.as_str() {
            "required" => self.call(quote!(.required())),
            "unique" => self.call(quote!(.unique())),
            "index" => self.call(quote!(.index())),
            "encrypt" => self.call(quote!(.encrypt())),
            "protect" => {
                self.protect = true;
                self.call(quote!(.protect()));
            }
            "auto_increment" => self.auto("Increment", span),
            "version" => self.auto("Version", span),
            "auto_created_at" => self.auto("CreatedAt", span),
            "auto_updated_at" => self.auto("UpdatedAt", span),
            "default" | "defaults_to" => {
                let value: Expr = meta.value()?.parse()?;
                self.call(quote_spanned!(value.span()=> .default_value(#value)));
                self.default = Some(value);
            }
            "column_name" => {
                let column: LitStr = meta.value()?.parse()?;
                self.call(quote!(.column_name(#column)));
            }
            "column_type" => {
                let physical: LitStr = meta.value()?.parse()?;
                self.call(quote!(.column_type(#physical)));
            }
            "description" => {
                let text: LitStr = meta.value()?.parse()?;
                self.call(quote!(.description(#text)));
            }
            "meta" => {
                let value: Expr = meta.value()?.parse()?;
                self.call(quote!(.meta(#value)));
            }
            "foreign_key" => self.foreign_key = Some(ForeignKey::read(meta)?),
            "via" => self.via = Some(meta.value()?.parse()?),
            "through" => self.through = Some(meta.value()?.parse()?),
            "is_in" => self.list(meta, "IsIn")?,
            "is_not_in" => self.list(meta, "IsNotIn")?,
            "max" => self.call_rule(meta, "max")?,
            "min" => self.call_rule(meta, "min")?,
            "max_length" => self.length(meta, "MaxLength")?,
            "min_length" => self.length(meta, "MinLength")?,
            "is_after" => self.call_rule(meta, "is_after")?,
            "is_before" => self.call_rule(meta, "is_before")?,
            "regex" => {
                let pattern: LitStr = meta.value()?.parse()?;
                self.rule(move |orm| quote!(#orm::Rule::regex(#pattern)));
            }
            "custom" => {
                let check: Path = meta.value()?.parse()?;
                self.rule(move |orm| quote_spanned!(check.span()=> #orm::Rule::Custom(#check)));
            }
            "allow_null" => {
                return Err(meta.error(
                    "an attribute allows null by its type; write `Option<…>` instead of `allow_null`",
                ));
            }
            "model" | "collection" => {
                return Err(meta.error("an association is a type; write `One<Model>` or `Collection<Model>`"));
            }
            other => {
                let known: Vec<&str> =
                    FLAGS.iter().map(|(f, _)| *f).chain(OTHERS).chain(["custom"]).collect();
                let hint = did_you_mean(other, &known);
                return Err(meta.error(format!("an attribute has no property `{other}`{hint}")));
            }
        }
        Ok(())
    }

    fn call(&mut self, tokens: TokenStream) {
        self.calls.push(Call::Plain(tokens));
    }

    fn rule(&mut self, rule: impl Fn(&TokenStream) -> TokenStream + 'static) {
        self.calls.push(Call::Rule(Box::new(rule)));
    }

    fn auto(&mut self, which: &str, span: proc_macro2::Span) {
        self.auto = true;
        self.calls.push(Call::Auto(Ident::new(which, span)));
    }

    fn list(&mut self, meta: &ParseNestedMeta<'_>, rule: &str) -> syn::Result<()> {
        let list: ExprArray = meta.value()?.parse()?;
        let (rule, members) = (Ident::new(rule, list.span()), list.elems);
        let members: Vec<Expr> = members.into_iter().collect();
        self.rule(move |orm| {
            quote!(#orm::Rule::#rule(::std::vec![#(#orm::__private::serde_json::Value::from(#members)),*]))
        });
        Ok(())
    }

    fn length(&mut self, meta: &ParseNestedMeta<'_>, rule: &str) -> syn::Result<()> {
        let length: Expr = meta.value()?.parse()?;
        let rule = Ident::new(rule, length.span());
        self.rule(move |orm| quote!(#orm::Rule::#rule(#length)));
        Ok(())
    }

    fn call_rule(&mut self, meta: &ParseNestedMeta<'_>, rule: &str) -> syn::Result<()> {
        let setting: Expr = meta.value()?.parse()?;
        let rule = Ident::new(rule, setting.span());
        self.rule(move |orm| quote!(#orm::Rule::#rule(#setting)));
        Ok(())
    }
}
