//! Many-to-many through a model of the app.

use serde_json::json;
use topsail_macros::model;
use topsail_orm::{
    AttrDef, Change, ChangeVerb, Collection, Executor, Kind, Model, ModelDef, One, Orm, OrmError, Record,
    Result, Tx, Where,
    engine::{self, Keyed},
};

use crate::{
    place::TestOrm,
    support::{find, orm_of},
};

#[model(crate = topsail_orm)]
pub struct Reader {
    pub name: String,
    #[attr(via = reader, through = Ticket)]
    pub shows: Collection<Show>,
    #[attr(via = follower, through = Follow)]
    pub follows: Collection<Reader>,
    #[attr(via = followed, through = Follow)]
    pub followers: Collection<Reader>,
}

#[model(crate = topsail_orm)]
pub struct Show {
    pub title: String,
    #[attr(via = show, through = Ticket)]
    pub readers: Collection<Reader>,
    #[attr(via = show)]
    pub tickets: Collection<Ticket>,
}

#[model(crate = topsail_orm, unique(reader, show), before_create = no_callbacks)]
pub struct Ticket {
    pub reader: Option<One<Reader>>,
    #[attr(column_name = "of_show")]
    pub show: Option<One<Show>>,
    #[attr(default = "stalls")]
    pub seat: String,
    pub row: i64,
}

async fn no_callbacks(_: &Tx, record: &mut Record) -> Result<()> {
    match record["seat"] == "booked" {
        true => Ok(()),
        false => Err(OrmError::Callback("only what is created by hand has callbacks".into())),
    }
}

#[model(crate = topsail_orm, unique(followed, follower))]
pub struct Follow {
    pub follower: One<Reader>,
    pub followed: One<Reader>,
}

/// Its pairs need more than the keys.
#[model(crate = topsail_orm)]
pub struct Club {
    #[attr(via = club, through = Membership)]
    pub members: Collection<Person>,
}

#[model(crate = topsail_orm)]
pub struct Person {
    pub name: String,
}

#[model(crate = topsail_orm, unique(club, person))]
pub struct Membership {
    #[attr(foreign_key = "cascade")]
    pub club: One<Club>,
    pub person: One<Person>,
    #[attr(required)]
    pub number: i64,
}

async fn orm() -> TestOrm {
    let orm = orm_of(vec![
        Reader::define(),
        Show::define(),
        Ticket::define(),
        Follow::define(),
        Club::define(),
        Person::define(),
        Membership::define(),
    ])
    .await;
    Reader::create_each(&*orm, [json!({ "name": "Ann" }), json!({ "name": "Bob" })]).await.unwrap();
    Show::create_each(&*orm, ["a", "b", "c"].map(|title| json!({ "title": title }))).await.unwrap();
    orm
}

async fn shows_of(orm: &Orm, reader: i64) -> Vec<String> {
    let reader = Reader::find_one(orm, reader).populate(Reader::SHOWS).await.unwrap().unwrap();
    reader.shows.get().unwrap().iter().map(|show| show.title.clone()).collect()
}

/// The changes as short texts.
fn told(changes: &[Change]) -> Vec<String> {
    let text = |c: &Change| match &c.via {
        Some(via) => format!("{:?} {}{}.{} {}", c.verb, c.model.identity, c.pk, via.attr, via.other_pk),
        None => format!("{:?} {}", c.verb, c.model.identity),
    };
    changes.iter().map(text).collect()
}

#[tokio::test]
async fn members_are_added_through_records_with_defaults_and_without_callbacks() {
    let orm = orm().await;
    let tx = orm.begin().await.unwrap();
    Reader::add_to_collection(&tx, 1, Reader::SHOWS, [1, 2]).await.unwrap();
    Reader::add_to_collection(&tx, 1, Reader::SHOWS, [2, 99]).await.unwrap();
    let changes = tx.commit().await.unwrap();
    // What is so already, and what does not exist, changes nothing.
    assert_eq!(
        told(&changes),
        [
            "Link reader1.shows 1",
            "Create ticket",
            "Link show1.tickets 1",
            "Link reader1.shows 2",
            "Create ticket",
            "Link show2.tickets 2"
        ]
    );
    let tickets = Ticket::find(&orm).sort(Ticket::ID.asc()).await.unwrap();
    assert!(tickets.iter().all(|t| t.seat == "stalls" && t.row == 0 && t.created_at > 0));
    assert_eq!((tickets.len(), shows_of(&orm, 1).await), (2, vec!["a".to_owned(), "b".to_owned()]));
    let shows = find(&orm, "show", json!({ "sort": "title" })).await.unwrap();
    assert_eq!(shows.len(), 3);
}

#[tokio::test]
async fn both_sides_edit_and_show_the_same_pairs() {
    let orm = orm().await;
    let tx = orm.begin().await.unwrap();
    Show::add_to_collection(&tx, [1, 3], Show::READERS, [1, 2]).await.unwrap();
    Show::replace_collection(&tx, 1, Show::READERS, [2]).await.unwrap();
    Reader::remove_from_collection(&tx, 2, Reader::SHOWS, [3, 2]).await.unwrap();
    let changes = tx.commit().await.unwrap();
    let links: Vec<String> =
        told(&changes).into_iter().filter(|text| text.contains("ink") && !text.contains("tickets")).collect();
    assert_eq!(
        links,
        [
            "Link show1.readers 1",
            "Link show1.readers 2",
            "Link show3.readers 1",
            "Link show3.readers 2",
            "Unlink show1.readers 1",
            "Unlink reader2.shows 3",
        ]
    );
    assert_eq!(changes.iter().filter(|c| c.verb == ChangeVerb::Destroy).count(), 2);
    assert_eq!(
        (shows_of(&orm, 1).await, shows_of(&orm, 2).await),
        (vec!["c".to_owned()], vec!["a".to_owned()])
    );
    let found = Reader::find(&orm).where_(Reader::SHOWS.any(Show::TITLE.eq("a"))).await.unwrap();
    assert_eq!(found.iter().map(|r| r.id).collect::<Vec<_>>(), [2]);
    let show =
        Show::find_one(&orm, 3).populate(Show::READERS).populate(Show::TICKETS).await.unwrap().unwrap();
    assert_eq!((show.readers.get().unwrap().len(), show.tickets.get().unwrap().len()), (1, 1));
}

#[tokio::test]
async fn writing_a_pair_by_hand_changes_the_membership() {
    let orm = orm().await;
    let tx = orm.begin().await.unwrap();
    Ticket::create(&tx)
        .set(Ticket::READER, 1)
        .set(Ticket::SHOW, 2)
        .set(Ticket::SEAT, "booked")
        .await
        .unwrap();
    Ticket::update(&tx, Where::All).set(Ticket::SHOW, 3).await.unwrap();
    Ticket::update(&tx, Where::All).set(Ticket::ROW, 5).await.unwrap();
    Ticket::destroy(&tx, Where::All).await.unwrap();
    let changes = tx.commit().await.unwrap();
    assert_eq!(
        told(&changes),
        [
            "Link reader1.shows 2",
            "Create ticket",
            "Link show2.tickets 1",
            "Unlink reader1.shows 2",
            "Link reader1.shows 3",
            "Update ticket",
            "Unlink show2.tickets 1",
            "Link show3.tickets 1",
            "Update ticket",
            "Unlink reader1.shows 3",
            "Destroy ticket",
            "Unlink show3.tickets 1",
        ]
    );
    // Half a pair is none.
    Ticket::create(&orm).set(Ticket::READER, 1).set(Ticket::SEAT, "booked").await.unwrap();
    assert!(shows_of(&orm, 1).await.is_empty());
    let again =
        || Ticket::create(&orm).set(Ticket::READER, 1).set(Ticket::SHOW, 2).set(Ticket::SEAT, "booked");
    again().await.unwrap();
    assert_eq!(again().await.unwrap_err().code(), "E_UNIQUE");
}

#[tokio::test]
async fn editing_the_collection_of_pairs_changes_the_membership() {
    let orm = orm().await;
    Reader::add_to_collection(&orm, 1, Reader::SHOWS, [1]).await.unwrap();
    let tx = orm.begin().await.unwrap();
    Show::add_to_collection(&tx, 2, Show::TICKETS, [1]).await.unwrap();
    let changes = tx.commit().await.unwrap();
    assert_eq!(told(&changes)[..2], ["Unlink reader1.shows 1", "Link reader1.shows 2"]);
    assert_eq!(shows_of(&orm, 1).await, ["b"]);
}

#[tokio::test]
async fn a_model_can_be_paired_with_itself() {
    let orm = orm().await;
    Reader::add_to_collection(&orm, 1, Reader::FOLLOWS, [2]).await.unwrap();
    let bob = Reader::find_one(&orm, 2)
        .populate(Reader::FOLLOWERS)
        .populate(Reader::FOLLOWS)
        .await
        .unwrap()
        .unwrap();
    let names =
        |of: &Collection<Reader>| of.get().unwrap().iter().map(|r| r.name.clone()).collect::<Vec<_>>();
    assert_eq!((names(&bob.followers), names(&bob.follows)), (vec!["Ann".to_owned()], vec![]));
    let tx = orm.begin().await.unwrap();
    Reader::replace_collection(&tx, 2, Reader::FOLLOWERS, []).await.unwrap();
    assert_eq!(told(&tx.commit().await.unwrap()), ["Unlink reader2.followers 1", "Destroy follow"]);
}

#[tokio::test]
async fn collections_are_given_with_the_record_and_emptied_with_it() {
    let orm = orm().await;
    let eve = Reader::create(&orm).values(json!({ "name": "Eve", "shows": [1, 2] })).await.unwrap();
    Reader::update_one(&orm, eve.id).values(json!({ "shows": [2, 3] })).await.unwrap();
    assert_eq!(shows_of(&orm, eve.id).await, ["b", "c"]);
    Reader::destroy_one(&orm, eve.id).cascade(true).await.unwrap();
    assert_eq!(Ticket::count(&orm, Where::All).await.unwrap(), 0);
}

#[tokio::test]
async fn a_pair_that_needs_more_than_its_keys_is_refused() {
    let orm = orm().await;
    Club::create(&orm).await.unwrap();
    Person::create(&orm).set(Person::NAME, "Ann").await.unwrap();
    let refused = Club::add_to_collection(&orm, 1, Club::MEMBERS, [1]).await.unwrap_err();
    assert_eq!(refused.code(), "E_INVALID_NEW_RECORDS");
    assert!(refused.to_string().contains("number"), "{refused}");
    Membership::create(&orm).values(json!({ "club": 1, "person": 1, "number": 7 })).await.unwrap();
    let club = Club::find_one(&orm, 1).populate(Club::MEMBERS).await.unwrap().unwrap();
    assert_eq!(club.members.get().unwrap()[0].name, "Ann", "one side is enough");
    let tx = orm.begin().await.unwrap();
    Club::destroy(&tx, 1).await.unwrap();
    assert_eq!(
        told(&tx.commit().await.unwrap()),
        ["Unlink club1.members 1", "Destroy membership", "Destroy club"],
        "by the foreign key of the pair"
    );
}

#[tokio::test]
async fn both_sides_can_make_the_same_pair_at_once() {
    let orm = orm().await;
    for _ in 0..10 {
        let (one, other) = tokio::join!(
            Reader::add_to_collection(&orm, [1, 2], Reader::SHOWS, [1, 2, 3]),
            Show::add_to_collection(&orm, [3, 2, 1], Show::READERS, [2, 1]),
        );
        assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
        assert_eq!(Ticket::count(&orm, Where::All).await.unwrap(), 6);
        Ticket::destroy(&orm, Where::All).await.unwrap();
    }
}

#[tokio::test]
async fn a4_pairs_with_members_that_do_not_satisfy_the_condition_stay() {
    let orm = orm().await;
    Reader::add_to_collection(&orm, 1, Reader::SHOWS, [1, 2]).await.unwrap();
    let nobody = Keyed::from(vec![]).and_also(Where::eq("title", "b").not());
    let (cx, def) = (orm.context(), orm.model("reader").unwrap());
    let edited = engine::replace_collection(&cx, def, &[json!(1)], "shows", nobody).await.unwrap();
    assert_eq!(told(&edited.changes), ["Unlink reader1.shows 1"]);
    assert_eq!(shows_of(&orm, 1).await, ["b"]);
}

#[tokio::test]
async fn many_pairs_at_once_are_told_of_both_sides() {
    let orm = orm().await;
    Reader::add_to_collection(&orm, [1, 2], Reader::SHOWS, [1, 2]).await.unwrap();
    let tx = orm.begin().await.unwrap();
    Ticket::destroy(&tx, Where::All).bulk_above(1).skip_fetch().await.unwrap();
    let changes = tx.commit().await.unwrap();
    let sums: Vec<_> = changes.iter().map(|c| (c.model.identity.as_str(), c.bulk.unwrap())).collect();
    let sums: Vec<_> = sums.into_iter().map(|(model, bulk)| (model, bulk.verb, bulk.times)).collect();
    let (unlink, destroy) = (ChangeVerb::Unlink, ChangeVerb::Destroy);
    let both = [("reader", unlink, 4), ("show", unlink, 8), ("ticket", destroy, 4), ("ticket", unlink, 4)];
    assert!(both.iter().all(|sum| sums.contains(sum)), "{sums:?}");
}

#[tokio::test]
async fn what_cannot_be_gone_through_stops_the_lift() {
    let said = |defs: Vec<ModelDef>| async move {
        let config = topsail_orm::OrmConfig::sqlite("sqlite::memory:");
        Orm::connect(config, defs).await.unwrap_err().to_string()
    };
    let with = |name: &str, attributes: Vec<AttrDef>| {
        let mut def = ModelDef::new(name);
        def.attributes.push(AttrDef::new("id", Kind::Int).as_primary_key());
        def.attributes.extend(attributes);
        def
    };
    let many = |via: &str| AttrDef::to("bs", Kind::Many, "b").via(via).through("ab");
    let pair = || vec![AttrDef::to("a", Kind::One, "a"), AttrDef::to("b", Kind::One, "b")];
    let ab = || with("Ab", pair()).unique(["a", "b"]);
    let all = |attr: AttrDef, through: ModelDef| vec![with("A", vec![attr]), with("B", vec![]), through];
    for (defs, text) in [
        (all(many("a"), with("Other", vec![])), "there is no model `ab` to go through"),
        (all(AttrDef::to("bs", Kind::Many, "b").through("ab"), ab()), "needs `via`"),
        (all(many("x"), ab()), "`via` names `x`, which model `ab` does not have"),
        (all(many("b"), ab()), "does not hold a key of this model"),
        (all(many("a"), with("Ab", pair())), "write `#[model(unique(a, b))]` there"),
        (
            all(many("a").on_delete(topsail_orm::OnDelete::Cascade), ab()),
            "the keys of this collection are in model `ab`",
        ),
        (
            all(many("a"), with("Ab", pair()).unique(["a", "b"]))
                .into_iter()
                .chain([with(
                    "C",
                    vec![AttrDef::to("ab", Kind::One, "ab").on_delete(topsail_orm::OnDelete::Cascade)],
                )])
                .collect(),
            "write `foreign_key` without a rule",
        ),
    ] {
        let message = said(defs).await;
        assert!(message.contains(text), "{message}");
    }
}
