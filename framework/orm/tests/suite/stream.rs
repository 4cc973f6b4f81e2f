//! Reading many records one after the other.

use futures_util::TryStreamExt;
use serde_json::json;
use topsail_orm::{Id, Model, Orm, OrmError, Record};

use crate::support::{Pet, User, orm};

fn is_send<T: Send>(value: T) -> T {
    value
}

/// Seven pets, of ages with gaps, repetitions and one owner.
async fn pets(orm: &Orm) {
    let ann = User::create(orm).set(User::NAME, "Ann").await.unwrap();
    let ages = [3, 1, 2, 1, 3, 2, 1];
    let pets = ages
        .iter()
        .enumerate()
        .map(|(i, age)| json!({ "name": format!("p{i}"), "age": age, "owner": ann.id }));
    Pet::create_each(orm, pets).await.unwrap();
}

async fn sizes(orm: &Orm) -> Result<Vec<usize>, OrmError> {
    let mut sizes = vec![];
    Pet::stream(orm)
        .each_batch(2, |batch| {
            sizes.push(batch.len());
            async { Ok::<_, OrmError>(()) }
        })
        .await?;
    Ok(sizes)
}

#[tokio::test]
async fn mo_74_batches_have_at_most_so_many() {
    let orm = orm().await;
    pets(&orm).await;
    assert_eq!(is_send(sizes(&orm)).await.unwrap(), [2, 2, 2, 1]);
}

async fn age_all(orm: &Orm) -> Result<(), OrmError> {
    Pet::stream(orm)
        .each_record(async |pet| Pet::update_one(orm, pet.id).increment(Pet::AGE, 10).await.map(drop))
        .await
}

#[tokio::test]
async fn the_function_may_query_and_its_future_may_be_sent() {
    let orm = orm().await;
    pets(&orm).await;
    is_send(age_all(&orm)).await.unwrap();
    assert!(Pet::find(&orm).await.unwrap().iter().all(|p| p.age > 10));
}

#[tokio::test]
async fn records_come_in_the_order_of_sort_and_then_of_the_key() {
    let orm = orm().await;
    pets(&orm).await;
    let mut seen: Vec<(i64, Id)> = vec![];
    Pet::stream(&orm)
        .sort(Pet::AGE.desc())
        .batch_size(2)
        .each_record(|pet| {
            seen.push((pet.age, pet.id));
            async { Ok::<_, OrmError>(()) }
        })
        .await
        .unwrap();
    assert_eq!(seen, [(3, 1), (3, 5), (2, 3), (2, 6), (1, 2), (1, 4), (1, 7)]);
    let some = Pet::stream(&orm).where_(Pet::AGE.ge(2)).sort(Pet::AGE.asc()).skip(1).limit(2).batch_size(1);
    let some: Vec<Pet> = some.into_stream().unwrap().try_collect().await.unwrap();
    assert_eq!(some.iter().map(|p| p.id).collect::<Vec<_>>(), [6, 1]);
}

#[tokio::test]
async fn nulls_and_truth_values_are_sorted_by_too() {
    let orm = orm().await;
    let users = [(Some(2.5), true), (None, false), (Some(1.0), true), (None, true), (Some(2.5), false)];
    let users = users.iter().map(|(score, active)| json!({ "name": "x", "score": score, "active": active }));
    User::create_each(&orm, users).await.unwrap();
    for down in [false, true] {
        let sort = || match down {
            false => [User::SCORE.asc(), User::ACTIVE.desc()],
            true => [User::SCORE.desc(), User::ACTIVE.asc()],
        };
        let all: Vec<Id> = User::find(&orm).sort(sort()).await.unwrap().iter().map(|u| u.id).collect();
        let mut paged = vec![];
        let mut batches = User::stream(&orm).sort(sort()).batch_size(1).batches().unwrap();
        while let Some(batch) = batches.next_batch().await.unwrap() {
            paged.extend(batch.iter().map(|u| u.id));
        }
        assert_eq!(paged, all);
    }
}

#[tokio::test]
async fn mdev_11_what_is_created_and_destroyed_meanwhile_neither_hides_nor_repeats_others() {
    let orm = orm().await;
    pets(&orm).await;
    let mut seen = vec![];
    let mut batches = Pet::stream(&orm).batch_size(2).batches().unwrap();
    while let Some(batch) = batches.next_batch().await.unwrap() {
        for pet in batch {
            seen.push(pet.id);
            Pet::destroy_one(&orm, pet.id).await.unwrap();
            if seen.len() < 3 {
                Pet::create(&orm).set(Pet::NAME, "late").await.unwrap();
            }
        }
    }
    assert_eq!(seen, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
}

#[tokio::test]
async fn mo_77_the_first_error_stops_it_and_comes_back() {
    let orm = orm().await;
    pets(&orm).await;
    let mut seen = 0;
    let outcome: Result<(), OrmError> = Pet::stream(&orm)
        .batch_size(2)
        .each_record(|_| {
            seen += 1;
            let enough = seen == 3;
            async move { if enough { Err(OrmError::Callback("enough".into())) } else { Ok(()) } }
        })
        .await;
    assert_eq!((outcome.unwrap_err().to_string().as_str(), seen), ("enough", 3));
}

#[tokio::test]
async fn a_stream_populates_and_selects() {
    let orm = orm().await;
    pets(&orm).await;
    let pets: Vec<Pet> = Pet::stream(&orm)
        .populate(Pet::OWNER)
        .batch_size(3)
        .into_stream()
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    assert!(pets.iter().all(|p| p.owner.as_ref().unwrap().get().unwrap().unwrap().name == "Ann"));
    let names = Pet::find(&orm).select((Pet::NAME,)).sort(Pet::AGE.asc()).stream().batch_size(2);
    let names: Vec<(String,)> = names.into_stream().unwrap().try_collect().await.unwrap();
    assert_eq!(
        names.iter().map(|(n,)| n.as_str()).collect::<Vec<_>>(),
        ["p1", "p3", "p6", "p2", "p5", "p0", "p4"]
    );
    let data = Pet::find(&orm).omit((Pet::AGE,)).sort(Pet::AGE.asc()).stream();
    let data: Vec<Record> = data.into_stream().unwrap().try_collect().await.unwrap();
    assert!(data.len() == 7 && data.iter().all(|r| !r.contains_key("age") && r.contains_key("name")));
    assert!(User::stream(&orm).sort(User::META.asc()).batches().is_err(), "JSON has no order");
}
