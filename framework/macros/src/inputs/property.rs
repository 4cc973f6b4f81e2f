//! `#[input(…)]`: what a field says about its parameter.

use crate::names::did_you_mean;
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Error, Expr, ExprArray, ExprLit, Lit, LitStr, Meta, meta::ParseNestedMeta};

/// Everything that stands in `#[input(…)]`.
const KNOWN: [&str; 21] = [
    "required",
    "allow_null",
    "default",
    "defaults_to",
    "name",
    "description",
    "is_email",
    "is_url",
    "is_uuid",
    "is_ip",
    "is_integer",
    "is_not_empty_string",
    "is_hex_color",
    "is_credit_card",
    "is_in",
    "is_not_in",
    "min",
    "max",
    "min_length",
    "max_length",
    "regex",
];

/// What was read of one field's attributes.
#[derive(Default)]
pub(super) struct Properties {
    pub(super) required: bool,
    pub(super) allow_null: bool,
    pub(super) default: Option<Expr>,
    /// Variants of `InputRule`, with their arguments.
    pub(super) rules: Vec<TokenStream>,
    pub(super) name: Option<String>,
    pub(super) description: String,
    pub(super) problems: Option<Error>,
}

impl Properties {
    pub(super) fn read(attributes: &[Attribute]) -> Self {
        let mut this = Self::default();
        for attribute in attributes {
            if let Some(line) = doc_line(attribute) {
                if !this.description.is_empty() {
                    this.description.push(' ');
                }
                this.description.push_str(&line);
            }
        }
        this.description.truncate(this.description.trim_end().len());
        for attribute in attributes.iter().filter(|a| a.path().is_ident("input")) {
            if let Err(error) = attribute.parse_nested_meta(|meta| this.property(&meta)) {
                this.problem(error);
            }
        }
        this
    }

    fn problem(&mut self, error: Error) {
        match &mut self.problems {
            Some(problems) => problems.combine(error),
            None => self.problems = Some(error),
        }
    }

    fn property(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let name = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
        let rule = match name.as_str() {
            "required" => {
                if self.default.is_some() {
                    return Err(meta.error("a required input has no use for a `default`"));
                }
                self.required = true;
                return Ok(());
            }
            "default" | "defaults_to" => {
                if self.required {
                    return Err(meta.error("a required input has no use for a `default`"));
                }
                self.default = Some(meta.value()?.parse()?);
                return Ok(());
            }
            "allow_null" => {
                self.allow_null = true;
                return Ok(());
            }
            "name" => {
                self.name = Some(meta.value()?.parse::<LitStr>()?.value());
                return Ok(());
            }
            "description" => {
                self.description = meta.value()?.parse::<LitStr>()?.value();
                return Ok(());
            }
            "is_email" => quote!(IsEmail),
            "is_url" => quote!(IsUrl),
            "is_uuid" => quote!(IsUuid),
            "is_ip" => quote!(IsIp),
            "is_integer" => quote!(IsInteger),
            "is_not_empty_string" => quote!(IsNotEmptyString),
            "is_hex_color" => quote!(IsHexColor),
            "is_credit_card" => quote!(IsCreditCard),
            "is_in" => {
                let list = list(meta)?;
                quote!(IsIn(&#list))
            }
            "is_not_in" => {
                let list = list(meta)?;
                quote!(IsNotIn(&#list))
            }
            "min" => {
                let limit: Expr = meta.value()?.parse()?;
                quote!(Min((#limit) as f64))
            }
            "max" => {
                let limit: Expr = meta.value()?.parse()?;
                quote!(Max((#limit) as f64))
            }
            "min_length" => {
                let limit: Expr = meta.value()?.parse()?;
                quote!(MinLength(#limit))
            }
            "max_length" => {
                let limit: Expr = meta.value()?.parse()?;
                quote!(MaxLength(#limit))
            }
            "regex" => {
                let pattern: LitStr = meta.value()?.parse()?;
                if let Err(error) = regex_syntax::parse(&pattern.value()) {
                    return Err(Error::new_spanned(
                        pattern,
                        format!("the regular expression is malformed: {error}"),
                    ));
                }
                quote!(Regex(#pattern))
            }
            unknown => {
                let hint = did_you_mean(unknown, &KNOWN);
                let known = KNOWN.join(", ");
                let error = meta.error(format!("unknown property `{unknown}`{hint} (known: {known})"));
                skip_value(meta);
                self.problem(error);
                return Ok(());
            }
        };
        self.rules.push(rule);
        Ok(())
    }
}

/// A list of texts.
fn list(meta: &ParseNestedMeta<'_>) -> syn::Result<ExprArray> {
    let list: ExprArray = meta.value()?.parse()?;
    for element in &list.elems {
        if !matches!(element, Expr::Lit(ExprLit { lit: Lit::Str(_), .. })) {
            return Err(Error::new_spanned(element, "the list holds texts: `[\"a\", \"b\"]`"));
        }
    }
    Ok(list)
}

/// Reads past the value of an unknown property, so that the ones after it are still read.
fn skip_value(meta: &ParseNestedMeta<'_>) {
    if let Ok(value) = meta.value() {
        let _ = value.parse::<Expr>();
    }
}

fn doc_line(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else { return None };
    let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value else { return None };
    pair.path.is_ident("doc").then(|| text.value().trim().to_owned())
}
