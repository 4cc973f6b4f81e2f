#![allow(clippy::unwrap_used)]
use super::*;
use crate::{blueprints::BlueprintsConfig, req::Params};
use serde_json::json;
use topsail_orm::{AttrDef, Auto, Kind, ModelDef, Orm, OrmConfig, OrmError, Where};

/// A request of a test: query, body, path.
struct Given {
    orm: Orm,
    config: BlueprintsConfig,
    is_get: bool,
    query: Params,
    body: Option<Value>,
    path: Params,
    alias: Option<&'static str>,
}

impl Given {
    async fn new() -> Self {
        let id = || AttrDef::new("id", Kind::Int).auto(Auto::Increment);
        let stamp = |name, auto| AttrDef::new(name, Kind::Int).auto(auto);
        let mut user = ModelDef::new("User");
        user.attributes = vec![
            id(),
            stamp("createdAt", Auto::CreatedAt),
            stamp("updatedAt", Auto::UpdatedAt),
            AttrDef::new("name", Kind::Text).required(),
            AttrDef::new("age", Kind::Int),
            AttrDef::new("secret", Kind::Text).protect(),
            AttrDef::to("boss", Kind::One, "user"),
            AttrDef::to("pets", Kind::Many, "pet").via("owner"),
        ];
        let mut pet = ModelDef::new("Pet");
        pet.attributes =
            vec![id(), AttrDef::new("name", Kind::Text), AttrDef::to("owner", Kind::One, "user")];
        let orm = Orm::connect(OrmConfig::sqlite("sqlite::memory:"), vec![user, pet]).await.unwrap();
        Self {
            orm,
            config: BlueprintsConfig::default(),
            is_get: true,
            query: Params::new(),
            body: None,
            path: Params::new(),
            alias: None,
        }
    }

    fn query(mut self, text: &str) -> Self {
        self.query = crate::req::parse_form(text);
        self
    }

    fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self.is_get = false;
        self
    }

    fn path(mut self, name: &str, value: &str) -> Self {
        self.path.insert(name.to_owned(), value.into());
        self
    }

    fn alias(mut self, alias: &'static str) -> Self {
        self.alias = Some(alias);
        self
    }

    fn read(&self, action: BlueprintAction) -> Result<BlueprintOptions> {
        let mut all = self.query.clone();
        if let Some(Value::Object(body)) = &self.body {
            all.extend(body.clone());
        }
        all.extend(self.path.clone());
        let asked = Asked {
            orm: &self.orm,
            model: self.orm.model("user").unwrap(),
            config: &self.config,
            alias: self.alias,
            bulk: None,
            paging: Default::default(),
            is_get: self.is_get,
            path: &self.path,
            body: self.body.as_ref(),
            query: &self.query,
            all: &all,
        };
        BlueprintOptions::read(&asked, action)
    }

    fn refused(&self, action: BlueprintAction) -> &'static str {
        self.read(action).unwrap_err().code()
    }
}

async fn find(query: &str) -> Result<BlueprintOptions> {
    Given::new().await.query(query).read(BlueprintAction::Find)
}

async fn refused(query: &str) -> &'static str {
    find(query).await.unwrap_err().code()
}

fn populated(options: &BlueprintOptions) -> Vec<&str> {
    options.populates.iter().map(|populate| &*populate.attr).collect()
}

#[tokio::test]
async fn bp_41_without_parameters_find_means_thirty_records_with_everything_populated() {
    let options = find("").await.unwrap();
    assert_eq!(options.criteria.limit, Some(30));
    assert_eq!(options.criteria.where_, Where::All);
    assert_eq!(populated(&options), ["boss", "pets"]);
    assert_eq!(options.populates[1].criteria.limit, Some(30));
}

#[tokio::test]
async fn bp_44_limits_are_whole_numbers_and_lowered_to_the_greatest_one() {
    for bad in ["limit=abc", "limit=-1", "limit=1.5", "limit=null", "limit[]=2", "skip=-1", "skip=abc"] {
        assert_eq!(refused(bad).await, "E_INVALID_CRITERIA", "{bad}");
    }
    assert_eq!(find("limit=").await.unwrap().criteria.limit, Some(0));
    assert_eq!(find("limit=999999").await.unwrap().criteria.limit, Some(1000));
    assert_eq!(find("skip=30").await.unwrap().criteria.skip, Some(30));
}

#[tokio::test]
async fn bp_48_parameters_that_are_not_reserved_are_conditions() {
    let options = find("name=ann&age=5&populate=false&sort=name&limit=3").await.unwrap();
    assert_eq!(options.criteria.where_, Where::all_of([Where::eq("name", "ann"), Where::eq("age", 5)]));
    assert!(options.populates.is_empty());
    assert_eq!(refused("nosuch=1").await, "E_INVALID_CRITERIA");
    assert_eq!(refused("pets=1").await, "E_INVALID_CRITERIA");
}

#[tokio::test]
async fn dev_27_protected_attributes_cannot_be_asked_for() {
    for probe in ["secret=x", "sort=secret", "select=secret", "where={\"secret\":{\"startsWith\":\"a\"}}"] {
        assert_eq!(refused(probe).await, "E_INVALID_CRITERIA", "{probe}");
    }
}

#[tokio::test]
async fn bp_55_where_stands_alone() {
    let options = find("where={\"age\":5}&name=zzz").await.unwrap();
    assert_eq!(options.criteria.where_, Where::eq("age", 5));
    let options = find("where[age]=5").await.unwrap();
    assert_eq!(options.criteria.where_, Where::eq("age", 5));
    assert_eq!(
        find("where=[1,2]").await.unwrap().criteria.where_,
        Where::one_of("id", vec![1.into(), 2.into()])
    );
    assert_eq!(find("where={}").await.unwrap().criteria.where_, Where::All);
}

#[tokio::test]
async fn bp_63_a_malformed_where_is_refused() {
    for bad in [
        "where={bad",
        "where=",
        "where=null",
        "where=true",
        "where=\"x\"",
        "where={\"not\":{\"name\":\"a\"}}",
    ] {
        assert_eq!(refused(bad).await, "E_INVALID_CRITERIA", "{bad}");
    }
    let deep = format!("where={}1{}", "[".repeat(5_000), "]".repeat(5_000));
    assert_eq!(refused(&deep).await, "E_INVALID_CRITERIA");
}

#[tokio::test]
async fn bp_65_sort_takes_a_text_a_list_or_mongo_style() {
    for good in ["sort=name DESC", "sort=[{\"name\":\"desc\"}]", "sort={\"name\":-1}", "sort[]=name desc"] {
        let sort = find(good).await.unwrap().criteria.sort;
        assert!(sort.len() == 1 && sort[0].attr == "name" && sort[0].desc, "{good}");
    }
    for bad in ["sort=", "sort=-name", "sort=name DESC, age ASC", "sort={\"name\":\"DESC\"}", "sort=pets"] {
        assert_eq!(refused(bad).await, "E_INVALID_CRITERIA", "{bad}");
    }
    assert!(find("sort=[]").await.unwrap().criteria.sort.is_empty());
    assert_eq!(refused("sort=boss").await, "E_INVALID_POPULATES");
}

#[tokio::test]
async fn bp_72_a_populated_association_cannot_be_omitted() {
    assert_eq!(refused("omit=boss").await, "E_INVALID_POPULATES");
    assert!(find("omit=boss&populate=false").await.is_ok());
    assert_eq!(refused("omit=id").await, "E_INVALID_CRITERIA");
}

#[tokio::test]
async fn dev_08_lists_of_names_may_be_repeated() {
    let options = find("select=name&select=age, id&populate=pets&populate[]=boss").await.unwrap();
    let select: Vec<_> = options.criteria.select.as_deref().unwrap().iter().map(|name| &**name).collect();
    assert_eq!(select, ["name", "age", "id"]);
    assert_eq!(populated(&options), ["pets", "boss"]);
    assert!(find("select=name&omit=age").await.unwrap().criteria.omit.is_empty());
}

#[tokio::test]
async fn bp_76_what_is_no_association_cannot_be_populated() {
    for bad in ["populate=nosuch", "populate=name", "populate=true", "populate=[pets]", "populate=secret"] {
        assert_eq!(refused(bad).await, "E_INVALID_POPULATES", "{bad}");
    }
    assert_eq!(populated(&find("populate=").await.unwrap()).len(), 2);
}

#[tokio::test]
async fn dev_12_populate_may_be_false_and_not_true() {
    let with = async |value: Value| {
        Given::new().await.body(json!({ "populate": value })).read(BlueprintAction::Find)
    };
    assert!(with(json!(false)).await.unwrap().populates.is_empty());
    assert_eq!(with(json!(true)).await.unwrap_err().code(), "E_INVALID_POPULATES");
    assert_eq!(populated(&with(json!(["pets"])).await.unwrap()), ["pets"]);
}

#[tokio::test]
async fn bp_86_keys_are_typed_scalars() {
    let one = async |id: Value| {
        let mut given = Given::new().await;
        given.query.insert("id".to_owned(), id);
        given.read(BlueprintAction::Destroy)
    };
    assert_eq!(one(json!("7")).await.unwrap().criteria.where_, Where::eq("id", 7));
    for bad in [json!("abc"), json!([1]), json!({ "!=": 1 }), json!(null), json!(true)] {
        assert_eq!(one(bad.clone()).await.unwrap_err().code(), "E_INVALID_CRITERIA", "{bad}");
    }
    assert_eq!(Given::new().await.refused(BlueprintAction::Destroy), "E_INVALID_CRITERIA");
    assert!(Given::new().await.path("id", "1.5").read(BlueprintAction::FindOne).is_ok());
}

#[tokio::test]
async fn bp_87_find_one_ignores_what_stands_beside_its_key() {
    let options = Given::new()
        .await
        .path("id", "1")
        .query("name=x&where={bad&limit=abc&sort=")
        .read(BlueprintAction::FindOne);
    assert_eq!(options.unwrap().criteria.where_, Where::eq("id", 1));
}

#[tokio::test]
async fn bp_104_body_wins_over_query_and_what_clients_may_not_write_is_left_out() {
    let options = Given::new()
        .await
        .query("age=5&name=q")
        .body(json!({ "name": "b", "secret": "s", "nosuch": 1, "createdAt": 1, "updatedAt": 1, "constructor": {} }))
        .read(BlueprintAction::Create)
        .unwrap();
    assert_eq!(Value::Object(options.new_record), json!({ "age": "5", "name": "b" }));
}

#[tokio::test]
async fn bp_105_a_list_is_no_new_record() {
    let given = Given::new().await.body(json!([{ "name": "a" }]));
    assert_eq!(given.refused(BlueprintAction::Create), "E_INVALID_NEW_RECORD");
}

#[tokio::test]
async fn bp_112_the_key_is_never_among_the_values_to_set() {
    let options = Given::new()
        .await
        .path("id", "1")
        .body(json!({ "id": 50, "age": 6 }))
        .read(BlueprintAction::Update)
        .unwrap();
    assert_eq!(options.criteria.where_, Where::eq("id", 1));
    assert_eq!(Value::Object(options.values_to_set), json!({ "age": 6 }));
}

#[tokio::test]
async fn shortcuts_read_collections_from_text() {
    let options = Given::new().await.query("name=a&pets=[1,2]").read(BlueprintAction::Create).unwrap();
    assert_eq!(options.new_record["pets"], json!([1, 2]));
    let options = Given::new().await.query("name=a&pets=3").read(BlueprintAction::Create).unwrap();
    assert_eq!(options.new_record["pets"], json!(3));
}

#[tokio::test]
async fn bp_123_populate_takes_the_criteria_of_its_members() {
    let given = Given::new().await.alias("pets").path("parentid", "1").query("name=rex&limit=1");
    let options = given.read(BlueprintAction::Populate).unwrap();
    assert_eq!(options.criteria.where_, Where::eq("id", 1));
    assert_eq!(options.populates[0].criteria.where_, Where::eq("name", "rex"));
    assert_eq!(options.populates[0].criteria.limit, Some(1));
    let given = Given::new().await.alias("pets").path("parentid", "1").query("nosuch=1");
    assert_eq!(given.refused(BlueprintAction::Populate), "E_INVALID_POPULATES");
}

#[tokio::test]
async fn bp_127_a_single_record_takes_no_limit() {
    let given = Given::new().await.alias("boss").path("parentid", "1").query("limit=1");
    assert_eq!(given.refused(BlueprintAction::Populate), "E_INVALID_POPULATES");
    let given = Given::new().await.alias("boss").path("parentid", "1").query("name=x");
    assert!(given.read(BlueprintAction::Populate).is_ok());
}

async fn replace(query: &str, body: Option<Value>) -> Result<Vec<Value>, OrmError> {
    let mut given = Given::new().await.alias("pets").path("parentid", "1").query(query);
    given.body = body;
    given.read(BlueprintAction::Replace).map(|options| options.associated_ids)
}

#[tokio::test]
async fn bp_135_replace_takes_a_list_of_keys() {
    assert_eq!(replace("", Some(json!([1, "2", 1]))).await.unwrap(), [json!(1), json!(2)]);
    assert_eq!(replace("", Some(json!([]))).await.unwrap(), Vec::<Value>::new());
    assert_eq!(replace("pets=[1]", Some(json!({}))).await.unwrap(), [json!(1)]);
    assert_eq!(replace("pets=1", None).await.unwrap(), [json!(1)]);
    assert_eq!(replace("pets[]=1&pets[]=2", None).await.unwrap(), [json!(1), json!(2)]);
}

#[tokio::test]
async fn bp_136_anything_else_is_no_list_of_keys() {
    for (query, body) in [
        ("", Some(json!({ "pets": [1] }))),
        ("", None),
        ("fks=[1]", None),
        ("pets=[1", None),
        ("", Some(json!(["x"]))),
        ("", Some(json!([null]))),
        ("", Some(json!([{ "id": 1 }]))),
        ("", Some(Value::from(vec![1; 1001]))),
    ] {
        let error = replace(query, body.clone()).await.unwrap_err();
        assert_eq!(error.code(), "E_INVALID_ASSOCIATED_IDS", "{query} {body:?}");
    }
}

#[tokio::test]
async fn bp_138_keys_of_parent_and_child_are_checked() {
    let given = Given::new().await.alias("pets").path("parentid", "abc").path("childid", "1");
    assert_eq!(given.refused(BlueprintAction::Add), "E_INVALID_CRITERIA");
    let given = Given::new().await.alias("pets").path("parentid", "1").path("childid", "x");
    assert_eq!(given.refused(BlueprintAction::Remove), "E_INVALID_CRITERIA");
}

#[tokio::test]
async fn lists_of_members_are_bounded() {
    let many = || json!({ "name": "a", "pets": vec![1; 1001] });
    let given = Given::new().await.path("id", "1").body(many());
    assert_eq!(given.refused(BlueprintAction::Create), "E_INVALID_NEW_RECORD");
    assert_eq!(given.refused(BlueprintAction::Update), "E_INVALID_VALUES_TO_SET");
}

async fn nested(query: &str) -> Result<BlueprintOptions> {
    let mut given = Given::new().await;
    given.config.nested_populate = true;
    given.query(query).read(BlueprintAction::Find)
}

#[tokio::test]
async fn bp_76_a_path_of_associations_is_unknown_unless_it_is_allowed() {
    assert_eq!(refused("populate=pets.owner").await, "E_INVALID_POPULATES");
    let options = nested("populate=boss, pets.owner.boss, pets, pets.owner.pets").await.unwrap();
    assert_eq!(populated(&options), ["boss", "pets"]);
    let pets = &options.populates[1].criteria;
    assert_eq!((pets.limit, pets.populate.len(), &*pets.populate[0].attr), (Some(30), 1, "owner"));
    let owner = &pets.populate[0].criteria;
    assert_eq!(owner.populate.iter().map(|p| &*p.attr).collect::<Vec<_>>(), ["boss", "pets"]);
    assert_eq!(owner.populate[1].criteria.limit, Some(30));
    for bad in
        ["pets.nosuch", "pets.", ".pets", "pets..owner", "pets.name", "pets.owner.pets.owner", "nosuch.pets"]
    {
        let error = nested(&format!("populate={bad}")).await.unwrap_err();
        assert_eq!(error.code(), "E_INVALID_POPULATES", "{bad}");
    }
    let mut given = Given::new().await;
    given.config.nested_populate = true;
    given.config.populate_depth = 1;
    assert_eq!(given.query("populate=pets.owner").refused(BlueprintAction::Find), "E_INVALID_POPULATES");
}

#[tokio::test]
async fn populates_of_several_levels_are_bounded_together() {
    let error = nested("populate=pets.owner.pets&limit=1000").await.unwrap_err();
    assert_eq!(error.code(), "E_INVALID_POPULATES");
    assert!(error.to_string().contains("960000 records"), "{error}");
    assert!(nested("populate=pets.owner.pets&limit=30").await.is_ok());
}

#[tokio::test]
async fn conditions_across_associations_are_refused_unless_they_are_allowed() {
    for query in
        ["where={\"pets\":{\"any\":{\"name\":\"rex\"}}}", "pets[any][name]=rex", "boss[is][name]=ann"]
    {
        assert_eq!(refused(query).await, "E_INVALID_CRITERIA", "{query}");
        let mut given = Given::new().await;
        given.config.association_filters = true;
        assert!(given.query(query).read(BlueprintAction::Find).is_ok(), "{query}");
    }
    let mut given = Given::new().await;
    given.config.association_filters = true;
    given.config.populate_depth = 1;
    assert_eq!(
        given.query("boss[is][boss][is][name]=x").refused(BlueprintAction::Find),
        "E_INVALID_CRITERIA"
    );
}
