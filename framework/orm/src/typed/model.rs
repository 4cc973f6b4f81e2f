//! Models as structs.

use serde::Serialize;
use serde_json::Value;

use super::{
    Attribute, Col, Collection, Comparable, Create, CreateEach, Destroy, DestroyOne, EditCollection, Find,
    FindOne, FindOrCreate, IntoKeys, IntoWhere, Key, Numeric, RecordStream, UniqueKey, Update, UpdateOne,
    Upsert, decode::extreme,
};
use crate::{
    BoxFuture, Record, engine, error::Result, example::example, executor::Executor, model::ModelDef,
};

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

    /// Finds records; all of them, unless the query says which.
    ///
    /// Sails: `User.find(criteria)`.
    ///
    /// # Errors
    /// When awaited: `E_INVALID_CRITERIA`, `E_INVALID_POPULATES`; those of the database.
    #[doc = example!(
        "let grown = User::find(&orm).where_(User::AGE.ge(18)).sort(User::NAME.asc()).limit(30).await?;"
        "assert_eq!(grown[0].name, \"Ann\");"
    )]
    fn find<'a>(db: &'a (impl Executor + ?Sized)) -> Find<'a, Self> {
        Find::new(db.context())
    }

    /// Finds records and gives them one after the other, without having them all in memory.
    ///
    /// Sails: `User.stream(criteria).eachRecord(fn)`. Differs: pages follow the sort key, so that no record is missed or seen
    /// twice because others come and go.
    ///
    /// # Errors
    /// When run: those of [`find`](Self::find), and the first error of the function, unchanged.
    #[doc = example!(
        "User::stream(&orm)"
        "    .each_record(async |user| User::update_one(&orm, user.id).increment(User::VISITS, 1).await.map(drop))"
        "    .await?;"
        "assert_eq!(User::sum(&orm, User::VISITS, Where::All).await?, 2.0);"
    )]
    fn stream<'a>(db: &'a (impl Executor + ?Sized)) -> RecordStream<'a, Self> {
        Find::new(db.context()).stream()
    }

    /// Finds the one record, or none; more than one is an error.
    ///
    /// Sails: `User.findOne(criteria)`. Differs: `limit`, `skip` and `sort` cannot be written.
    ///
    /// # Errors
    /// When awaited: `E_MORE_THAN_ONE`; `E_INVALID_CRITERIA` also for criteria that pick every record; `E_INVALID_POPULATES`.
    #[doc = example!(
        "let ann = User::find_one(&orm, User::NAME.eq(\"Ann\")).populate(User::PETS).await?.unwrap();"
        "assert_eq!(ann.pets.get()?.len(), 2);"
        "assert!(User::find_one(&orm, 4711).await?.is_none());"
    )]
    fn find_one<'a>(db: &'a (impl Executor + ?Sized), which: impl IntoWhere<Self>) -> FindOne<'a, Self> {
        FindOne::new(db.context(), which.into_where())
    }

    /// Creates a record, and gives it.
    ///
    /// Sails: `User.create(values)`. Differs: it always gives the record, and tells every problem.
    ///
    /// # Errors
    /// When awaited: `E_INVALID_NEW_RECORD` with every problem, `E_UNIQUE`; those of callbacks.
    #[doc = example!(
        "let eve = User::create(&orm).set(User::NAME, \"Eve\").set(User::AGE, 40).await?;"
        "assert_eq!(eve.id, 3);"
    )]
    fn create<'a>(db: &'a (impl Executor + ?Sized)) -> Create<'a, Self> {
        Create::new(db.context())
    }

    /// Creates several records, all or none, and gives them in the order of the list.
    ///
    /// Sails: `User.createEach([…])`. Differs: it always gives the records.
    ///
    /// # Errors
    /// When awaited: `E_INVALID_NEW_RECORDS` with every problem of every record, `E_UNIQUE`; those of callbacks.
    #[doc = example!(
        "let made = User::create_each(&orm, [json!({ \"name\": \"Eve\" }), json!({ \"name\": \"Max\" })]).await?;"
        "assert_eq!(made[1].name, \"Max\");"
        "let wrong = User::create_each(&orm, [json!({ \"name\": \"Zoe\" }), json!({})]).await.unwrap_err();"
        "assert_eq!(wrong.problems()[0].index, Some(1));"
    )]
    fn create_each<'a, V: Serialize>(
        db: &'a (impl Executor + ?Sized),
        records: impl IntoIterator<Item = V>,
    ) -> CreateEach<'a, Self> {
        CreateEach::new(db.context(), records)
    }

    /// Finds the one record, or creates it with the values that are set; the `bool` says whether it was created.
    ///
    /// Sails: `User.findOrCreate(criteria, values)`. Differs: it is one transaction.
    ///
    /// # Errors
    /// When awaited: `E_INVALID_NEW_RECORD` also when the record exists; `E_MORE_THAN_ONE`; `E_UNIQUE` if the values clash with a
    /// record that the criteria do not pick; `E_INVALID_CRITERIA` also for criteria that pick every record.
    #[doc = example!(
        "let (ann, created) = User::find_or_create(&orm, User::NAME.eq(\"Ann\")).set(User::NAME, \"Ann\").await?;"
        "assert_eq!((ann.id, created), (1, false));"
    )]
    fn find_or_create<'a>(
        db: &'a (impl Executor + ?Sized),
        which: impl IntoWhere<Self>,
    ) -> FindOrCreate<'a, Self> {
        FindOrCreate::new(db.context(), which.into_where())
    }

    /// Updates the record that has the value given for this unique attribute, or else creates it; the `bool` says whether it was
    /// created. Sails has no such method.
    ///
    /// A key of several attributes is a tuple of their columns: `Member::upsert(&app, (Member::TEAM, Member::EMAIL))`.
    ///
    /// # Errors
    /// When awaited: `E_INVALID_NEW_RECORD` with every problem, also when the record exists, and if the attribute is not unique or
    /// has no value; `E_UNIQUE` for a clash on another attribute; those of [`update_one`](Self::update_one).
    #[doc = example!(
        "let save = User::upsert(&orm, User::EMAIL).set(User::EMAIL, \"ann@x.io\").set(User::NAME, \"Anna\");"
        "let (anna, created) = save.await?;"
        "assert_eq!((anna.id, created), (1, false));"
    )]
    fn upsert<'a>(db: &'a (impl Executor + ?Sized), unique: impl UniqueKey<Self>) -> Upsert<'a, Self> {
        Upsert::new(db.context(), unique.names())
    }

    /// Updates every record that is picked, `Where::All` for all, and gives them as they are now.
    ///
    /// Sails: `User.update(criteria).set(values)`. Differs: it always gives the records.
    ///
    /// # Errors
    /// When awaited, with nothing changed: `E_INVALID_VALUES_TO_SET` with every problem, `E_UNIQUE`, `E_STALE`,
    /// `E_INVALID_TARGET_RECORD_IDS`, `E_INVALID_CRITERIA`; those of callbacks.
    #[doc = example!(
        "let grown = User::update(&orm, User::AGE.lt(18)).set(User::AGE, 18).increment(User::VISITS, 1).await?;"
        "assert_eq!((grown[0].age, grown[0].visits), (Some(18), 1));"
    )]
    fn update<'a>(db: &'a (impl Executor + ?Sized), which: impl IntoWhere<Self>) -> Update<'a, Self> {
        Update::new(db.context(), which.into_where())
    }

    /// Updates the one record and gives it as it is now, or none; more than one is an error.
    ///
    /// Sails: `User.updateOne(criteria).set(values)`.
    ///
    /// # Errors
    /// When awaited: those of [`update`](Self::update); `E_MORE_THAN_ONE`; `E_INVALID_CRITERIA` also for criteria that pick every
    /// record.
    #[doc = example!(
        "let anna = User::update_one(&orm, 1).set(User::NAME, \"Anna\").await?;"
        "assert_eq!(anna.unwrap().name, \"Anna\");"
    )]
    fn update_one<'a>(db: &'a (impl Executor + ?Sized), which: impl IntoWhere<Self>) -> UpdateOne<'a, Self> {
        UpdateOne::new(db.context(), which.into_where())
    }

    /// Destroys every record that is picked, `Where::All` for all, and gives them as they were.
    ///
    /// Sails: `User.destroy(criteria)`. Differs: it always gives the records, and a cascade is part of the transaction.
    ///
    /// # Errors
    /// When awaited, with nothing destroyed: `E_INVALID_CRITERIA`, `E_COLLISIONS_WHEN_NULLING_OUT_REQUIRED_FK`; those of callbacks.
    #[doc = example!(
        "let gone = User::destroy(&orm, [1, 2]).cascade(true).await?;"
        "assert_eq!((gone.len(), Pet::count(&orm, Pet::OWNER.is_null()).await?), (2, 2));"
    )]
    fn destroy<'a>(db: &'a (impl Executor + ?Sized), which: impl IntoWhere<Self>) -> Destroy<'a, Self> {
        Destroy::new(db.context(), which.into_where())
    }

    /// Destroys the one record and gives it as it was, or none; more than one is an error.
    ///
    /// Sails: `User.destroyOne(criteria)`.
    ///
    /// # Errors
    /// When awaited: those of [`destroy`](Self::destroy); `E_MORE_THAN_ONE`; `E_INVALID_CRITERIA` also for criteria that pick every
    /// record.
    #[doc = example!(
        "assert_eq!(User::destroy_one(&orm, 2).await?.unwrap().name, \"Bob\");"
        "assert!(User::destroy_one(&orm, 2).await?.is_none());"
    )]
    fn destroy_one<'a>(
        db: &'a (impl Executor + ?Sized),
        which: impl IntoWhere<Self>,
    ) -> DestroyOne<'a, Self> {
        DestroyOne::new(db.context(), which.into_where())
    }

    /// Destroys every record that is picked, `Where::All` for all, keeps each in the archive, and gives them as they
    /// were.
    ///
    /// Sails: `User.archive(criteria)`. Differs: it is one transaction.
    ///
    /// # Errors
    /// When awaited: those of [`destroy`](Self::destroy); `E_ARCHIVE_DISABLED`; `E_OTHER_DATASTORE` where the archive lives
    /// elsewhere.
    #[doc = example!(
        "User::archive(&orm, User::AGE.lt(18)).await?;"
        "let kept = engine::find(&orm.context(), orm.require_model(\"archive\")?, Criteria::default()).await?;"
        "assert_eq!(kept[0][\"originalRecord\"][\"name\"], \"Bob\");"
    )]
    fn archive<'a>(db: &'a (impl Executor + ?Sized), which: impl IntoWhere<Self>) -> Destroy<'a, Self> {
        Destroy::archive(db.context(), which.into_where())
    }

    /// Destroys the one record, keeps it in the archive, and gives it as it was, or none; more than one is an error.
    ///
    /// Sails: `User.archiveOne(criteria)`.
    ///
    /// # Errors
    /// When awaited: those of [`archive`](Self::archive) and [`destroy_one`](Self::destroy_one).
    #[doc = example!("assert_eq!(User::archive_one(&orm, 2).await?.unwrap().name, \"Bob\");")]
    fn archive_one<'a>(
        db: &'a (impl Executor + ?Sized),
        which: impl IntoWhere<Self>,
    ) -> DestroyOne<'a, Self> {
        DestroyOne::archive(db.context(), which.into_where())
    }

    /// Counts records, `Where::All` for all.
    ///
    /// Sails: `User.count(criteria)`.
    ///
    /// # Errors
    /// When awaited: `E_INVALID_CRITERIA`; those of the database.
    #[doc = example!("assert_eq!(User::count(&orm, User::PETS.none(Where::All)).await?, 1);")]
    fn count<'a>(
        db: &'a (impl Executor + ?Sized),
        which: impl IntoWhere<Self>,
    ) -> BoxFuture<'a, Result<u64>> {
        let (cx, which) = (db.context(), which.into_where());
        Box::pin(async move { engine::count(&cx, cx.orm.require_model(Self::IDENTITY)?, which).await })
    }

    /// Adds up a number attribute, as a double; 0 over no records.
    ///
    /// Sails: `User.sum(attr, criteria)`.
    ///
    /// # Errors
    /// When awaited: `E_INVALID_CRITERIA`; those of the database.
    #[doc = example!("assert_eq!(User::sum(&orm, User::AGE, Where::All).await?, 48.0);")]
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
    ///
    /// Sails: `User.avg(attr, criteria)`.
    ///
    /// # Errors
    /// When awaited: `E_NOOP` for criteria that are known to match nothing; `E_INVALID_CRITERIA`; those of the database.
    #[doc = example!("assert_eq!(User::avg(&orm, User::AGE, Where::All).await?, 24.0);")]
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
    ///
    /// Sails had it until 1.0.
    ///
    /// # Errors
    /// When awaited: `E_INVALID_CRITERIA`; `E_HIGHLY_IRREGULAR` for what the attribute cannot be; those of the database.
    #[doc = example!("assert_eq!(User::min(&orm, User::AGE, Where::All).await?, Some(17));")]
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
    ///
    /// Sails had it until 1.0.
    ///
    /// # Errors
    /// As [`min`](Self::min).
    #[doc = example!("assert_eq!(User::max(&orm, User::NAME, Where::All).await?.as_deref(), Some(\"Bob\"));")]
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

    /// Makes records members of a collection; those that are already stay so. Gives what changed.
    ///
    /// Sails: `User.addToCollection(ids, attr, ids)`. Differs: parents and members that do not exist are passed over.
    ///
    /// # Errors
    /// When awaited: `E_INVALID_TARGET_RECORD_IDS` for several parents of a one-to-many collection; those of the database.
    #[doc = example!(
        "User::add_to_collection(&orm, 2, User::PETS, [1]).await?;"
        "assert_eq!(Pet::count(&orm, Pet::OWNER.eq(2)).await?, 1);"
    )]
    fn add_to_collection<'a, T: Model>(
        db: &'a (impl Executor + ?Sized),
        parents: impl IntoKeys<Self>,
        collection: Col<Self, Collection<T>>,
        members: impl IntoKeys<T>,
    ) -> EditCollection<'a, Self> {
        EditCollection::add(db.context(), parents.into_keys(), collection.name(), members.into_keys())
    }

    /// Ends the membership of records in a collection; those that are no members are passed over. Gives what changed.
    ///
    /// Sails: `User.removeFromCollection(ids, attr, ids)`. Differs: it is one transaction.
    ///
    /// # Errors
    /// When awaited: `E_INVALID_VALUES_TO_SET` if the members require their owner; those of the database.
    #[doc = example!(
        "User::remove_from_collection(&orm, 1, User::PETS, [1]).await?;"
        "assert!(Pet::find_one(&orm, 1).await?.unwrap().owner.is_none());"
    )]
    fn remove_from_collection<'a, T: Model>(
        db: &'a (impl Executor + ?Sized),
        parents: impl IntoKeys<Self>,
        collection: Col<Self, Collection<T>>,
        members: impl IntoKeys<T>,
    ) -> EditCollection<'a, Self> {
        EditCollection::remove(db.context(), parents.into_keys(), collection.name(), members.into_keys())
    }

    /// Makes exactly these records the members of a collection; none of them empties it. Gives what changed.
    ///
    /// Sails: `User.replaceCollection(ids, attr, ids)`. Differs: it is one transaction.
    ///
    /// # Errors
    /// When awaited: `E_INVALID_TARGET_RECORD_IDS` for several parents of a one-to-many collection;
    /// `E_COLLISIONS_WHEN_NULLING_OUT_REQUIRED_FK` if members that drop out require their owner; those of the database.
    #[doc = example!(
        "User::replace_collection(&orm, 1, User::PETS, [2]).await?;"
        "assert_eq!(Pet::count(&orm, Pet::OWNER.eq(1)).await?, 1);"
    )]
    fn replace_collection<'a, T: Model>(
        db: &'a (impl Executor + ?Sized),
        parents: impl IntoKeys<Self>,
        collection: Col<Self, Collection<T>>,
        members: impl IntoKeys<T>,
    ) -> EditCollection<'a, Self> {
        EditCollection::replace(db.context(), parents.into_keys(), collection.name(), members.into_keys())
    }

    /// Checks one value as an update would, and gives it converted. Uniqueness is the database's to check.
    ///
    /// Sails: `User.validate(attr, value)`.
    ///
    /// # Errors
    /// `E_REQUIRED`, `E_TYPE`, or `E_VIOLATES_RULES` with every rule that is broken; `E_INVALID_VALUES_TO_SET` for an attribute
    /// that is hidden from clients.
    #[doc = example!(
        "assert_eq!(User::validate(&orm, User::AGE, \"42\")?, 42);"
        "assert_eq!(User::validate(&orm, User::EMAIL, \"nobody\").unwrap_err().code(), \"E_VIOLATES_RULES\");"
    )]
    fn validate<T: Attribute>(
        db: &(impl Executor + ?Sized),
        column: Col<Self, T>,
        value: impl Into<Value>,
    ) -> Result<Value> {
        engine::validate(db.context().orm.require_model(Self::IDENTITY)?, column.name(), value.into())
    }
}
