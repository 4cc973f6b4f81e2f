//! Rules of inputs: which exist, and the sentence of each.

use super::{InputDef, InputKind};
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::{OnceLock, PoisonError, RwLock},
};
use topsail_orm::Rule;

/// What must hold of an input's value. For a list, of each item.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each is the rule of Sails of the same name")]
pub enum InputRule {
    IsCreditCard,
    IsEmail,
    IsHexColor,
    IsIn(&'static [&'static str]),
    IsInteger,
    IsIp,
    IsNotEmptyString,
    IsNotIn(&'static [&'static str]),
    IsUrl,
    IsUuid,
    Max(f64),
    MaxLength(usize),
    Min(f64),
    MinLength(usize),
    Regex(&'static str),
}

/// Every broken rule, with its place inside the value.
pub(super) fn violations(def: &InputDef, value: &Value) -> Vec<(String, String)> {
    let mut kind = def.kind;
    let mut values = vec![(String::new(), value)];
    while let InputKind::List(items) = kind {
        kind = *items;
        values = values
            .into_iter()
            .flat_map(|(place, list)| {
                let items = list.as_array().into_iter().flatten().enumerate();
                items.map(move |(at, item)| (format!("{place}[{at}]"), item))
            })
            .collect();
    }
    let implied = matches!(kind, InputKind::Integer).then_some(InputRule::IsInteger);
    let rules: Vec<InputRule> = implied.into_iter().chain(def.rules.iter().copied()).collect();
    values
        .into_iter()
        .flat_map(|(place, value)| {
            rules.iter().filter_map(move |rule| rule.violation(value).map(|what| (place.clone(), what)))
        })
        .collect()
}

impl InputRule {
    /// The sentence, where the value breaks the rule. Most rules let an empty text pass.
    fn violation(self, value: &Value) -> Option<String> {
        judge(self, |rule| rule.violation(value).is_some()).then(|| self.sentence(value))
    }

    fn rule(self) -> Rule {
        let list = |texts: &[&str]| texts.iter().map(|text| Value::from(*text)).collect();
        match self {
            Self::IsCreditCard => Rule::IsCreditCard,
            Self::IsEmail => Rule::IsEmail,
            Self::IsHexColor => Rule::IsHexColor,
            Self::IsIn(texts) => Rule::IsIn(list(texts)),
            Self::IsInteger => Rule::IsInteger,
            Self::IsIp => Rule::IsIp,
            Self::IsNotEmptyString => Rule::IsNotEmptyString,
            Self::IsNotIn(texts) => Rule::IsNotIn(list(texts)),
            Self::IsUrl => Rule::IsUrl,
            Self::IsUuid => Rule::IsUuid,
            Self::Max(limit) => Rule::Max(limit),
            Self::MaxLength(limit) => Rule::MaxLength(limit),
            Self::Min(limit) => Rule::Min(limit),
            Self::MinLength(limit) => Rule::MinLength(limit),
            Self::Regex(pattern) => Rule::regex(pattern),
        }
    }

    fn sentence(self, value: &Value) -> String {
        let shown = shown(value);
        match self {
            Self::IsCreditCard => "Value was not a valid credit card.".to_owned(),
            Self::IsEmail => format!("Value ({shown}) was not a valid email address."),
            Self::IsHexColor => format!("Value ({shown}) was not a valid hex color."),
            Self::IsIn(list) => {
                format!("Value ({shown}) was not in the configured whitelist ({})", list.join(", "))
            }
            Self::IsInteger => format!("Value ({shown}) was not an integer."),
            Self::IsIp => format!("Value ({shown}) was not a valid IP address."),
            Self::IsNotEmptyString => format!("Value ({shown}) was an empty string."),
            Self::IsNotIn(list) => {
                format!("Value ({shown}) was in the configured blacklist ({})", list.join(", "))
            }
            Self::IsUrl => format!("Value ({shown}) was not a valid URL."),
            Self::IsUuid => format!("Value ({shown}) was not a valid UUID."),
            Self::Max(limit) => format!("Value ({shown}) was greater than the configured maximum ({limit})"),
            Self::MaxLength(limit) => {
                let over = value.as_str().map_or(0, |t| t.encode_utf16().count().saturating_sub(limit));
                format!("Value was {over} characters longer than the configured maximum length ({limit})")
            }
            Self::Min(limit) => format!("Value ({shown}) was less than the configured minimum ({limit})"),
            Self::MinLength(limit) => {
                format!("Value ({shown}) was shorter than the configured minimum length ({limit})")
            }
            Self::Regex(pattern) => {
                format!("Value ({shown}) did not match the configured regular expression (/{pattern}/)")
            }
        }
    }
}

/// Applies the rule; regular expressions, which come from the source alone, are compiled once.
fn judge(rule: InputRule, test: impl FnOnce(&Rule) -> bool) -> bool {
    static COMPILED: OnceLock<RwLock<HashMap<&'static str, Rule>>> = OnceLock::new();
    let InputRule::Regex(pattern) = rule else { return test(&rule.rule()) };
    let compiled = COMPILED.get_or_init(RwLock::default);
    if let Some(known) = compiled.read().unwrap_or_else(PoisonError::into_inner).get(pattern) {
        return test(known);
    }
    let mut compiled = compiled.write().unwrap_or_else(PoisonError::into_inner);
    test(compiled.entry(pattern).or_insert_with(|| rule.rule()))
}

/// Texts in single quotes, everything else bare; cut to what fits into a message.
fn shown(value: &Value) -> String {
    const LONGEST: usize = 100;
    let cut = |text: &str| match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    };
    match value {
        Value::String(text) => format!("'{}'", cut(text)),
        other => cut(&other.to_string()),
    }
}
