//! Writes of more records than one keeps images of.

use serde_json::{Value, json};
use topsail_macros::model;
use topsail_orm::{
    Bulk, Change, ChangeVerb, Collection, DataEncryptionKeys, Executor, IntoWhere, Meta, Model, One, Orm,
    OrmError, Result, Tx, Where, engine,
};

use crate::{
    place::{TestOrm, sql},
    support::{orm_with, record},
};

/// More than two portions.
const MANY: i64 = 2050;

#[model(crate = topsail_orm, archive = "cellar")]
pub struct Parcel {
    #[attr(required)]
    pub label: String,
    #[attr(unique)]
    pub code: Option<String>,
    #[attr(max = 9000)]
    pub weight: i64,
    pub depot: Option<One<Depot>>,
    #[attr(via = parcels)]
    pub stamps: Collection<Stamp>,
    #[attr(encrypt)]
    pub note: Option<String>,
}

#[model(crate = topsail_orm)]
pub struct Depot {
    pub town: String,
    #[attr(via = depot)]
    pub parcels: Collection<Parcel>,
}

#[model(crate = topsail_orm)]
pub struct Stamp {
    pub value: i64,
    #[attr(via = stamps)]
    pub parcels: Collection<Parcel>,
}

#[model(crate = topsail_orm, archive = false)]
pub struct Cellar {
    pub from_model: String,
    pub original_record: Value,
    pub original_record_id: Value,
}

/// Writes an [`Entry`] at each callback.
#[model(
    crate = topsail_orm,
    before_update = before_update,
    after_update = after_update,
    before_destroy = before_destroy,
    after_destroy = after_destroy
)]
pub struct Watched {
    pub name: String,
    pub level: i64,
    #[attr(version)]
    pub version: i64,
}

#[model(crate = topsail_orm)]
pub struct Entry {
    pub text: String,
}

async fn note(tx: &Tx, text: String) -> Result<()> {
    Entry::create(tx).set(Entry::TEXT, text).await.map(drop)
}

async fn before_update(tx: &Tx, values: &mut topsail_orm::Record) -> Result<()> {
    values.insert("name".into(), json!("seen"));
    note(tx, "before update".into()).await
}

async fn after_update(tx: &Tx, record: &Watched) -> Result<()> {
    note(tx, format!("after update {} {}", record.id, record.name)).await?;
    if record.level == 13 && record.id == 3 {
        Err(OrmError::Callback("not the third".into()))
    } else {
        Ok(())
    }
}

async fn before_destroy(tx: &Tx, _: &Where) -> Result<()> {
    note(tx, "before destroy".into()).await
}

async fn after_destroy(tx: &Tx, record: &Watched) -> Result<()> {
    note(tx, format!("after destroy {}", record.id)).await
}

/// A part goes with what it is a part of.
#[model(crate = topsail_orm)]
pub struct Machine {
    pub name: String,
}

#[model(crate = topsail_orm)]
pub struct Part {
    pub name: String,
    #[attr(foreign_key = "cascade")]
    pub machine: One<Machine>,
}

#[model(crate = topsail_orm)]
pub struct Screw {
    #[attr(foreign_key = "set_null")]
    pub part: Option<One<Part>>,
    pub size: i64,
}

/// A link that cannot go before the one that it hangs on is free of it.
#[model(crate = topsail_orm)]
pub struct Chain {
    pub name: String,
    #[attr(foreign_key)]
    pub hangs_on: Option<One<Chain>>,
}

/// Its twigs cannot be without it.
#[model(crate = topsail_orm, cascade_on_destroy)]
pub struct Twig {
    pub name: String,
    #[attr(via = on)]
    pub twigs: Collection<Twig>,
    pub on: One<Twig>,
}

async fn orm() -> TestOrm {
    let defs = vec![
        Parcel::define(),
        Depot::define(),
        Stamp::define(),
        Cellar::define(),
        Watched::define(),
        Entry::define(),
        Machine::define(),
        Part::define(),
        Screw::define(),
        Chain::define(),
        Twig::define(),
    ];
    orm_with(defs, |config| {
        let key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
        config.models.data_encryption_keys = DataEncryptionKeys::default().with("default", key);
    })
    .await
}

/// Parcels that all lie in one depot.
async fn parcels(orm: &Orm, count: i64) {
    let depot = Depot::create(orm).set(Depot::TOWN, "Kiel").await.unwrap();
    let each = (0..count).map(|i| json!({ "label": format!("p{i}"), "weight": i, "depot": depot.id }));
    Parcel::create_each(orm, each).await.unwrap();
}

/// What of many records a transaction tells: the model, what happened, how often.
fn told(changes: &[Change]) -> Vec<(&str, ChangeVerb, u64)> {
    let of = |c: &Change| {
        let Bulk { verb, times } = c.bulk.expect("a bulk change");
        assert!(c.verb == ChangeVerb::Bulk && c.pk.is_null() && c.before.is_none() && c.after.is_none());
        (verb, times)
    };
    changes.iter().map(|c| (c.model.identity.as_str(), of(c).0, of(c).1)).collect()
}

#[tokio::test]
async fn an_update_beyond_the_limit_is_whole_and_told_as_one_change() {
    let orm = orm().await;
    parcels(&orm, MANY).await;
    let tx = orm.begin().await.unwrap();
    let updated =
        Parcel::update(&tx, Parcel::WEIGHT.ge(5)).set(Parcel::WEIGHT, 7).bulk_above(2000).await.unwrap();
    let changes = tx.commit().await.unwrap();
    assert_eq!(told(&changes), [("parcel", ChangeVerb::Update, MANY as u64 - 5)]);
    assert_eq!(changes[0].submitted_keys, ["weight"]);
    let ids: Vec<i64> = updated.iter().map(|p| p.id).collect();
    assert_eq!(ids, (6..=MANY).collect::<Vec<_>>(), "each of them, in the order of the key");
    assert!(updated.iter().all(|p| p.weight == 7));
    assert_eq!(Parcel::count(&orm, Parcel::WEIGHT.eq(7)).await.unwrap(), MANY as u64 - 5);
    assert_eq!(Parcel::count(&orm, Parcel::WEIGHT.lt(5)).await.unwrap(), 5);
}

#[tokio::test]
async fn a_write_of_as_many_as_the_limit_keeps_its_images() {
    let orm = orm().await;
    parcels(&orm, 4).await;
    for (limit, bulk) in [(4, false), (3, true), (0, true)] {
        let tx = orm.begin().await.unwrap();
        Parcel::update(&tx, Where::All).set(Parcel::WEIGHT, 1).bulk_above(limit).await.unwrap();
        let changes = tx.commit().await.unwrap();
        assert_eq!(
            (changes.len(), changes[0].verb == ChangeVerb::Bulk),
            (if bulk { 1 } else { 4 }, bulk),
            "{limit}"
        );
    }
}

#[tokio::test]
async fn the_limit_is_a_setting_and_holds_for_keys_too() {
    let orm = orm_with(vec![Entry::define()], |config| config.models.bulk_above = 2).await;
    Entry::create_each(&orm, (0..3).map(|i| json!({ "text": i.to_string() }))).await.unwrap();
    for (keys, bulk) in
        [(vec![1, 2], false), (vec![1, 2, 3], true), (vec![1, 2, 99], false), (vec![2], false)]
    {
        let tx = orm.begin().await.unwrap();
        Entry::update(&tx, keys.clone()).set(Entry::TEXT, "x").await.unwrap();
        let changes = tx.commit().await.unwrap();
        assert_eq!(changes.iter().any(|c| c.verb == ChangeVerb::Bulk), bulk, "{keys:?}");
    }
}

#[tokio::test]
async fn without_fetch_the_number_is_given() {
    let orm = orm().await;
    parcels(&orm, 5).await;
    let some = || Parcel::WEIGHT.ge(2);
    for limit in [100, 1] {
        assert_eq!(
            Parcel::update(&orm, some())
                .set(Parcel::LABEL, "x")
                .bulk_above(limit)
                .skip_fetch()
                .await
                .unwrap(),
            3
        );
        assert_eq!(
            Parcel::update(&orm, Parcel::WEIGHT.gt(99)).bulk_above(limit).skip_fetch().await.unwrap(),
            0
        );
        assert_eq!(Parcel::update(&orm, Where::Nothing).bulk_above(limit).skip_fetch().await.unwrap(), 0);
    }
    assert_eq!(Parcel::archive(&orm, some()).bulk_above(1).skip_fetch().await.unwrap(), 3);
    assert_eq!(Parcel::destroy(&orm, Where::All).skip_fetch().await.unwrap(), 2);
}

#[tokio::test]
async fn a_destroy_beyond_the_limit_tells_the_memberships_that_ended_on_both_sides() {
    let orm = orm().await;
    parcels(&orm, MANY).await;
    Stamp::create(&orm).set(Stamp::VALUE, 80).await.unwrap();
    Stamp::add_to_collection(&orm, 1, Stamp::PARCELS, [1, 2, 2000]).await.unwrap();
    let tx = orm.begin().await.unwrap();
    let gone = Parcel::destroy(&tx, Where::All).cascade(true).bulk_above(10).await.unwrap();
    let changes = tx.commit().await.unwrap();
    let many = MANY as u64;
    assert_eq!(
        told(&changes),
        [
            ("parcel", ChangeVerb::Destroy, many),
            ("depot", ChangeVerb::Unlink, many),
            ("parcel", ChangeVerb::Unlink, many + 3),
            ("stamp", ChangeVerb::Unlink, 3),
        ]
    );
    assert_eq!((gone.len(), gone[7].label.as_str()), (MANY as usize, "p7"));
    assert_eq!(Parcel::count(&orm, Where::All).await.unwrap(), 0);
    assert!(
        Stamp::find_one(&orm, 1)
            .populate(Stamp::PARCELS)
            .await
            .unwrap()
            .unwrap()
            .parcels
            .get()
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn an_archive_beyond_the_limit_keeps_each_record() {
    let orm = orm().await;
    parcels(&orm, MANY).await;
    let tx = orm.begin().await.unwrap();
    assert_eq!(Parcel::archive(&tx, Where::All).bulk_above(100).skip_fetch().await.unwrap(), MANY as u64);
    let changes = tx.commit().await.unwrap();
    assert!(told(&changes).contains(&("cellar", ChangeVerb::Create, MANY as u64)));
    let kept = Cellar::find(&orm).sort(Cellar::ID.asc()).await.unwrap();
    assert_eq!((kept.len(), &kept[1500].original_record["label"]), (MANY as usize, &json!("p1500")));
}

#[tokio::test]
async fn callbacks_run_once_before_and_for_each_record_after() {
    let orm = orm().await;
    Watched::create_each(&orm, (0..3).map(|i| json!({ "level": i }))).await.unwrap();
    let tx = orm.begin().await.unwrap();
    Watched::update(&tx, Where::All).set(Watched::LEVEL, 5).bulk_above(1).await.unwrap();
    Watched::destroy(&tx, Where::All).bulk_above(1).await.unwrap();
    let changes = tx.commit().await.unwrap();
    let texts: Vec<String> =
        Entry::find(&orm).sort(Entry::ID.asc()).await.unwrap().into_iter().map(|e| e.text).collect();
    let each = |what: &str, more: &str| [1, 2, 3].map(|id| format!("after {what} {id}{more}"));
    let before = |what: &str| format!("before {what}");
    let expected = [
        vec![before("update")],
        each("update", " seen").into(),
        vec![before("destroy")],
        each("destroy", "").into(),
    ];
    assert_eq!(texts, expected.concat());
    // What the callbacks wrote before is told as it is, and what they wrote for each record is counted with it.
    let kinds: Vec<_> =
        changes.iter().map(|c| (c.model.identity.as_str(), c.verb, c.bulk.map(|b| b.times))).collect();
    let (create, bulk) = (ChangeVerb::Create, ChangeVerb::Bulk);
    assert_eq!(
        kinds,
        [
            ("entry", create, None),
            ("watched", bulk, Some(3)),
            ("entry", bulk, Some(3)),
            ("entry", create, None),
            ("watched", bulk, Some(3)),
            ("entry", bulk, Some(3)),
        ]
    );
    assert_eq!(Watched::count(&orm, Where::All).await.unwrap(), 0);
    Watched::create_each(&orm, [json!({}), json!({})]).await.unwrap();
    Watched::update(&orm, Where::All).set(Watched::LEVEL, 1).skip_callbacks().bulk_above(1).await.unwrap();
    assert_eq!(Entry::count(&orm, Where::All).await.unwrap(), 8);
}

#[tokio::test]
async fn an_error_undoes_every_portion_and_nothing_else_of_the_transaction() {
    let orm = orm().await;
    parcels(&orm, MANY).await;
    Watched::create_each(&orm, (0..3).map(|i| json!({ "level": i }))).await.unwrap();
    let tx = orm.begin().await.unwrap();
    Parcel::update_one(&tx, 1).set(Parcel::LABEL, "first").await.unwrap();
    // Only the last portions have weights that break the rule.
    let heavier = Parcel::update(&tx, Where::All).increment(Parcel::WEIGHT, 7000).bulk_above(10).await;
    assert_eq!(heavier.unwrap_err().code(), "E_INVALID_VALUES_TO_SET");
    let third = Watched::update(&tx, Where::All).set(Watched::LEVEL, 13).bulk_above(1).await;
    assert!(matches!(third, Err(OrmError::Callback(_))), "{third:?}");
    let changes = tx.commit().await.unwrap();
    assert_eq!((changes.len(), changes[0].verb), (1, ChangeVerb::Update));
    assert_eq!(Parcel::max(&orm, Parcel::WEIGHT, Where::All).await.unwrap(), Some(MANY - 1));
    assert_eq!(Watched::count(&orm, Watched::LEVEL.eq(13)).await.unwrap(), 0);
    assert_eq!(Entry::count(&orm, Where::All).await.unwrap(), 0);
    // Without a transaction around it too.
    assert!(Parcel::update(&orm, Where::All).increment(Parcel::WEIGHT, 7000).bulk_above(10).await.is_err());
    assert_eq!(Parcel::count(&orm, Parcel::WEIGHT.gt(MANY)).await.unwrap(), 0);
}

#[tokio::test]
async fn what_cannot_be_done_to_several_records_is_refused_for_many() {
    let orm = orm().await;
    parcels(&orm, 3).await;
    Depot::create(&orm).set(Depot::TOWN, "Bonn").await.unwrap();
    let key = Parcel::update(&orm, Where::All).set(Parcel::ID, 99).bulk_above(1).await;
    assert_eq!(key.unwrap_err().code(), "E_INVALID_VALUES_TO_SET");
    let code = Parcel::update(&orm, Where::All).set(Parcel::CODE, "same").bulk_above(1).await;
    assert_eq!(code.unwrap_err().code(), "E_UNIQUE");
    let shared = Depot::update(&orm, Where::All).values(json!({ "parcels": [1] })).bulk_above(1).await;
    assert_eq!(shared.unwrap_err().code(), "E_INVALID_TARGET_RECORD_IDS");
    let stale = Watched::create_each(&orm, [json!({}), json!({})]).await.unwrap();
    Watched::update_one(&orm, stale[1].id).set(Watched::LEVEL, 1).await.unwrap();
    let stale =
        Watched::update(&orm, Where::All).set(Watched::VERSION, 1).set(Watched::LEVEL, 9).bulk_above(1).await;
    assert_eq!(stale.unwrap_err().code(), "E_STALE");
    assert_eq!(Watched::count(&orm, Watched::LEVEL.eq(9)).await.unwrap(), 0);
}

#[tokio::test]
async fn collections_and_ciphertexts_are_written_for_each_record() {
    let orm = orm().await;
    parcels(&orm, 3).await;
    Stamp::create_each(&orm, [json!({ "value": 1 }), json!({ "value": 2 })]).await.unwrap();
    let tx = orm.begin().await.unwrap();
    let values = json!({ "stamps": [1, 2], "note": "fragile" });
    let updated = Parcel::update(&tx, Where::All).values(values).decrypt().bulk_above(1).await.unwrap();
    let changes = tx.commit().await.unwrap();
    assert!(updated.iter().all(|p| p.note.as_deref() == Some("fragile")));
    assert_eq!(
        told(&changes),
        [("parcel", ChangeVerb::Update, 3), ("parcel", ChangeVerb::Link, 6), ("stamp", ChangeVerb::Link, 6)]
    );
    let stored = Parcel::find(&orm).populate(Parcel::STAMPS).await.unwrap();
    assert!(
        stored.iter().all(|p| p.stamps.get().unwrap().len() == 2 && p.note.as_deref() != Some("fragile"))
    );
}

#[tokio::test]
async fn what_goes_along_by_foreign_keys_goes_with_its_portion() {
    let orm = orm().await;
    Machine::create_each(&orm, (0..MANY).map(|i| json!({ "name": format!("m{i}") }))).await.unwrap();
    Part::create_each(&orm, (1..=MANY).map(|i| json!({ "name": "p", "machine": i }))).await.unwrap();
    Screw::create_each(&orm, [json!({ "part": 1 }), json!({ "part": MANY })]).await.unwrap();
    let tx = orm.begin().await.unwrap();
    let gone = Machine::destroy(&tx, Machine::ID.gt(1)).bulk_above(10).skip_fetch().await.unwrap();
    let changes = tx.commit().await.unwrap();
    let many = MANY as u64 - 1;
    assert_eq!(gone, many);
    assert_eq!(
        told(&changes),
        [
            ("part", ChangeVerb::Destroy, many),
            ("machine", ChangeVerb::Destroy, many),
            ("screw", ChangeVerb::Update, 1)
        ]
    );
    let screws = Screw::find(&orm).sort(Screw::ID.asc()).await.unwrap();
    assert_eq!(screws.iter().map(|s| s.part.is_some()).collect::<Vec<_>>(), [true, false]);
}

#[tokio::test]
async fn records_that_point_at_each_other_go_together() {
    let orm = orm().await;
    // Each hangs on the next one, which is of a later portion for some.
    Chain::create_each(&orm, (0..MANY).map(|i| json!({ "name": format!("c{i}") }))).await.unwrap();
    for id in [1, 1000, 1001, 2000] {
        Chain::update_one(&orm, id).values(json!({ "hangsOn": id % MANY + 1 })).await.unwrap();
    }
    let held = Chain::destroy(&orm, Chain::ID.gt(1)).bulk_above(10).await;
    assert_eq!(held.unwrap_err().code(), "E_FOREIGN_KEY", "the first one hangs on the second");
    let tx = orm.begin().await.unwrap();
    assert_eq!(Chain::destroy(&tx, Where::All).bulk_above(10).skip_fetch().await.unwrap(), MANY as u64);
    let changes = tx.commit().await.unwrap();
    assert_eq!(told(&changes), [("chain", ChangeVerb::Destroy, MANY as u64)]);

    Twig::create(&orm).values(json!({ "on": 1 })).await.unwrap();
    Twig::create_each(&orm, (1..=1500).map(|i| json!({ "on": i }))).await.unwrap();
    assert_eq!(Twig::destroy(&orm, Where::All).bulk_above(10).skip_fetch().await.unwrap(), 1501);
}

#[tokio::test]
async fn more_that_only_go_together_than_are_held_are_refused() {
    let orm = orm().await;
    Chain::create_each(&orm, (0..320).map(|i| json!({ "name": format!("c{i}") }))).await.unwrap();
    sql(&orm, "INSERT INTO chain (name) SELECT a.name FROM chain AS a, chain AS b").await;
    let refused = Chain::destroy(&orm, Where::All).bulk_above(10).skip_fetch().await.unwrap_err();
    assert_eq!(refused.code(), "E_INVALID_CRITERIA");
    assert!(refused.to_string().contains("more than 100000 records of model `chain`"), "{refused}");
    assert_eq!(Chain::destroy(&orm, Chain::ID.le(500)).bulk_above(10).skip_fetch().await.unwrap(), 500);
}

/// The statements of a write beyond the limit without fetching.
async fn of_many(orm: &Orm, write: impl AsyncFnOnce(&Tx) -> u64) -> (u64, u64, Vec<Change>) {
    let tx = orm.begin().await.unwrap();
    let before = orm.datastore("default").unwrap().statements();
    let count = write(&tx).await;
    let statements = orm.datastore("default").unwrap().statements() - before;
    (count, statements, tx.commit().await.unwrap())
}

#[tokio::test]
async fn without_fetch_one_statement_writes_all_where_nothing_hangs_on_them() {
    let orm = orm().await;
    parcels(&orm, MANY).await;
    Entry::create_each(&orm, (0..MANY).map(|i| json!({ "text": format!("e{i}") }))).await.unwrap();
    // A savepoint and its release, the read that finds too many, and the write.
    let (count, statements, changes) = of_many(&orm, async |tx| {
        let some = Parcel::WEIGHT.ge(50).and(Parcel::LABEL.starts_with("p"));
        Parcel::update(tx, some).set(Parcel::LABEL, "x").bulk_above(10).skip_fetch().await.unwrap()
    })
    .await;
    assert!(statements <= 8, "{statements}");
    assert_eq!(
        (count, told(&changes)),
        (MANY as u64 - 50, vec![("parcel", ChangeVerb::Update, MANY as u64 - 50)])
    );
    assert_eq!(changes[0].submitted_keys, ["label"]);
    assert_eq!(Parcel::count(&orm, Parcel::LABEL.eq("x")).await.unwrap(), count);
    let (count, statements, changes) = of_many(&orm, async |tx| {
        Entry::destroy(tx, Entry::ID.gt(7)).bulk_above(10).skip_fetch().await.unwrap()
    })
    .await;
    assert!(statements <= 8, "{statements}");
    assert_eq!(
        (count, told(&changes)),
        (MANY as u64 - 7, vec![("entry", ChangeVerb::Destroy, MANY as u64 - 7)])
    );
    assert_eq!(Entry::count(&orm, Where::All).await.unwrap(), 7);
}

#[tokio::test]
async fn without_fetch_portions_write_what_hangs_on_others() {
    let orm = orm().await;
    parcels(&orm, 30).await;
    Depot::create(&orm).set(Depot::TOWN, "Bonn").await.unwrap();
    // A key that a collection shows.
    let (_, _, changes) = of_many(&orm, async |tx| {
        Parcel::update(tx, Where::All).set(Parcel::DEPOT, 2).bulk_above(10).skip_fetch().await.unwrap()
    })
    .await;
    assert!(told(&changes).contains(&("depot", ChangeVerb::Link, 30)), "{changes:?}");
    // A condition across an association, of the table that is written.
    let there = || Where::any("depot", Where::eq("town", "Bonn"));
    let (count, ..) = of_many(&orm, async |tx| {
        Parcel::update(tx, there()).set(Parcel::LABEL, "b").bulk_above(10).skip_fetch().await.unwrap()
    })
    .await;
    assert_eq!(count, 30);
    let (count, _, changes) =
        of_many(&orm, async |tx| Parcel::destroy(tx, there()).bulk_above(10).skip_fetch().await.unwrap())
            .await;
    assert_eq!((count, changes.len()), (30, 3));
}

#[tokio::test]
async fn engine_gives_each_change_while_the_transaction_keeps_one() {
    let orm = orm().await;
    parcels(&orm, 3).await;
    let tx = orm.begin().await.unwrap();
    let mut cx = tx.context();
    cx.meta = Meta::default();
    cx.meta.bulk_above = Some(1);
    let def = orm.model("parcel").unwrap();
    let which: Where = IntoWhere::<Parcel>::into_where(Parcel::WEIGHT.ge(1));
    let changes = engine::update(&cx, def, which, record(json!({ "label": "x" }))).await.unwrap();
    let weights: Vec<_> = changes.iter().map(|c| c.before.as_ref().unwrap()["weight"].clone()).collect();
    assert_eq!(weights, [1, 2]);
    let changes = engine::destroy(&cx, def, Where::All).await.unwrap();
    assert_eq!(changes.len(), 3);
    assert_eq!(tx.commit().await.unwrap().iter().filter(|c| c.verb == ChangeVerb::Bulk).count(), 4);
}
