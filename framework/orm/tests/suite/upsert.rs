//! Upserts, increments, versions, and records that two callers create at once.

use serde_json::json;
use topsail_macros::model;
use topsail_orm::{AttrDef, Auto, ChangeVerb, Collection, Kind, Model, One, Orm, OrmConfig, OrmError, Where};

use crate::support::{Tag, User, orm, orm_of};

/// Counts its writes.
#[model(crate = topsail_orm)]
pub struct Page {
    #[attr(required, unique)]
    pub path: String,
    #[attr(max = 10)]
    pub hits: i64,
    pub score: Option<f64>,
    #[attr(version)]
    pub version: i64,
    pub parent: Option<One<Page>>,
    #[attr(via = parent)]
    pub pages: Collection<Page>,
}

async fn pages() -> crate::place::TestOrm {
    orm_of(vec![Page::define()]).await
}

#[tokio::test]
async fn upsert_creates_or_else_updates_by_a_unique_attribute() {
    let orm = orm().await;
    let (ann, new) =
        User::upsert(&orm, User::EMAIL).set(User::EMAIL, "a@x.io").set(User::NAME, "Ann").await.unwrap();
    assert!(new && ann.active);
    let (same, new) = User::upsert(&orm, User::EMAIL)
        .set(User::EMAIL, "a@x.io")
        .values(json!({ "name": "Anna", "age": 3 }))
        .await
        .unwrap();
    assert_eq!((same.id, same.name.as_str(), same.age, new), (ann.id, "Anna", 3, false));
    let (tag, new) = Tag::upsert(&orm, Tag::SLUG).set(Tag::SLUG, "s").set(Tag::LABEL, "1").await.unwrap();
    assert_eq!((tag.label.as_str(), new), ("1", true));
    let (tag, new) = Tag::upsert(&orm, Tag::SLUG).set(Tag::SLUG, "s").set(Tag::LABEL, "2").await.unwrap();
    assert_eq!((tag.label.as_str(), new), ("2", false), "by the key");
}

#[tokio::test]
async fn upsert_yields_the_change_it_made() {
    let orm = orm().await;
    let tx = orm.begin().await.unwrap();
    for age in [1, 2] {
        User::upsert(&tx, User::EMAIL)
            .values(json!({ "email": "a@x.io", "name": "Ann", "age": age }))
            .await
            .unwrap();
    }
    let changes = tx.commit().await.unwrap();
    let seen: Vec<_> = changes
        .iter()
        .map(|c| (c.verb, c.before.as_ref().map(|b| b["age"].clone()), &c.after.as_ref().unwrap()["age"]))
        .collect();
    assert_eq!(
        seen,
        [(ChangeVerb::Create, None, &json!(1)), (ChangeVerb::Update, Some(json!(1)), &json!(2))]
    );
    assert_eq!(changes[1].submitted_keys, ["name", "age"]);
}

#[tokio::test]
async fn upsert_needs_a_unique_attribute_with_a_value_and_whole_records() {
    let orm = orm().await;
    let codes = [
        User::upsert(&orm, User::NAME).set(User::NAME, "a").await.unwrap_err(),
        User::upsert(&orm, User::EMAIL).set(User::NAME, "a").await.unwrap_err(),
        User::upsert(&orm, User::EMAIL)
            .set(User::NAME, "a")
            .set(User::EMAIL, None::<&str>)
            .await
            .unwrap_err(),
        User::upsert(&orm, User::EMAIL).set(User::EMAIL, "a@x.io").await.unwrap_err(),
    ];
    assert!(codes.iter().all(|e| e.code() == "E_INVALID_NEW_RECORD"), "{codes:?}");
    assert_eq!(codes[3].problems()[0].attr.as_deref(), Some("name"));
    User::create(&orm).set(User::ID, 7).set(User::NAME, "a").set(User::EMAIL, "a@x.io").await.unwrap();
    User::create(&orm).set(User::ID, 8).set(User::NAME, "b").set(User::EMAIL, "b@x.io").await.unwrap();
    let e = User::upsert(&orm, User::EMAIL)
        .values(json!({ "id": 8, "email": "a@x.io", "name": "a" }))
        .await
        .unwrap_err();
    assert_eq!(e.code(), "E_UNIQUE", "a clash on another attribute is one");
}

#[tokio::test]
async fn mdev_08_callers_at_once_end_with_one_record() {
    let orm = orm().await;
    let each = (0..8).map(|age| {
        let orm = &orm;
        async move {
            let values = json!({ "name": "Ann", "email": "a@x.io", "age": age });
            match age % 2 {
                0 => User::find_or_create(orm, User::EMAIL.eq("a@x.io")).values(values).await,
                _ => User::upsert(orm, User::EMAIL).values(values).await,
            }
        }
    });
    let all = futures_util::future::join_all(each).await;
    let ids: Vec<_> = all.iter().map(|one| one.as_ref().unwrap().0.id).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(all.iter().filter(|one| one.as_ref().unwrap().1).count(), 1, "one of them created it");
}

#[tokio::test]
async fn create_each_keeps_the_order_in_one_statement() {
    let orm = orm().await;
    let names: Vec<String> = (0..50).map(|n| format!("user {}", 97 * n % 50)).collect();
    let store = orm.datastore("default").unwrap();
    let before = store.statements();
    let made = User::create_each(&orm, names.iter().map(|name| json!({ "name": name }))).await.unwrap();
    let sent = store.statements() - before;
    assert!(made.iter().map(|u| &u.name).eq(&names));
    assert!(made.is_sorted_by_key(|u| u.id));
    assert!(sent < 5, "{sent} statements");
    let keyed =
        [json!({ "id": 900, "name": "x" }), json!({ "id": 800, "name": "y" }), json!({ "name": "z" })];
    let made = User::create_each(&orm, keyed).await.unwrap();
    let shown: Vec<_> = made.iter().map(|u| (u.id, u.name.as_str())).collect();
    assert_eq!(shown, [(900, "x"), (800, "y"), (901, "z")]);
}

#[tokio::test]
async fn increments_add_in_the_database_and_obey_the_rules() {
    let orm = pages().await;
    let orm = &*orm;
    let made =
        Page::create_each(orm, [json!({ "path": "/a", "hits": 1 }), json!({ "path": "/b" })]).await.unwrap();
    let after =
        Page::update(orm, Where::All).increment(Page::HITS, 2).increment(Page::SCORE, 0.5).await.unwrap();
    assert_eq!(after.iter().map(|p| (p.hits, p.score)).collect::<Vec<_>>(), [(3, Some(0.5)), (2, Some(0.5))]);
    let one =
        Page::update_one(orm, made[0].id).increment(Page::HITS, -4).set(Page::PATH, "/c").await.unwrap();
    assert_eq!(one.map(|p| (p.hits, p.path)), Some((-1, "/c".into())));
    let e = Page::update(orm, Where::All).increment(Page::HITS, 9).await.unwrap_err();
    assert_eq!((e.code(), e.problems()[0].rule.as_str()), ("E_INVALID_VALUES_TO_SET", "max"));
    let e = Page::update(orm, Where::All).increment(Page::HITS, i64::MIN).await.unwrap_err();
    assert_eq!(e.problems()[0].rule, "increment", "beyond what a number can hold");
    let e = Page::update(orm, Where::All).set(Page::HITS, 1).increment(Page::HITS, 1).await.unwrap_err();
    assert_eq!(e.problems()[0].rule, "increment", "{e}");
    let e = Page::update(orm, Where::All).increment(Page::ID, 1).await.unwrap_err();
    assert_eq!(e.problems()[0].rule, "increment", "{e}");
    let hits: Vec<i64> = Page::find(orm).await.unwrap().iter().map(|p| p.hits).collect();
    assert_eq!(hits, [-1, 2], "nothing was changed");
}

#[tokio::test]
async fn increments_at_once_all_count() {
    let orm = pages().await;
    let orm = &*orm;
    let page = Page::create(orm).set(Page::PATH, "/a").await.unwrap();
    let each = (0..6).map(|_| Page::update_one(orm, page.id).increment(Page::HITS, 1).into_future());
    futures_util::future::join_all(each).await.into_iter().for_each(|one| drop(one.unwrap()));
    let page = Page::find_one(orm, page.id).await.unwrap().unwrap();
    assert_eq!((page.hits, page.version), (6, 7));
}

#[tokio::test]
async fn increments_are_in_the_change() {
    let orm = pages().await;
    let page = Page::create(&*orm).set(Page::PATH, "/a").await.unwrap();
    let tx = orm.begin().await.unwrap();
    Page::update_one(&tx, page.id).increment(Page::HITS, 1).await.unwrap();
    let change = tx.commit().await.unwrap().remove(0);
    assert_eq!(change.submitted_keys, ["hits"]);
    assert_eq!((&change.before.unwrap()["hits"], &change.after.unwrap()["hits"]), (&json!(0), &json!(1)));
}

#[tokio::test]
async fn a_stale_version_changes_nothing_and_every_write_counts() {
    let orm = pages().await;
    let orm = &*orm;
    let page = Page::create(orm).set(Page::PATH, "/a").values(json!({ "version": 77 })).await.unwrap();
    assert_eq!(page.version, 1, "it begins at 1, whatever is given");
    let next = Page::update_one(orm, page.id)
        .set(Page::VERSION, page.version)
        .set(Page::HITS, 1)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(next.version, 2);
    let e =
        Page::update_one(orm, page.id).set(Page::VERSION, page.version).set(Page::HITS, 9).await.unwrap_err();
    assert!(matches!(e, OrmError::Stale { seen: 1, now: 2, .. }), "{e:?}");
    assert_eq!((e.code(), e.model_identity()), ("E_STALE", Some("page")));
    let after = Page::update(orm, page.id).set(Page::HITS, 2).await.unwrap();
    assert_eq!((after[0].hits, after[0].version), (2, 3), "who names no version overwrites");
    let child = Page::create(orm).set(Page::PATH, "/b").await.unwrap();
    Page::add_to_collection(orm, page.id, Page::PAGES, [child.id]).await.unwrap();
    assert_eq!(
        Page::find_one(orm, child.id).await.unwrap().unwrap().version,
        2,
        "its parent is one of its values"
    );
}

#[tokio::test]
async fn a_version_is_a_whole_number_that_nobody_sets() {
    let mut def = Page::define();
    def.attributes.push(AttrDef::new("other", Kind::Text).auto(Auto::Version));
    let e = Orm::connect(OrmConfig::default(), vec![def]).await.unwrap_err().to_string();
    assert!(e.contains("`other`") && e.contains("i64"), "{e}");
}
