//! `api/controllers` and names of files

use super::app::App;

#[test]
fn ht_47_two_actions_of_one_identity_fail_the_build() {
    let app = App::new().file(
        "api/controllers/orders_controller.rs",
        "#[action]\npub async fn update_status() {}\n\n#[action]\npub async fn updatestatus() {}\n",
    );
    assert_eq!(
        app.errors(),
        [
            "api/controllers/orders_controller.rs:2:14: E_CONFLICT: the action `orders/update-status` is defined twice: here \
             and in api/controllers/orders/update_status.rs:4:14; rename one of them",
            "api/controllers/orders_controller.rs:5:14: E_CONFLICT: the action `orders/updatestatus` is defined twice: here \
             and in api/controllers/orders/update_status.rs:4:14; rename one of them",
        ]
    );
}

#[test]
fn an_action_of_the_app_replaces_a_blueprint() {
    let app = App::new().file("api/controllers/user_controller.rs", "#[action]\npub async fn find() {}\n");
    assert_eq!(app.errors(), Vec::<String>::new());
}

#[test]
fn ht_48_a_controller_file_without_an_action_fails_the_build() {
    let app = App::new().file("api/controllers/foo_controller.rs", "pub async fn bar() {}\n");
    assert_eq!(
        app.error(),
        "api/controllers/foo_controller.rs:1:1: nothing in this file has `#[action]`; put it on a `pub async fn`, or \
         move the file out of api/controllers"
    );
}

#[test]
fn a_file_name_that_makes_no_module_fails_the_build() {
    let text = "#[action]\npub async fn x() {}\n";
    let error = |name: &str| App::new().file(&format!("api/controllers/{name}"), text).error();
    assert!(error("9lives.rs").starts_with("api/controllers/9lives.rs:1:1: `9lives` makes no module name"));
    assert!(error("type.rs").starts_with("api/controllers/type.rs:1:1: `type` is a word of Rust itself"));
    assert!(error("mod.rs").starts_with("api/controllers/mod.rs:1:1: folders need no `mod.rs`"));
}

#[test]
fn two_files_of_one_module_fail_the_build() {
    let app = App::new().file("api/controllers/SayController.rs", "#[action]\npub async fn bye() {}\n");
    assert_eq!(
        app.error(),
        "api/controllers/say_controller.rs:1:1: `api/controllers/say_controller.rs` and `api/controllers/SayController.rs` \
         would both be the module `say_controller`; rename one of them"
    );
}

#[test]
fn other_files_and_hidden_ones_are_skipped() {
    let app = App::new()
        .file("api/controllers/README.md", "x")
        .file("api/controllers/.hidden.rs", "x")
        .file("api/x.rs", "x");
    assert_eq!(app.errors(), Vec::<String>::new());
}

#[test]
fn a_controller_in_sails_spelling_is_found() {
    let app = App::empty()
        .file("api/controllers/admin/UserController.rs", "#[action]\npub async fn find_all() {}\n")
        .file(
            "config/routes.toml",
            "\"/x\" = \"admin/user/find-all\"\n\"/y\" = \"admin/UserController.findAll\"\n",
        );
    assert_eq!(app.errors(), Vec::<String>::new());
}
