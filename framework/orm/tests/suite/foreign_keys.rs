//! Foreign keys: what they refuse, and what they do to records that point at what is destroyed.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use topsail_macros::model;
use topsail_orm::{
    Change, ChangeVerb, Collection, Criteria, Executor, Model, One, OrmError, Record, Tx, Where,
    engine::{self, Keyed},
};

use crate::{
    place::{TestOrm, locks_keys_apart, returns_rows, somebody_waits},
    support::{find, orm_of, seed, values},
};

/// An author goes with everything written.
#[model(crate = topsail_orm, after_destroy = author_gone)]
pub struct Author {
    pub name: String,
    #[attr(foreign_key = "set_null")]
    pub mentor: Option<One<Author>>,
    #[attr(via = author)]
    pub books: Collection<Book>,
}

#[model(crate = topsail_orm, before_destroy = book_goes, after_destroy = book_gone)]
pub struct Book {
    pub title: String,
    #[attr(foreign_key = "cascade")]
    pub author: One<Author>,
    #[attr(foreign_key, via = books)]
    pub shelves: Collection<Shelf>,
    #[attr(via = book)]
    pub pages: Collection<Page>,
}

#[model(crate = topsail_orm)]
pub struct Page {
    pub number: i64,
    #[attr(foreign_key = "cascade")]
    pub book: One<Book>,
    #[attr(version)]
    pub version: i64,
}

#[model(crate = topsail_orm)]
pub struct Loan {
    pub to: String,
    #[attr(foreign_key)]
    pub book: Option<One<Book>>,
}

#[model(crate = topsail_orm)]
pub struct Shelf {
    pub label: String,
    #[attr(via = shelves)]
    pub books: Collection<Book>,
    /// One-sided.
    #[attr(foreign_key)]
    pub favourites: Collection<Author>,
}

/// A draft is given to the first author before it would go.
#[model(crate = topsail_orm, before_destroy = draft_goes)]
pub struct Draft {
    pub title: String,
    #[attr(foreign_key = "cascade")]
    pub author: One<Author>,
}

async fn draft_goes(tx: &Tx, which: &Where) -> Result<(), OrmError> {
    Draft::update(tx, which.clone()).set(Draft::AUTHOR, 1).await.map(drop)
}

/// Nodes of a ring, each of which goes with its next one.
#[model(crate = topsail_orm, primary_key = name)]
pub struct Node {
    pub name: String,
    #[attr(foreign_key = "cascade")]
    pub next: Option<One<Node>>,
    #[attr(foreign_key)]
    pub held: Option<One<Node>>,
}

static CALLS: AtomicUsize = AtomicUsize::new(0);

async fn author_gone(_: &Tx, _: &Author) -> Result<(), OrmError> {
    CALLS.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

async fn book_goes(tx: &Tx, which: &Where) -> Result<(), OrmError> {
    CALLS.fetch_add(10, Ordering::Relaxed);
    let cx = topsail_orm::Executor::context(tx);
    let def = cx.orm.require_model("book")?;
    assert!(!engine::find(&cx, def, Criteria::new(which.clone())).await?.is_empty(), "they are there still");
    Ok(())
}

async fn book_gone(_: &Tx, book: &Record) -> Result<(), OrmError> {
    assert!(book["title"].is_string());
    CALLS.fetch_add(100, Ordering::Relaxed);
    Ok(())
}

async fn library() -> TestOrm {
    orm_of(vec![
        Author::define(),
        Book::define(),
        Page::define(),
        Loan::define(),
        Shelf::define(),
        Draft::define(),
        Node::define(),
    ])
    .await
}

/// Ann with a pupil and two books of one page each, the first on a shelf that likes her.
async fn filled() -> TestOrm {
    let orm = library().await;
    seed(&orm, "author", [json!({ "name": "ann" }), json!({ "name": "bob", "mentor": 1 })]).await;
    seed(&orm, "book", [json!({ "title": "a", "author": 1 }), json!({ "title": "b", "author": 1 })]).await;
    seed(&orm, "page", [json!({ "number": 1, "book": 1 }), json!({ "number": 1, "book": 2 })]).await;
    seed(&orm, "shelf", [json!({ "label": "s", "books": [1], "favourites": [1, 2] })]).await;
    orm
}

fn told(changes: &[Change]) -> Vec<String> {
    changes
        .iter()
        .map(|c| {
            let via = c.via.as_ref().map(|v| format!(" {} {}", v.attr, v.other_pk)).unwrap_or_default();
            format!("{:?} {} {}{via}", c.verb, c.model.identity, c.pk)
        })
        .collect()
}

#[tokio::test]
async fn a_key_that_names_no_record_is_refused_with_its_attribute() {
    let orm = library().await;
    let create = async |title: &str, author: i64| {
        Book::create(&orm).values(json!({ "title": title, "author": author })).await
    };
    let e = create("a", 9).await.unwrap_err();
    assert_eq!((e.code(), e.model_identity()), ("E_FOREIGN_KEY", Some("book")));
    assert_eq!(e.attr_names(), ["author"]);
    assert!(e.to_string().contains("`author` of model `book` points at a record that does not exist"), "{e}");
    Author::create(&orm).set(Author::NAME, "ann").await.unwrap();
    let book = create("a", 1).await.unwrap();
    let several = [json!({ "title": "b", "author": 1 }), json!({ "title": "c", "author": 9 })];
    assert_eq!(Book::create_each(&orm, several).await.unwrap_err().attr_names(), ["author"]);
    let e = Book::update(&orm, book.id).set(Book::AUTHOR, 9).await.unwrap_err();
    assert_eq!((e.code(), e.attr_names().join("").as_str()), ("E_FOREIGN_KEY", "author"));
    assert_eq!(values(&orm, "book", "author", json!({})).await, [1], "nothing was changed");
    let tx = orm.begin().await.unwrap();
    assert!(Book::create(&tx).values(json!({ "title": "d", "author": 9 })).await.is_err());
    Book::create(&tx).values(json!({ "title": "e", "author": 1 })).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(Book::count(&orm, Where::All).await.unwrap(), 2, "the transaction lived on");
}

#[tokio::test]
async fn mdev_10_missing_parents_and_children_of_a_collection_are_refused_where_there_is_a_foreign_key() {
    let orm = filled().await;
    let dangling = |outcome: Result<Vec<Change>, OrmError>| {
        let e = outcome.unwrap_err();
        (e.code(), e.attr_names().join(", "))
    };
    let refused = |attr: &str| ("E_FOREIGN_KEY", attr.to_owned());
    assert_eq!(dangling(Shelf::add_to_collection(&orm, 1, Shelf::BOOKS, [1, 9]).await), refused("books"));
    assert_eq!(dangling(Shelf::add_to_collection(&orm, 9, Shelf::BOOKS, 1).await), refused("books"));
    assert_eq!(dangling(Book::replace_collection(&orm, 1, Book::SHELVES, 9).await), refused("shelves"));
    assert_eq!(
        dangling(Shelf::add_to_collection(&orm, 1, Shelf::FAVOURITES, 9).await),
        refused("favourites")
    );
    assert_eq!(dangling(Author::add_to_collection(&orm, 9, Author::BOOKS, 1).await), refused("books"));
    assert_eq!(dangling(Author::replace_collection(&orm, 2, Author::BOOKS, [1, 9]).await), refused("books"));
    let e = Shelf::create(&orm).values(json!({ "label": "t", "books": [9] })).await.unwrap_err();
    assert_eq!(e.attr_names(), ["books"]);
    assert_eq!(Shelf::count(&orm, Where::All).await.unwrap(), 1);
    assert!(Shelf::remove_from_collection(&orm, 1, Shelf::BOOKS, [9]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_destroy_cascades_with_callbacks_and_changes_as_if_done_by_hand() {
    let orm = filled().await;
    let tx = orm.begin().await.unwrap();
    let before = CALLS.load(Ordering::Relaxed);
    let gone = Author::destroy(&tx, 1).await.unwrap();
    assert_eq!(gone.len(), 1, "only those that were asked for are given");
    assert_eq!(CALLS.load(Ordering::Relaxed) - before, 10 + 200 + 1);
    let changes = tx.commit().await.unwrap();
    assert_eq!(
        told(&changes),
        [
            "Update author 2",
            "Destroy page 1",
            "Unlink book 1 pages 1",
            "Destroy page 2",
            "Unlink book 2 pages 2",
            "Destroy book 1",
            "Unlink author 1 books 1",
            "Destroy book 2",
            "Unlink author 1 books 2",
            "Unlink book 1 shelves 1",
            "Destroy author 1",
            "Unlink shelf 1 favourites 1",
        ]
    );
    assert_eq!(changes[0].submitted_keys, ["mentor"]);
    assert_eq!(changes[0].after.as_ref().unwrap()["mentor"], Value::Null);
    for (model, left) in [("author", 1), ("book", 0), ("page", 0), ("shelf", 1)] {
        assert_eq!(find(&orm, model, json!({})).await.unwrap().len(), left, "{model}");
    }
    let shelf = Shelf::find_one(&orm, 1).populate(Shelf::FAVOURITES).populate(Shelf::BOOKS).await.unwrap();
    let shelf = shelf.unwrap();
    assert_eq!(shelf.favourites.get().unwrap().len(), 1);
    assert!(shelf.books.get().unwrap().is_empty());
}

#[tokio::test]
async fn more_go_along_than_one_statement_can_name() {
    let orm = filled().await;
    let drafts = (0..12_000).map(|n| json!({ "title": n.to_string(), "author": 2 }));
    Draft::create_each(&orm, drafts).await.unwrap();
    Author::destroy(&orm, 2).skip_callbacks().await.unwrap();
    assert_eq!(Draft::count(&orm, Where::All).await.unwrap(), 0);
}

#[tokio::test]
async fn a_callback_may_save_what_would_go_along() {
    let orm = filled().await;
    seed(&orm, "draft", [json!({ "title": "d", "author": 2 })]).await;
    Author::destroy(&orm, 2).await.unwrap();
    assert_eq!(values(&orm, "draft", "author", json!({})).await, [1]);
}

#[tokio::test]
async fn a_record_that_is_pointed_at_stays_and_so_does_everything_else() {
    let orm = filled().await;
    let loan = Loan::create(&orm).set(Loan::BOOK, Some(2)).await.unwrap();
    for e in [
        Book::destroy(&orm, 2).await.map(drop).unwrap_err(),
        Book::destroy_one(&orm, 2).await.map(drop).unwrap_err(),
        Author::destroy(&orm, Where::All).await.map(drop).unwrap_err(),
    ] {
        assert_eq!((e.code(), e.model_identity()), ("E_FOREIGN_KEY", Some("book")));
        assert!(e.to_string().contains("`book` of model `loan`"), "{e}");
        assert!(e.attr_names().is_empty());
    }
    assert_eq!(Author::count(&orm, Where::All).await.unwrap(), 2);
    assert_eq!(Book::count(&orm, Where::All).await.unwrap(), 2);
    assert_eq!(Page::count(&orm, Where::All).await.unwrap(), 2);
    Book::destroy(&orm, 1).await.unwrap();
    Loan::destroy(&orm, loan.id).await.unwrap();
    Author::destroy(&orm, 1).await.unwrap();
    assert_eq!(Book::count(&orm, Where::All).await.unwrap(), 0);
}

#[tokio::test]
async fn rings_and_long_chains_go_as_a_whole() {
    let orm = library().await;
    let ring = |names: &[&str]| names.iter().map(|n| json!({ "name": n })).collect::<Vec<_>>();
    seed(&orm, "node", ring(&["a", "b", "c", "self"])).await;
    for (from, to) in [("a", "b"), ("b", "c"), ("c", "a"), ("self", "self")] {
        Node::update(&orm, from).set(Node::NEXT, Some(to)).set(Node::HELD, Some(to)).await.unwrap();
    }
    assert_eq!(Node::destroy(&orm, "a").await.unwrap().len(), 1);
    assert_eq!(values(&orm, "node", "name", json!({})).await, ["self"]);
    Node::destroy(&orm, "self").await.unwrap();
    seed(&orm, "node", [json!({ "name": "n0" })]).await;
    for n in 1..40 {
        let (name, next) = (format!("n{n}"), format!("n{}", n - 1));
        seed(&orm, "node", [json!({ "name": name, "next": next, "held": next })]).await;
    }
    let tx = orm.begin().await.unwrap();
    Node::destroy(&tx, "n0").await.unwrap();
    assert_eq!(tx.commit().await.unwrap().iter().filter(|c| c.verb == ChangeVerb::Destroy).count(), 40);
    seed(&orm, "node", ring(&["x", "y", "z"])).await;
    Node::update(&orm, ["y".to_owned(), "z".to_owned()]).set(Node::HELD, Some("x")).await.unwrap();
    assert_eq!(Node::destroy(&orm, "x").await.unwrap_err().code(), "E_FOREIGN_KEY");
    assert_eq!(Node::destroy(&orm, Where::All).await.unwrap().len(), 3, "they hold nobody who stays");
}

#[tokio::test]
async fn a_key_that_has_moved_on_meanwhile_is_not_set_to_null() {
    let orm = filled().await;
    seed(&orm, "author", [json!({ "name": "cy" })]).await;
    let tx = orm.begin().await.unwrap();
    Author::update_one(&tx, 2).set(Author::MENTOR, Some(3)).await.unwrap();
    let moves_on = async {
        somebody_waits(&orm).await;
        tx.commit().await.unwrap();
    };
    let (gone, ()) = tokio::join!(Author::destroy(&orm, 1).into_future(), moves_on);
    assert_eq!(gone.unwrap().len(), 1);
    assert_eq!(values(&orm, "author", "mentor", json!({})).await, [json!(3), Value::Null]);
}

#[tokio::test]
async fn a4_what_a_condition_leaves_out_of_an_edit_is_no_key_that_names_no_record() {
    let orm = filled().await;
    let (cx, shelf) = (orm.context(), orm.model("shelf").unwrap());
    let books = Keyed::from(vec![json!(1), json!(2), json!(9)]).and_also(Where::eq("title", "b"));
    let edited = engine::add_to_collection(&cx, shelf, &[json!(1)], "books", books).await.unwrap();
    assert_eq!((edited.parents, edited.children), (vec![json!(1)], vec![json!(2)]));
    assert_eq!(told(&edited.changes), ["Link shelf 1 books 2"]);
}

#[tokio::test]
async fn an_archive_keeps_what_goes_along() {
    let orm = filled().await;
    Author::archive(&orm, 1).await.unwrap();
    let kept = values(&orm, "archive", "fromModel", json!({ "sort": "id" })).await;
    assert_eq!(kept, ["author", "page", "page", "book", "book"]);
    assert_eq!(Page::count(&orm, Where::All).await.unwrap(), 0);
}

#[tokio::test]
async fn writes_from_elsewhere_meet_the_constraints_of_the_database() {
    let orm = filled().await;
    crate::place::sql(&orm, "DELETE FROM author WHERE id = 1").await;
    assert_eq!(Book::count(&orm, Where::All).await.unwrap(), 0);
    assert_eq!(Page::count(&orm, Where::All).await.unwrap(), 0);
    assert_eq!(values(&orm, "author", "mentor", json!({})).await, [Value::Null]);
    Book::create(&orm).values(json!({ "title": "c", "author": 2 })).await.unwrap();
    Loan::create(&orm).set(Loan::BOOK, Some(3)).await.unwrap();
    let held = orm.datastore("default").unwrap();
    let e = held.send_native_query("DELETE FROM book WHERE id = 3", []).await.unwrap_err();
    assert_eq!(e.code(), "E_QUERY_FAILED");
    let e = Book::update(&orm, 3).values(json!({ "id": 9 })).await.unwrap_err();
    assert_eq!(e.code(), "E_FOREIGN_KEY");
    assert!(e.to_string().contains("is still pointed at by"), "{e}");
}

#[tokio::test]
async fn truncate_empties_tables_that_point_at_each_other() {
    let orm = filled().await;
    seed(&orm, "node", [json!({ "name": "a" }), json!({ "name": "b", "next": "a", "held": "a" })]).await;
    Node::update(&orm, "a").set(Node::NEXT, Some("b")).set(Node::HELD, Some("b")).await.unwrap();
    Loan::create(&orm).set(Loan::BOOK, Some(2)).await.unwrap();
    orm.truncate_all().await.unwrap();
    for model in ["author", "book", "page", "loan", "shelf", "node"] {
        assert!(find(&orm, model, json!({})).await.unwrap().is_empty(), "{model}");
    }
    assert_eq!(seed(&orm, "author", [json!({ "name": "ann" })]).await, [1]);
    let e = Book::create(&orm).values(json!({ "title": "a", "author": 9 })).await.unwrap_err();
    assert_eq!(e.code(), "E_FOREIGN_KEY", "they count again");
}

#[tokio::test]
async fn a_create_with_a_foreign_key_is_no_more_statements() {
    let orm = filled().await;
    let sent = crate::support::statements(&orm, async || {
        Page::create(&orm).values(json!({ "number": 2, "book": 1 })).await.unwrap();
    })
    .await;
    assert_eq!(sent, if returns_rows() { 1 } else { 2 });
}

#[tokio::test]
async fn who_points_at_a_record_is_not_in_the_way_of_its_update() {
    if !locks_keys_apart() {
        return;
    }
    let orm = filled().await;
    let (one, other) = (orm.begin().await.unwrap(), orm.begin().await.unwrap());
    for tx in [&one, &other] {
        Loan::create(tx).set(Loan::TO, "bob").set(Loan::BOOK, 1).await.unwrap();
    }
    let in_time = std::time::Duration::from_secs(10);
    let update = Book::update_one(&one, 1).set(Book::TITLE, "lent").into_future();
    tokio::time::timeout(in_time, update).await.unwrap().unwrap();
    one.commit().await.unwrap();
    Loan::create(&orm).set(Loan::TO, "cid").set(Loan::BOOK, 1).await.unwrap();
    let portions =
        Book::update(&other, Where::All).set(Book::TITLE, "lent twice").bulk_above(0).into_future();
    tokio::time::timeout(in_time, portions).await.unwrap().unwrap();
    other.commit().await.unwrap();
    assert_eq!(values(&orm, "book", "title", json!(1)).await, ["lent twice"]);
}
