#![allow(clippy::unwrap_used)]

use std::fs;

use super::*;

const APP: &str = "[package]\nname = \"x\"\n[dependencies]\ntopsail = \"0.1\"\n[build-dependencies]\ntopsail-build = \"0.1\"\n";

fn app() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("Cargo.toml"), APP).unwrap();
    dir
}

fn run(dir: &tempfile::TempDir, thing: Thing, force: bool) -> Result<String, String> {
    let mut out = Vec::new();
    generate(thing, force, dir.path(), &mut out).map_err(|e| e.to_string())?;
    Ok(String::from_utf8(out).unwrap())
}

fn words(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn read(dir: &tempfile::TempDir, path: &str) -> String {
    fs::read_to_string(dir.path().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

#[test]
fn ap_80_every_generated_rust_file_parses() {
    let things = [
        Thing::Model {
            name: "user".into(),
            attributes: words(&[
                "name:string:required",
                "age:integer",
                "pets:collection:pet.owner",
                "bio:json",
            ]),
        },
        Thing::Model { name: "empty".into(), attributes: vec![] },
        Thing::Api { name: "orderLine".into(), attributes: words(&["total:number", "user:model:user"]) },
        Thing::Action { path: "user/sign-up".into() },
        Thing::Action { path: "view-terms".into() },
        Thing::Controller { name: "admin/DogController".into(), actions: words(&["bark", "fetch-stick"]) },
        Thing::Controller { name: "say".into(), actions: vec![] },
        Thing::Policy { name: "isAdmin".into() },
        Thing::Helper { path: "mail/send-template".into() },
        Thing::Hook { name: "clock".into() },
        Thing::Response { name: "notFound".into() },
        Thing::Page { path: "account/billing".into() },
    ];
    for thing in things {
        let shown = format!("{thing:?}");
        for (path, text) in plan_for(thing).unwrap().files() {
            assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{path}: one line break at the end");
            if path.ends_with(".rs") {
                syn::parse_file(text).unwrap_or_else(|e| panic!("{shown}: {path}: {e}\n{text}"));
            }
        }
    }
}

#[test]
fn ap_79_a_model_has_its_attributes_and_imports() {
    let dir = app();
    let out = run(
        &dir,
        Thing::Model {
            name: "Thing".into(),
            attributes: words(&[
                "name",
                "age:number",
                "owner:model:user",
                "parts:collection:thing",
                "pets:collection:pet",
            ]),
        },
        false,
    )
    .unwrap();
    assert_eq!(
        read(&dir, "api/models/thing.rs"),
        "use crate::models::{Pet, User};
use topsail::prelude::*;

#[model]
pub struct Thing {
    pub name: String,
    pub age: f64,
    pub owner: Option<One<User>>,
    pub parts: Collection<Thing>,
    pub pets: Collection<Pet>,
}
"
    );
    assert!(out.contains("created  api/models/thing.rs"), "{out}");
    assert!(out.contains("topsail generate model pet"), "{out}");
}

#[test]
fn ap_79_api_gives_a_model_and_a_controller() {
    let dir = app();
    let out = run(&dir, Thing::Api { name: "orderLine".into(), attributes: vec![] }, false).unwrap();
    assert!(read(&dir, "api/models/order_line.rs").contains("pub struct OrderLine {}"));
    assert!(
        read(&dir, "api/controllers/order_line_controller.rs").contains("OrderLine::count(&app, Where::All)")
    );
    assert!(out.contains("\"GET /orderline/count\" = \"order-line/count\""), "{out}");
}

#[test]
fn ap_77_an_existing_file_is_kept_unless_forced() {
    let dir = app();
    let action = || Thing::Action { path: "userSignUp".into() };
    run(&dir, action(), false).unwrap();
    let path = "api/controllers/user_sign_up.rs";
    fs::write(dir.path().join(path), "mine").unwrap();
    let message = run(&dir, action(), false).unwrap_err();
    assert!(message.contains(path) && message.contains("--force"), "{message}");
    assert_eq!(read(&dir, path), "mine");
    run(&dir, action(), true).unwrap();
    assert!(read(&dir, path).contains("pub async fn user_sign_up()"));
}

#[test]
fn nothing_is_written_when_one_of_several_files_exists() {
    let dir = app();
    fs::create_dir_all(dir.path().join("assets/js/pages")).unwrap();
    fs::write(dir.path().join("assets/js/pages/about.page.js"), "mine").unwrap();
    let message = run(&dir, Thing::Page { path: "about".into() }, false).unwrap_err();
    assert!(message.contains("assets/js/pages/about.page.js"), "{message}");
    assert!(!dir.path().join("views").exists() && !dir.path().join("api").exists());
}

#[test]
fn ap_78_a_page_is_exactly_four_files() {
    let dir = app();
    let out = run(&dir, Thing::Page { path: "account/billing-info".into() }, false).unwrap();
    let created: Vec<&str> = out.lines().filter_map(|line| line.strip_prefix("created  ")).collect();
    assert_eq!(
        created,
        [
            "views/pages/account/billing-info.html",
            "assets/styles/pages/account/billing-info.css",
            "assets/js/pages/account/billing-info.page.js",
            "api/controllers/account/view_billing_info.rs",
        ]
    );
    assert!(read(&dir, created[3]).contains("view(\"pages/account/billing-info\""));
    assert!(out.contains("\"GET /account/billing-info\" = \"account/view-billing-info\""), "{out}");
}

#[test]
fn ap_78_a_page_called_view_is_refused() {
    let dir = app();
    let message = run(&dir, Thing::Page { path: "view-about".into() }, false).unwrap_err();
    assert!(message.contains("topsail generate page about"), "{message}");
    assert!(!dir.path().join("views").exists());
}

#[test]
fn ap_76_an_unknown_generator_is_refused_with_a_suggestion() {
    let message = run(&app(), Thing::Other(words(&["modle", "user"])), false).unwrap_err();
    assert!(message.contains("No generator called `modle` found. Did you mean `model`?"), "{message}");
}

#[test]
fn a_controller_has_one_function_for_each_action() {
    let dir = app();
    let thing =
        Thing::Controller { name: "admin/DogController".into(), actions: words(&["bark", "fetchStick"]) };
    let out = run(&dir, thing, false).unwrap();
    let text = read(&dir, "api/controllers/admin/dog_controller.rs");
    assert!(text.contains("pub async fn bark()") && text.contains("pub async fn fetch_stick()"), "{text}");
    assert!(out.contains("\"admin/dog/fetch-stick\""), "{out}");
    let twice = Thing::Controller { name: "cat".into(), actions: words(&["bark", "Bark"]) };
    assert!(run(&dir, twice, false).unwrap_err().contains("given twice"));
}

#[test]
fn names_that_generated_code_needs_itself_are_refused() {
    let dir = app();
    assert!(run(&dir, Thing::Action { path: "user/ok".into() }, false).unwrap_err().contains("`ok`"));
    assert!(
        run(&dir, Thing::Model { name: "string".into(), attributes: vec![] }, false)
            .unwrap_err()
            .contains("`String`")
    );
    assert!(
        run(&dir, Thing::Model { name: "a/b".into(), attributes: vec![] }, false)
            .unwrap_err()
            .contains("api/models")
    );
    assert!(run(&dir, Thing::Policy { name: "proceed".into() }, false).unwrap_err().contains("`proceed`"));
}

#[test]
fn outside_an_app_nothing_is_generated() {
    let dir = tempfile::tempdir().unwrap();
    let message = run(&dir, Thing::Policy { name: "is-admin".into() }, false).unwrap_err();
    assert!(message.contains("not inside a Topsail app"), "{message}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}
