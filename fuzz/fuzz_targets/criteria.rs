//! Criteria from JSON: refused, or good for a statement.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tokio::runtime::Runtime;
use topsail_orm::{
    AttrDef, Auto, Context, Criteria, Kind, Limits, Migrate, ModelDef, Orm, OrmConfig, engine,
};

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime"));

static ORM: LazyLock<Orm> = LazyLock::new(|| {
    RUNTIME.block_on(async {
        let orm =
            Orm::connect(OrmConfig::sqlite("sqlite::memory:"), models()).await.expect("models that fit");
        orm.auto_migrate(Migrate::Drop).await.expect("tables");
        orm
    })
});

fn models() -> Vec<ModelDef> {
    let id = || AttrDef::new("id", Kind::Int).auto(Auto::Increment);
    let mut user = ModelDef::new("User");
    user.attributes = vec![
        id(),
        AttrDef::new("name", Kind::Text),
        AttrDef::new("age", Kind::Int),
        AttrDef::new("score", Kind::Float).allow_null(),
        AttrDef::new("active", Kind::Bool),
        AttrDef::new("meta", Kind::Json),
        AttrDef::new("secret", Kind::Text).protect(),
        AttrDef::to("boss", Kind::One, "user"),
        AttrDef::to("pets", Kind::Many, "pet").via("owner"),
        AttrDef::to("friends", Kind::Many, "user"),
    ];
    let mut pet = ModelDef::new("Pet");
    pet.attributes = vec![id(), AttrDef::new("name", Kind::Text), AttrDef::to("owner", Kind::One, "user")];
    let mut tag = ModelDef::new("Tag");
    tag.primary_key = "slug".into();
    tag.attributes =
        vec![AttrDef::new("slug", Kind::Text).as_primary_key(), AttrDef::to("parent", Kind::One, "tag")];
    vec![user, pet, tag]
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(json) = serde_json::from_slice::<Value>(bytes) else { return };
    let limits = Limits { association_filters: true, ..Limits::default() };
    for def in ORM.models() {
        match Criteria::from_json(&ORM, def, &json, &limits) {
            Ok(criteria) => {
                let again = Criteria::from_json(&ORM, def, &json, &limits).expect("what was read once");
                assert_eq!(again.canonical(), criteria.canonical());
                let found = RUNTIME.block_on(engine::find(&Context::system(&ORM), def, criteria));
                if let Err(error) = found {
                    assert!(error.is_usage(), "{error}");
                }
            }
            Err(error) => assert!(error.is_usage() && error.to_string().len() < 4096, "{error}"),
        }
    }
});
