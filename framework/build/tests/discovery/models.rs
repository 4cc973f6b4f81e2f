//! `api/models`

use super::app::App;

#[test]
fn an_association_to_a_missing_model_fails_the_build() {
    let app = App::new()
        .file("api/models/toy.rs", "#[model]\npub struct Toy {\n    pub owner: Option<One<Uzer>>,\n}\n");
    assert_eq!(
        app.error(),
        "api/models/toy.rs:3:27: there is no model `Uzer`; did you mean `User` (api/models/user.rs:5:12)?"
    );
}

#[test]
fn via_a_missing_attribute_fails_the_build() {
    let app = App::new().file(
        "api/models/toy.rs",
        "#[model]\npub struct Toy {\n    #[attr(required, via = ownr)]\n    pub pets: Collection<crate::models::Pet>,\n}\n",
    );
    assert_eq!(
        app.error(),
        "api/models/toy.rs:3:28: the model `Pet` (api/models/pet.rs:5:12) has no attribute `ownr`; did you mean `owner`?"
    );
}

#[test]
fn a_model_may_name_itself() {
    let app = App::new().file(
        "api/models/node.rs",
        "#[model]\npub struct Node {\n    pub parent: Option<One<Node>>,\n    #[attr(via = parent)]\n    pub children: Collection<Self>,\n}\n",
    );
    assert_eq!(app.errors(), Vec::<String>::new());
}

#[test]
fn two_models_of_one_identity_fail_the_build() {
    let app =
        App::new().file("api/models/old/user.rs", "#[model(identity = \"user\")]\npub struct OldUser {}\n");
    assert_eq!(
        app.error(),
        "api/models/user.rs:5:12: the model `user` is defined twice: here and in api/models/old/user.rs:2:12; rename one, \
         or give it `#[model(identity = \"…\")]`"
    );
}

#[test]
fn a_model_of_another_identity_has_its_blueprints_there() {
    let app = App::new()
        .file("api/models/old_user.rs", "#[model(identity = \"veteran\")]\npub struct OldUser {}\n")
        .file("config/routes.toml", "\"/x\" = \"veteran/find\"\n\"/y\" = \"olduser/find\"\n");
    assert!(app.error().starts_with("config/routes.toml:2:8: there is no action `olduser/find`"));
}
