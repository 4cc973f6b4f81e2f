//! What a request says about its page.

use crate::{
    Req,
    blueprints::{BlueprintsConfig, options::Asked},
    req::Params,
};
use serde_json::Value;
use std::borrow::Cow;
use topsail_orm::{Code, ModelDef, OrmError, Result};

/// What of paging is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PagingSwitches {
    /// `X-Total-Count`.
    pub(crate) total: bool,
    /// `Link`.
    pub(crate) links: bool,
    /// The parameters `page` and `page_size`.
    pub(crate) pages: bool,
    /// The parameters `after` and `before`.
    pub(crate) cursors: bool,
}

impl PagingSwitches {
    /// The settings, except where the route says otherwise.
    pub(crate) fn of(config: &BlueprintsConfig, req: &Req) -> Self {
        let extra = &req.options().extra;
        let is_on = |names: [&str; 2], otherwise: bool| {
            names.iter().find_map(|name| extra.get(*name)?.as_bool()).unwrap_or(otherwise)
        };
        let cursors = is_on(["cursors", "cursors"], config.cursors);
        Self {
            total: is_on(["totalCount", "total_count"], config.total_count),
            // Nobody has a cursor but from a link.
            links: is_on(["linkHeader", "link_header"], config.link_header || cursors),
            pages: is_on(["pageParams", "page_params"], config.page_params),
            cursors,
        }
    }
}

/// Where a page begins.
#[derive(Debug, PartialEq)]
pub(super) enum At {
    /// After so many records: `skip`.
    Skip,
    /// At so many pages, from 1.
    Page(u64),
    /// Beside a record.
    Cursor(Side),
}

/// On which side of which record.
#[derive(Debug, PartialEq)]
pub(super) enum Side {
    /// At the first record.
    Start,
    /// After the record of this cursor.
    After(String),
    /// Before the record of this cursor.
    Before(String),
    /// At the last record, which is the last of the page.
    End,
}

impl At {
    pub(super) fn read(switches: &PagingSwitches, model: &ModelDef, params: &Params) -> Result<Self> {
        let given = |name: &'static str, on: bool| params.get(name).filter(|value| on && !value.is_null());
        let skip = given("skip", true);
        let page = given("page", switches.pages);
        let (after, before) = (given("after", switches.cursors), given("before", switches.cursors));
        let places = [("skip", skip), ("page", page), ("after", after), ("before", before)];
        let mut named = places.iter().filter(|(_, value)| value.is_some()).map(|(name, _)| *name);
        if let (Some(one), Some(other)) = (named.next(), named.next()) {
            let why = format!("`{one}` and `{other}` say where the page begins; send one of them");
            return Err(refuse(model, other, why));
        }
        if let Some(page) = page {
            return number(page)
                .map(Self::Page)
                .ok_or_else(|| refuse(model, "page", "`page` should be a whole number from 1".to_owned()));
        }
        let text = |name: &'static str, value: &Value| match value {
            Value::String(text) => Ok(text.clone()),
            _ => Err(refuse(model, name, format!("`{name}` should be a text that a `Link` has given"))),
        };
        Ok(match (after, before) {
            (Some(after), _) => match text("after", after)? {
                start if start.is_empty() => Self::Cursor(Side::Start),
                cursor => Self::Cursor(Side::After(cursor)),
            },
            (None, Some(before)) => match text("before", before)? {
                end if end.is_empty() => Self::Cursor(Side::End),
                cursor => Self::Cursor(Side::Before(cursor)),
            },
            (None, None) if switches.cursors && skip.is_none() => Self::Cursor(Side::Start),
            (None, None) => Self::Skip,
        })
    }
}

/// The parameters of a `find` as they would be without paging: `page_size` is its `limit`, and the others are no attributes.
pub(crate) fn as_clauses<'a>(asked: &Asked<'a>) -> Result<Cow<'a, Params>> {
    let PagingSwitches { pages, cursors, .. } = asked.paging;
    if !pages && !cursors {
        return Ok(Cow::Borrowed(asked.all));
    }
    let mut params = asked.all.clone();
    if cursors {
        params.shift_remove("after");
        params.shift_remove("before");
    }
    if pages {
        params.shift_remove("page");
        if let Some(size) = params.shift_remove("page_size") {
            if params.contains_key("limit") {
                let why = "`page_size` and `limit` say how long the page is; send one of them";
                return Err(refuse(asked.model, "page_size", why.to_owned()));
            }
            if number(&size).is_none() {
                let why = "`page_size` should be a whole number from 1";
                return Err(refuse(asked.model, "page_size", why.to_owned()));
            }
            params.insert("limit".to_owned(), size);
        }
    }
    Ok(Cow::Owned(params))
}

fn number(value: &Value) -> Option<u64> {
    let number = match value {
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        Value::Number(number) => number.as_u64(),
        _ => None,
    };
    // What a client in JavaScript can count to.
    number.filter(|number| (1..=9_007_199_254_740_991).contains(number))
}

fn refuse(model: &ModelDef, rule: &str, why: String) -> OrmError {
    OrmError::usage(Code::InvalidCriteria, &model.identity, None, rule, why)
}
