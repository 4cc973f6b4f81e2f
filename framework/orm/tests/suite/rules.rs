//! Values, rules and timestamps.

use serde_json::{Value, json};
use topsail_macros::model;
use topsail_orm::{Model, Rule};

use crate::support::{Note, User, orm, orm_of};

/// One attribute for each rule.
#[model(crate = topsail_orm, without(updated_at))]
pub struct PetFood {
    #[attr(is_in = ["a", "b"])]
    pub r#in: String,
    #[attr(is_not_in = [1, 2])]
    pub not_in: Option<i64>,
    #[attr(is_email)]
    pub email: String,
    #[attr(is_url)]
    pub url: String,
    #[attr(is_uuid)]
    pub uuid: String,
    #[attr(is_ip)]
    pub ip: String,
    #[attr(is_hex_color)]
    pub color: String,
    #[attr(is_credit_card)]
    pub card: String,
    #[attr(is_after = "2020-01-01", is_before = "2021-01-01T00:00:00Z")]
    pub moment: String,
    #[attr(min = 1, max = 5)]
    pub count: Option<i64>,
    #[attr(is_integer)]
    pub whole: f64,
    #[attr(min_length = 3, max_length = 5, regex = "^[a-z]+$")]
    pub word: String,
    #[attr(is_not_empty_string)]
    pub some: Option<String>,
    #[attr(is_number)]
    pub number: Value,
    #[attr(is_boolean)]
    pub truth: Value,
    #[attr(is_string)]
    pub text: Value,
    #[attr(custom = even)]
    pub even: Option<i64>,
    #[attr(auto_created_at)]
    pub made: String,
}

fn even(value: &Value) -> Result<(), String> {
    match value.as_i64() {
        Some(n) if n % 2 == 0 => Ok(()),
        _ => Err(format!("{value} is odd")),
    }
}

#[tokio::test]
async fn mo_01_the_identity_is_the_name_in_lower_case_and_so_is_the_table() {
    let orm = orm_of(vec![PetFood::define()]).await;
    let def = orm.model("petfood").unwrap();
    assert_eq!((def.identity.as_str(), def.table.as_str()), ("petfood", "petfood"));
}

#[tokio::test]
async fn mo_02_every_model_has_a_key_and_timestamps_mo_03_unless_it_leaves_them_out() {
    let orm = orm_of(vec![
        PetFood::define(),
        User::define(),
        crate::support::Pet::define(),
        crate::support::Team::define(),
        crate::support::Badge::define(),
    ])
    .await;
    for name in ["id", "createdAt", "updatedAt"] {
        assert!(orm.model("user").unwrap().attr(name).is_some(), "{name}");
    }
    let def = orm.model("petfood").unwrap();
    assert!(def.attr("createdAt").is_some() && def.attr("updatedAt").is_none());
}

#[tokio::test]
async fn mo_35_timestamps_of_text_are_iso_8601() {
    let orm = orm_of(vec![PetFood::define()]).await;
    let made = PetFood::create(&orm).await.unwrap();
    assert_eq!((made.made.len(), &made.made[10..11], &made.made[23..]), (24, "T", "Z"), "{}", made.made);
    assert_eq!(made.made, PetFood::find_one(&orm, made.id).await.unwrap().unwrap().made);
}

#[tokio::test]
async fn mo_40_42_every_rule_refuses_what_breaks_it_and_takes_what_does_not() {
    let orm = orm_of(vec![PetFood::define()]).await;
    let cases = [
        ("in", "isIn", json!("a"), json!("z")),
        ("notIn", "isNotIn", json!(3), json!(2)),
        ("email", "isEmail", json!("a@x.io"), json!("a@x")),
        ("url", "isURL", json!("localhost:80/x"), json!("http//x")),
        ("uuid", "isUUID", json!("b3f1a0c8-55d5-4a4e-8a6f-6a1a0c2b9e11"), json!("b3f1")),
        ("ip", "isIP", json!("::1"), json!("1.2.3.456")),
        ("color", "isHexColor", json!("#abc"), json!("#abcde")),
        ("card", "isCreditCard", json!("4111 1111 1111 1111"), json!("4111 1111 1111 1112")),
        ("moment", "isAfter", json!("2020-06-01"), json!("2019-06-01")),
        ("moment", "isBefore", json!("2020-12-31T23:59:59Z"), json!("2021-06-01")),
        ("count", "min", json!(1), json!(0)),
        ("count", "max", json!(5), json!(6)),
        ("whole", "isInteger", json!(2.0), json!(2.5)),
        ("word", "minLength", json!("abc"), json!("ab")),
        ("word", "maxLength", json!("abcde"), json!("abcdef")),
        ("word", "regex", json!("abc"), json!("ABC")),
        ("some", "isNotEmptyString", json!("x"), json!("")),
        ("number", "isNumber", json!(1.5), json!("1.5")),
        ("truth", "isBoolean", json!(true), json!("true")),
        ("text", "isString", json!("1"), json!(1)),
        ("even", "custom", json!(2), json!(3)),
    ];
    for (attr, rule, good, bad) in cases {
        PetFood::create(&orm).values(json!({ attr: good })).await.unwrap();
        let e = PetFood::create(&orm).values(json!({ attr: bad })).await.unwrap_err();
        let told: Vec<_> =
            e.problems().iter().map(|p| (p.attr.as_deref().unwrap(), p.rule.as_str())).collect();
        assert_eq!(told, [(attr, rule)], "{e}");
    }
}

#[tokio::test]
async fn mo_43_two_broken_rules_are_both_told_and_mo_44_a_custom_one_in_its_words() {
    let orm = orm_of(vec![PetFood::define()]).await;
    let e = PetFood::create(&orm).set(PetFood::WORD, "A").set(PetFood::EVEN, 3).await.unwrap_err();
    let rules: Vec<_> = e.problems().iter().map(|p| p.rule.as_str()).collect();
    assert_eq!(rules, ["minLength", "regex", "custom"]);
    assert!(e.details().unwrap().contains("3 is odd"), "{e}");
}

#[test]
fn every_rule_has_its_name_in_sails() {
    let rules = PetFood::define().attributes.iter().flat_map(|a| a.rules.clone()).collect::<Vec<Rule>>();
    assert_eq!(rules.len(), 21);
}

#[tokio::test]
async fn mo_27_null_is_stored_where_it_is_allowed_and_mo_39_numbers_are_whole() {
    let orm = orm().await;
    let made =
        User::create(&orm).values(json!({ "name": "a", "score": null, "age": 123_456_789 })).await.unwrap();
    assert_eq!((made.score, made.age), (None, 123_456_789));
    let score = 123_456_789.0;
    User::update(&orm, made.id).set(User::SCORE, score).await.unwrap();
    assert_eq!(User::find_one(&orm, made.id).await.unwrap().unwrap().score, Some(score));
}

#[tokio::test]
async fn mo_51_create_gives_the_record_with_its_key_mo_53_and_refuses_null() {
    let orm = orm().await;
    assert_eq!(User::create(&orm).set(User::NAME, "a").await.unwrap().id, 1);
    let e = User::create(&orm).values(Value::Null).await.unwrap_err();
    assert_eq!(e.code(), "E_INVALID_NEW_RECORD");
    let e = User::create_each(&orm, [json!([1])]).await.unwrap_err();
    assert_eq!(e.code(), "E_INVALID_NEW_RECORDS");
}

/// Its unique attribute stands in a column of another name.
#[model(crate = topsail_orm)]
pub struct Seat {
    #[attr(unique, column_name = "the_number")]
    pub number: i64,
}

#[tokio::test]
async fn mo_55_a_clash_names_the_attribute_and_not_its_column() {
    let orm = orm_of(vec![Seat::define()]).await;
    Seat::create(&orm).set(Seat::NUMBER, 5).await.unwrap();
    let e = Seat::create(&orm).set(Seat::NUMBER, 5).await.unwrap_err();
    assert_eq!((e.code(), e.attr_names()), ("E_UNIQUE", &["number".to_string()][..]));
    let e = Seat::create_each(&orm, [json!({ "number": 6 }), json!({ "number": 6 })]).await.unwrap_err();
    assert_eq!(e.attr_names(), ["number"]);
    let note = Note::define();
    assert_eq!(note.attr("body").unwrap().column, "the_body");
}
