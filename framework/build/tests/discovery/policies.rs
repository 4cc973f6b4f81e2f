//! `config/policies.toml`

use super::app::App;

fn app(line: &str) -> App {
    App::new().file("config/policies.toml", &format!("{line}\n"))
}

#[test]
fn ht_73_an_unknown_policy_fails_the_build() {
    assert_eq!(
        app("\"*\" = \"is-loged-in\"").error(),
        "config/policies.toml:1:7: E_INVALID_POLICY_CONFIG: there is no policy `is-loged-in`; did you mean `is-logged-in` \
         (api/policies/is_logged_in.rs:2:14)?"
    );
    assert!(app("\"*\" = [\"is-logged-in\", \"nope\"]").error().starts_with("config/policies.toml:1:24: "));
}

#[test]
fn true_and_false_cannot_be_mixed_with_policies() {
    assert_eq!(
        app("\"*\" = [true, \"is-logged-in\"]").error(),
        "config/policies.toml:1:8: E_INVALID_POLICY_CONFIG: `true` and `false` cannot be mixed with policies in a list"
    );
}

#[test]
fn a_wrong_shape_fails_the_build() {
    assert!(app("\"*\" = 5").error().contains("a whole number is no policy"));
    assert!(
        app("[user]\nfind = true")
            .error()
            .starts_with("config/policies.toml:1:1: E_INVALID_POLICY_CONFIG: a table")
    );
}

#[test]
fn a_key_that_names_no_action_is_a_warning() {
    assert_eq!(
        app("\"say/helo\" = true").warning(),
        "config/policies.toml:1:1: there is no action `say/helo`; did you mean `say/hello` \
         (api/controllers/say_controller.rs:4:14)? This key guards nothing."
    );
    assert_eq!(
        app("\"sai/*\" = true").warning(),
        "config/policies.toml:1:1: no action lies below `sai`, so `sai/*` guards nothing"
    );
}

#[test]
fn a_file_without_a_policy_fails_the_build() {
    let app = App::new().file("api/policies/is_admin.rs", "pub async fn is_admin() {}\n");
    assert!(app.error().starts_with("api/policies/is_admin.rs:1:1: nothing in this file has `#[policy]`"));
}
