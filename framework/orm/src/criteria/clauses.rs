//! The clauses beside `where`: limit, skip, sort, select, omit.

use serde_json::Value;

use super::{Limits, Name, Order, json::refuse, shown};
use crate::{
    error::Result,
    model::{AttrDef, Kind, ModelDef, excerpt},
};

/// Longer lists of names say the same attribute twice.
const NAMES: usize = 256;

pub(super) fn limit(def: &ModelDef, value: &Value, limits: &Limits) -> Result<Option<u64>> {
    if value.is_null() {
        return Ok(None);
    }
    let n = natural(def, "limit", value)?;
    Ok(Some(n.min(limits.page)))
}

pub(super) fn skip(def: &ModelDef, value: &Value) -> Result<Option<u64>> {
    natural(def, "skip", value).map(Some)
}

fn natural(def: &ModelDef, clause: &str, value: &Value) -> Result<u64> {
    const SAFE: u64 = 9_007_199_254_740_991;
    let n = match value {
        Value::Number(n) => n.as_u64().or_else(|| {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and in range")]
            n.as_f64().filter(|f| f.fract() == 0.0 && (0.0..9e15).contains(f)).map(|f| f as u64)
        }),
        Value::String(s) if !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit()) => s.parse().ok(),
        _ => None,
    };
    n.filter(|n| *n <= SAFE).ok_or_else(|| {
        refuse(
            def,
            None,
            clause,
            format!("`{clause}` should be a whole number from 0; it got {}", excerpt(value)),
        )
    })
}

pub(super) fn sort(def: &ModelDef, value: &Value) -> Result<Vec<Order>> {
    let mut out: Vec<Order> = vec![];
    match value {
        Value::String(s) => out.push(text_order(def, s)?),
        Value::Array(items) if items.len() <= NAMES => {
            for item in items {
                out.push(match item {
                    Value::String(s) => text_order(def, s)?,
                    Value::Object(m) if m.len() == 1 => {
                        let Some((name, Value::String(direction))) = m.iter().next() else {
                            return Err(bad_sort(def, item));
                        };
                        order(def, name, direction)?
                    }
                    item => return Err(bad_sort(def, item)),
                });
            }
        }
        Value::Object(m) if m.len() <= NAMES => {
            for (name, direction) in m {
                let attr = sortable(def, name)?;
                let desc = match direction.as_i64() {
                    Some(1) => false,
                    Some(-1) => true,
                    _ => return Err(bad_sort(def, value)),
                };
                out.push(Order { attr: attr.name.clone().into(), desc });
            }
        }
        other => return Err(bad_sort(def, other)),
    }
    for (i, o) in out.iter().enumerate() {
        if out[..i].iter().any(|p| p.attr == o.attr) {
            return Err(refuse(def, Some(&o.attr), "sort", format!("`sort` names `{}` twice", o.attr)));
        }
    }
    Ok(out)
}

fn text_order(def: &ModelDef, text: &str) -> Result<Order> {
    let mut words = text.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(name), direction, None) => order(def, name, direction.unwrap_or("ASC")),
        _ => Err(bad_sort(def, &Value::String(text.into()))),
    }
}

fn order(def: &ModelDef, name: &str, direction: &str) -> Result<Order> {
    let attr = sortable(def, name)?;
    let desc = match direction.to_ascii_uppercase().as_str() {
        "ASC" => false,
        "DESC" => true,
        _ => {
            return Err(refuse(
                def,
                Some(name),
                "sort",
                format!("`sort`: the direction of `{}` should be ASC or DESC", attr.name),
            ));
        }
    };
    Ok(Order { attr: attr.name.clone().into(), desc })
}

fn sortable<'d>(def: &'d ModelDef, name: &str) -> Result<&'d AttrDef> {
    match def.visible(name) {
        Some(a) if a.kind != Kind::Many => Ok(a),
        Some(a) => Err(refuse(def, Some(name), "sort", format!("`sort`: `{}` is a collection", a.name))),
        None => Err(unknown(def, "sort", name)),
    }
}

fn bad_sort(def: &ModelDef, value: &Value) -> crate::OrmError {
    refuse(
        def,
        None,
        "sort",
        format!(
            "`sort` should be such as 'name DESC' or [{{\"name\": \"DESC\"}}, …]; it got {}",
            excerpt(value)
        ),
    )
}

pub(super) fn select(def: &ModelDef, value: &Value) -> Result<Option<Vec<Name>>> {
    let given = names(def, "select", value)?;
    if given == ["*"] {
        return Ok(None);
    }
    let mut out: Vec<Name> = vec![];
    for name in given {
        match def.visible(name) {
            Some(a) if a.kind == Kind::Many => {
                return Err(refuse(
                    def,
                    Some(name),
                    "select",
                    format!("`select`: `{name}` is a collection; use `populate` for it"),
                ));
            }
            Some(a) => out.push(a.name.clone().into()),
            None => return Err(unknown(def, "select", name)),
        }
    }
    Ok(Some(out))
}

pub(super) fn omit(def: &ModelDef, value: &Value) -> Result<Vec<Name>> {
    let mut out: Vec<Name> = vec![];
    for name in names(def, "omit", value)? {
        match def.visible(name) {
            Some(a) if a.name == def.primary_key => {
                return Err(refuse(
                    def,
                    Some(name),
                    "omit",
                    format!("`omit`: the primary key `{name}` is always there"),
                ));
            }
            Some(a) if a.kind == Kind::Many => {}
            Some(a) => out.push(a.name.clone().into()),
            None => return Err(unknown(def, "omit", name)),
        }
    }
    Ok(out)
}

fn names<'v>(def: &ModelDef, clause: &str, value: &'v Value) -> Result<Vec<&'v str>> {
    let bad = || {
        refuse(
            def,
            None,
            clause,
            format!("`{clause}` should be a list of attributes; it got {}", excerpt(value)),
        )
    };
    match value {
        Value::String(s) => Ok(vec![s]),
        Value::Array(items) if items.len() <= NAMES => {
            items.iter().map(|i| i.as_str().ok_or_else(bad)).collect()
        }
        _ => Err(bad()),
    }
}

fn unknown(def: &ModelDef, clause: &str, name: &str) -> crate::OrmError {
    let shown = shown(name);
    refuse(
        def,
        Some(&shown),
        clause,
        format!("`{clause}`: `{shown}` is not an attribute of model `{}`{}", def.identity, def.hint(name)),
    )
}
