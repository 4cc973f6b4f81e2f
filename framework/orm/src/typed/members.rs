//! Queries that edit collections.

use std::marker::PhantomData;

use serde_json::Value;

use super::Model;
use crate::{BoxFuture, change::Change, engine, error::Result, executor::Context};

enum Edit {
    Add,
    Remove,
    Replace,
}

/// `User::add_to_collection(&app, …)` and its siblings: gives what changed when awaited.
///
/// # Errors
/// When awaited: those of [`Model::add_to_collection`] and its siblings.
#[must_use = "a query does nothing until it is awaited"]
pub struct EditCollection<'a, M> {
    cx: Context<'a>,
    edit: Edit,
    parents: Vec<Value>,
    attr: &'static str,
    members: Vec<Value>,
    _model: PhantomData<fn() -> M>,
}

impl<'a, M: Model> EditCollection<'a, M> {
    pub(super) fn add(cx: Context<'a>, parents: Vec<Value>, attr: &'static str, members: Vec<Value>) -> Self {
        Self { cx, edit: Edit::Add, parents, attr, members, _model: PhantomData }
    }

    pub(super) fn remove(
        cx: Context<'a>,
        parents: Vec<Value>,
        attr: &'static str,
        members: Vec<Value>,
    ) -> Self {
        Self { edit: Edit::Remove, ..Self::add(cx, parents, attr, members) }
    }

    pub(super) fn replace(
        cx: Context<'a>,
        parents: Vec<Value>,
        attr: &'static str,
        members: Vec<Value>,
    ) -> Self {
        Self { edit: Edit::Replace, ..Self::add(cx, parents, attr, members) }
    }
}

impl<'a, M: Model> IntoFuture for EditCollection<'a, M> {
    type Output = Result<Vec<Change>>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { cx, edit, parents, attr, members, .. } = self;
            let def = cx.orm.require_model(M::IDENTITY)?;
            let edited = match edit {
                Edit::Add => engine::add_to_collection(&cx, def, parents, attr, members).await,
                Edit::Remove => engine::remove_from_collection(&cx, def, parents, attr, members).await,
                Edit::Replace => engine::replace_collection(&cx, def, parents, attr, members).await,
            };
            Ok(edited?.changes)
        })
    }
}
