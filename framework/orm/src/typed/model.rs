//! Models as structs.

use serde::Serialize;
use serde_json::Value;

use super::{
    Attribute, Col, Collection, Comparable, Create, CreateEach, Destroy, DestroyOne, EditCollection, Find,
    FindOne, FindOrCreate, IntoKeys, IntoWhere, Numeric, RecordStream, Update, UpdateOne, Upsert,
};
use crate::{BoxFuture, Record, engine, error::Result, executor::Executor, model::ModelDef};

/// A type that a primary key can have: `i64` or `String`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a primary key",
    label = "not the type of a key",
    note = "a primary key is an `Id` (`i64`) or a `String`"
)]
pub trait Key:
    Attribute<Inner = Self>
    + Serialize
    + Clone
    + PartialEq
    + std::fmt::Debug
    + std::fmt::Display
    + Send
    + Sync
    + 'static
{
    /// As data.
    fn to_value(&self) -> Value;
}

impl Key for i64 {
    fn to_value(&self) -> Value {
        (*self).into()
    }
}

impl Key for String {
    fn to_value(&self) -> Value {
        self.as_str().into()
    }
}

/// A struct that `#[model]` made a model.
///
/// Every method takes what runs the query first: `&app`, `&req`, or a transaction `&tx`. Queries run when awaited.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a model",
    label = "not a model",
    note = "put `#[model]` on the struct in `api/models/`"
)]
pub trait Model: Sized + Clone + std::fmt::Debug + Serialize + Send + Sync + 'static {
    /// The type of the primary key.
    type Key: Key;
    /// The name on the wire.
    const IDENTITY: &'static str;
    /// The attribute that is the primary key.
    const PRIMARY_KEY: &'static str;

    /// The definition as written. A query takes the completed one from its executor.
    fn define() -> ModelDef;

    /// From data.
    ///
    /// # Errors
    /// [`OrmError::Decode`](crate::OrmError::Decode) if an attribute is missing or of another type.
    fn from_record(record: Record) -> Result<Self>;

    /// The primary key.
    fn key(&self) -> &Self::Key;

    /// Finds records.
    fn find<'a>(db: &'a (impl Executor + ?Sized)) -> Find<'a, Self> {
        Find::new(db.context())
    }

    /// Finds records and gives them one after the other:
    /// `User::stream(&app).each_record(async |user| { …; Ok(()) }).await?`.
    fn stream<'a>(db: &'a (impl Executor + ?Sized)) -> RecordStream<'a, Self> {
        Find::new(db.context()).stream()
    }

    /// Finds the one record, or none; more than one is an error.
    fn find_one<'a>(db: &'a (impl Executor + ?Sized), which: impl IntoWhere<Self>) -> FindOne<'a, Self> {
        FindOne::new(db.context(), which.into_where())
    }

    /// Creates a record.
    fn create<'a>(db: &'a (impl Executor + ?Sized)) -> Create<'a, Self> {
        Create::new(db.context())
    }

    /// Creates several records, all or none: `User::create_each(&app, [json!({…}), json!({…})])`.
    fn create_each<'a, V: Serialize>(
        db: &'a (impl Executor + ?Sized),
        records: impl IntoIterator<Item = V>,
    ) -> CreateEach<'a, Self> {
        CreateEach::new(db.context(), records)
    }

    /// Finds the one record, or creates it with the values that are set.
    fn find_or_create<'a>(
        db: &'a (impl Executor + ?Sized),
        which: impl IntoWhere<Self>,
    ) -> FindOrCreate<'a, Self> {
        FindOrCreate::new(db.context(), which.into_where())
    }

    /// Updates the record that has the value given for this unique attribute, or else creates it:
    /// `User::upsert(&app, User::EMAIL).set(User::EMAIL, "a@x.io").set(User::NAME, "Ann")`.
    fn upsert<'a, T: Attribute>(db: &'a (impl Executor + ?Sized), unique: Col<Self, T>) -> Upsert<'a, Self> {
        Upsert::new(db.context(), unique.name())
    }

    /// Updates every record that is picked, `Where::All` for all.
    fn update<'a>(db: &'a (impl Executor + ?Sized), which: impl IntoWhere<Self>) -> Update<'a, Self> {
        Update::new(db.context(), which.into_where())
    }

    /// Updates the one record; more than one is an error.
    fn update_one<'a>(db: &'a (impl Executor + ?Sized), which: impl IntoWhere<Self>) -> UpdateOne<'a, Self> {
        UpdateOne::new(db.context(), which.into_where())
    }

    /// Destroys every record that is picked, `Where::All` for all, and gives them as they were.
    fn destroy<'a>(db: &'a (impl Executor + ?Sized), which: impl IntoWhere<Self>) -> Destroy<'a, Self> {
        Destroy::new(db.context(), which.into_where())
    }

    /// Destroys the one record and gives it as it was; more than one is an error.
    fn destroy_one<'a>(
        db: &'a (impl Executor + ?Sized),
        which: impl IntoWhere<Self>,
    ) -> DestroyOne<'a, Self> {
        DestroyOne::new(db.context(), which.into_where())
    }

    /// Destroys every record that is picked, `Where::All` for all, keeps each in the archive, and gives them as they
    /// were.
    fn archive<'a>(db: &'a (impl Executor + ?Sized), which: impl IntoWhere<Self>) -> Destroy<'a, Self> {
        Destroy::archive(db.context(), which.into_where())
    }

    /// Destroys the one record, keeps it in the archive, and gives it as it was; more than one is an error.
    fn archive_one<'a>(
        db: &'a (impl Executor + ?Sized),
        which: impl IntoWhere<Self>,
    ) -> DestroyOne<'a, Self> {
        DestroyOne::archive(db.context(), which.into_where())
    }

    /// Counts records, `Where::All` for all.
    fn count<'a>(
        db: &'a (impl Executor + ?Sized),
        which: impl IntoWhere<Self>,
    ) -> BoxFuture<'a, Result<u64>> {
        let (cx, which) = (db.context(), which.into_where());
        Box::pin(async move { engine::count(&cx, cx.orm.require_model(Self::IDENTITY)?, which).await })
    }

    /// Adds up a number attribute; 0 over no records.
    fn sum<'a, T: Numeric>(
        db: &'a (impl Executor + ?Sized),
        column: Col<Self, T>,
        which: impl IntoWhere<Self>,
    ) -> BoxFuture<'a, Result<f64>> {
        let (cx, which) = (db.context(), which.into_where());
        let name = column.name();
        Box::pin(async move { engine::sum(&cx, cx.orm.require_model(Self::IDENTITY)?, name, which).await })
    }

    /// The mean of a number attribute; 0 over no records.
    fn avg<'a, T: Numeric>(
        db: &'a (impl Executor + ?Sized),
        column: Col<Self, T>,
        which: impl IntoWhere<Self>,
    ) -> BoxFuture<'a, Result<f64>> {
        let (cx, which) = (db.context(), which.into_where());
        let name = column.name();
        Box::pin(async move { engine::avg(&cx, cx.orm.require_model(Self::IDENTITY)?, name, which).await })
    }

    /// The least value of a column, or none without records. Text compares byte by byte; null does not count.
    fn min<'a, T: Comparable>(
        db: &'a (impl Executor + ?Sized),
        column: Col<Self, T>,
        which: impl IntoWhere<Self>,
    ) -> BoxFuture<'a, Result<Option<T::Extreme>>> {
        let (cx, which) = (db.context(), which.into_where());
        let name = column.name();
        Box::pin(async move {
            let least = engine::min(&cx, cx.orm.require_model(Self::IDENTITY)?, name, which).await?;
            extreme::<Self, T>(name, least)
        })
    }

    /// The greatest value of a column, or none without records. Text compares byte by byte; null does not count.
    fn max<'a, T: Comparable>(
        db: &'a (impl Executor + ?Sized),
        column: Col<Self, T>,
        which: impl IntoWhere<Self>,
    ) -> BoxFuture<'a, Result<Option<T::Extreme>>> {
        let (cx, which) = (db.context(), which.into_where());
        let name = column.name();
        Box::pin(async move {
            let greatest = engine::max(&cx, cx.orm.require_model(Self::IDENTITY)?, name, which).await?;
            extreme::<Self, T>(name, greatest)
        })
    }

    /// Makes records members of a collection: `User::add_to_collection(&app, ann.id, User::PETS, [1, 2])`.
    fn add_to_collection<'a, T: Model>(
        db: &'a (impl Executor + ?Sized),
        parents: impl IntoKeys<Self>,
        collection: Col<Self, Collection<T>>,
        members: impl IntoKeys<T>,
    ) -> EditCollection<'a, Self> {
        EditCollection::add(db.context(), parents.into_keys(), collection.name(), members.into_keys())
    }

    /// Ends the membership of records in a collection.
    fn remove_from_collection<'a, T: Model>(
        db: &'a (impl Executor + ?Sized),
        parents: impl IntoKeys<Self>,
        collection: Col<Self, Collection<T>>,
        members: impl IntoKeys<T>,
    ) -> EditCollection<'a, Self> {
        EditCollection::remove(db.context(), parents.into_keys(), collection.name(), members.into_keys())
    }

    /// Makes exactly these records the members of a collection.
    fn replace_collection<'a, T: Model>(
        db: &'a (impl Executor + ?Sized),
        parents: impl IntoKeys<Self>,
        collection: Col<Self, Collection<T>>,
        members: impl IntoKeys<T>,
    ) -> EditCollection<'a, Self> {
        EditCollection::replace(db.context(), parents.into_keys(), collection.name(), members.into_keys())
    }

    /// Checks one value as an update would, and gives it converted.
    ///
    /// # Errors
    /// `E_REQUIRED`, `E_TYPE`, or `E_VIOLATES_RULES` with every rule that is broken.
    fn validate<T: Attribute>(
        db: &(impl Executor + ?Sized),
        column: Col<Self, T>,
        value: impl Into<Value>,
    ) -> Result<Value> {
        engine::validate(db.context().orm.require_model(Self::IDENTITY)?, column.name(), value.into())
    }
}

/// The value of one attribute, taken out of a record.
pub fn field<M: Model, T: Attribute>(name: &'static str, record: &mut Record) -> Result<T> {
    decode::<M, T>(name, record.remove(name))
}

fn extreme<M: Model, T: Comparable>(name: &'static str, value: Value) -> Result<Option<T::Extreme>> {
    if value.is_null() { Ok(None) } else { decode::<M, T::Extreme>(name, Some(value)).map(Some) }
}

fn decode<M: Model, T: Attribute>(name: &'static str, value: Option<Value>) -> Result<T> {
    T::decode(name, value).map_err(|mismatch| crate::OrmError::Decode {
        model: M::IDENTITY.into(),
        attr: name.into(),
        expected: mismatch.expected,
        got: mismatch.got,
    })
}

/// A record as a callback wants it: the struct, or data.
pub fn given<M: Model, R: super::FromRecord<M>>(record: &Record) -> Result<R> {
    R::take(record.clone(), &[])
}

/// The outcome of a callback, whatever its error is.
pub fn ended<E: Into<crate::OrmError>>(outcome: Result<(), E>) -> Result<()> {
    outcome.map_err(Into::into)
}
