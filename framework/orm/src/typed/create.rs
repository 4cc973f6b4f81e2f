//! Queries that create.

use std::marker::PhantomData;

use serde::Serialize;
use serde_json::Value;

use super::{
    Col, Model, Operand,
    modifiers::{encrypt_with, struct_of, where_limits, write_modifiers},
};
use crate::{
    BoxFuture, Record,
    change::ChangeVerb,
    criteria::Where,
    engine,
    error::{Code, OrmError, Problem, Result, UsageError},
    executor::Context,
    model::ModelDef,
};

/// Values for a new or changed record.
pub(super) struct Values {
    record: Record,
    /// What was given that is no dictionary.
    odd: Option<String>,
    /// Whether names came from data, so that they must be checked.
    untyped: bool,
}

impl Values {
    pub(super) fn new() -> Self {
        Self { record: Record::new(), odd: None, untyped: false }
    }

    pub(super) fn set<M, T>(&mut self, column: Col<M, T>, value: impl Operand<T>) {
        self.record.insert(column.name().into(), value.into_value());
    }

    pub(super) fn extend(&mut self, values: impl Serialize) {
        self.untyped = true;
        match serde_json::to_value(values) {
            Ok(Value::Object(map)) => self.record.extend(map),
            Ok(other) => {
                self.odd = Some(format!(
                    "the values should be a dictionary; they are {}",
                    crate::model::excerpt(&other)
                ))
            }
            Err(e) => self.odd = Some(format!("the values cannot become JSON: {e}")),
        }
    }

    /// The record; a name that the model does not have is an error here, where the app's own code wrote it.
    pub(super) fn finish(self, def: &ModelDef, code: Code) -> Result<Record> {
        let mut problems: Vec<Problem> =
            self.odd.map(|message| Problem::new(None, "type", message)).into_iter().collect();
        if self.untyped {
            problems.extend(self.record.keys().filter(|k| def.attr(k).is_none()).map(|name| {
                let message =
                    format!("`{name}` is not an attribute of model `{}`{}", def.identity, def.hint(name));
                Problem::new(Some(name), "unknown", message)
            }));
        }
        if problems.is_empty() {
            return Ok(self.record);
        }
        Err(OrmError::Usage(Box::new(UsageError { code, model: def.identity.clone(), problems })))
    }
}

/// `User::create(&app).set(…)…`: gives the record when awaited.
///
/// # Errors
/// When awaited: those of [`Model::create`].
#[must_use = "a query does nothing until it is awaited"]
pub struct Create<'a, M> {
    cx: Context<'a>,
    values: Values,
    _model: PhantomData<fn() -> M>,
}

impl<'a, M: Model> Create<'a, M> {
    pub(super) fn new(cx: Context<'a>) -> Self {
        Self { cx, values: Values::new(), _model: PhantomData }
    }

    /// Sets one attribute.
    pub fn set<T>(mut self, column: Col<M, T>, value: impl Operand<T>) -> Self {
        self.values.set(column, value);
        self
    }

    /// Sets many, from anything that serialises to a dictionary of attributes; unknown names are refused.
    /// A number that is NaN or infinite serialises as null, which is stored where null is allowed.
    pub fn values(mut self, values: impl Serialize) -> Self {
        self.values.extend(values);
        self
    }
}

impl<'a, M: Model> IntoFuture for Create<'a, M> {
    type Output = Result<M>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let def = self.cx.orm.require_model(M::IDENTITY)?;
            let values = self.values.finish(def, Code::InvalidNewRecord)?;
            let change = engine::create(&self.cx, def, values).await?;
            struct_of(&self.cx, def, change.after)
        })
    }
}

/// `User::create_each(&app, […])`: gives the records when awaited.
///
/// # Errors
/// When awaited: those of [`Model::create_each`].
#[must_use = "a query does nothing until it is awaited"]
pub struct CreateEach<'a, M> {
    cx: Context<'a>,
    records: Vec<Values>,
    _model: PhantomData<fn() -> M>,
}

impl<'a, M: Model> CreateEach<'a, M> {
    pub(super) fn new<V: Serialize>(cx: Context<'a>, records: impl IntoIterator<Item = V>) -> Self {
        let records = records
            .into_iter()
            .map(|values| {
                let mut record = Values::new();
                record.extend(values);
                record
            })
            .collect();
        Self { cx, records, _model: PhantomData }
    }
}

impl<'a, M: Model> IntoFuture for CreateEach<'a, M> {
    type Output = Result<Vec<M>>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let def = self.cx.orm.require_model(M::IDENTITY)?;
            let mut records = Vec::with_capacity(self.records.len());
            let mut problems = vec![];
            for (index, values) in self.records.into_iter().enumerate() {
                match values.finish(def, Code::InvalidNewRecords) {
                    Ok(record) => records.push(record),
                    Err(OrmError::Usage(e)) => problems.extend(e.problems.into_iter().map(|p| p.at(index))),
                    Err(other) => return Err(other),
                }
            }
            if !problems.is_empty() {
                let (code, model) = (Code::InvalidNewRecords, def.identity.clone());
                return Err(OrmError::Usage(Box::new(UsageError { code, model, problems })));
            }
            let changes = engine::create_each(&self.cx, def, records).await?;
            changes.into_iter().map(|c| struct_of(&self.cx, def, c.after)).collect()
        })
    }
}

/// `User::find_or_create(&app, which).set(…)…`: gives the record, and whether it was created, when awaited.
///
/// # Errors
/// When awaited: those of [`Model::find_or_create`].
#[must_use = "a query does nothing until it is awaited"]
pub struct FindOrCreate<'a, M> {
    cx: Context<'a>,
    which: Where,
    values: Values,
    _model: PhantomData<fn() -> M>,
}

impl<'a, M: Model> FindOrCreate<'a, M> {
    pub(super) fn new(cx: Context<'a>, which: Where) -> Self {
        Self { cx, which, values: Values::new(), _model: PhantomData }
    }

    /// Sets one attribute of the new record.
    pub fn set<T>(mut self, column: Col<M, T>, value: impl Operand<T>) -> Self {
        self.values.set(column, value);
        self
    }

    /// Sets many attributes of the new record; unknown names are refused.
    pub fn values(mut self, values: impl Serialize) -> Self {
        self.values.extend(values);
        self
    }
}

impl<'a, M: Model> IntoFuture for FindOrCreate<'a, M> {
    type Output = Result<(M, bool)>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let def = self.cx.orm.require_model(M::IDENTITY)?;
            let values = self.values.finish(def, Code::InvalidNewRecord)?;
            let (record, change) = engine::find_or_create(&self.cx, def, self.which, values).await?;
            Ok((struct_of(&self.cx, def, Some(record))?, change.is_some()))
        })
    }
}

/// `User::upsert(&app, User::EMAIL).set(…)…`: gives the record, and whether it was created, when awaited.
///
/// # Errors
/// When awaited: those of [`Model::upsert`].
#[must_use = "a query does nothing until it is awaited"]
pub struct Upsert<'a, M> {
    cx: Context<'a>,
    by: Vec<&'static str>,
    values: Values,
    _model: PhantomData<fn() -> M>,
}

impl<'a, M: Model> Upsert<'a, M> {
    pub(super) fn new(cx: Context<'a>, by: Vec<&'static str>) -> Self {
        Self { cx, by, values: Values::new(), _model: PhantomData }
    }

    /// Sets one attribute.
    pub fn set<T>(mut self, column: Col<M, T>, value: impl Operand<T>) -> Self {
        self.values.set(column, value);
        self
    }

    /// Sets many, from anything that serialises to a dictionary of attributes; unknown names are refused.
    pub fn values(mut self, values: impl Serialize) -> Self {
        self.values.extend(values);
        self
    }
}

impl<'a, M: Model> IntoFuture for Upsert<'a, M> {
    type Output = Result<(M, bool)>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let def = self.cx.orm.require_model(M::IDENTITY)?;
            let values = self.values.finish(def, Code::InvalidNewRecord)?;
            let change = engine::upsert(&self.cx, def, &self.by, values).await?;
            let created = change.verb == ChangeVerb::Create;
            Ok((struct_of(&self.cx, def, change.after)?, created))
        })
    }
}

write_modifiers!(Create, CreateEach, FindOrCreate, Upsert);
encrypt_with!(Create, CreateEach, FindOrCreate, Upsert);
where_limits!(FindOrCreate);
