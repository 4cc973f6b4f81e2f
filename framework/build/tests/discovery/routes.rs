//! `config/routes.toml`

use super::app::App;

fn error(line: &str) -> String {
    App::new().file("config/routes.toml", &format!("# routes\n{line}\n")).error()
}

#[test]
fn an_unknown_action_in_routes_fails_the_build_at_its_line() {
    assert_eq!(
        error("\"PATCH /orders/:id\" = \"order/update-status\""),
        "config/routes.toml:2:23: there is no action `order/update-status`; did you mean `orders/update-status` \
         (api/controllers/orders/update_status.rs:4:14)?"
    );
    assert_eq!(
        error("\"/x\" = { action = \"say/helo\" }"),
        "config/routes.toml:2:19: there is no action `say/helo`; did you mean `say/hello` (api/controllers/say_controller.rs:4:14)?"
    );
    assert_eq!(
        error("\"/x\" = [{ policy = \"is-logged-in\" }, \"SayController.helo\"]").split("; ").next().unwrap(),
        "config/routes.toml:2:38: there is no action `SayController.helo`"
    );
    assert!(
        error("\"/x\" = { controller = \"pet\", action = \"fnd\" }")
            .starts_with("config/routes.toml:2:39: there is no action `pet/fnd`")
    );
}

#[test]
fn an_action_far_from_all_others_gets_no_proposal() {
    assert_eq!(error("\"/x\" = \"zzz\""), "config/routes.toml:2:8: there is no action `zzz`");
}

#[test]
fn blueprint_actions_are_known_for_models_alone() {
    for action in
        ["find", "findone", "find-one", "create", "update", "destroy", "populate", "add", "remove", "replace"]
    {
        let app = App::new().file("config/routes.toml", &format!("\"/x\" = \"pet/{action}\"\n"));
        assert_eq!(app.errors(), Vec::<String>::new());
    }
    assert!(error("\"/x\" = \"say/find\"").contains("there is no action `say/find`"));
}

#[test]
fn ht_40_an_unknown_view_fails_the_build() {
    assert_eq!(
        error("\"GET /\" = { view = \"pages/hompage\" }"),
        "config/routes.toml:2:20: there is no view `pages/hompage`; did you mean `pages/homepage`? (looked in views/)"
    );
}

#[test]
fn ht_40_a_view_name_with_a_dot_fails_the_build() {
    assert_eq!(
        error("\"GET /\" = { view = \"pages/homepage.html\" }"),
        "config/routes.toml:2:20: a view is named without its extension: write `pages/homepage` instead of `pages/homepage.html`"
    );
}

#[test]
fn a_folder_of_views_means_its_index() {
    let app = App::new().file("views/pages/about/index.html", "x").file(
        "config/routes.toml",
        "\"GET /\" = { view = \"pages/about\" }\n\"GET /x\" = { view = \"pages/About/index\" }\n",
    );
    assert_eq!(app.errors(), Vec::<String>::new());
}

#[test]
fn ht_41_an_unknown_policy_in_a_route_fails_the_build() {
    assert_eq!(
        error("\"/x\" = [{ policy = \"is-loged-in\" }, \"/\"]"),
        "config/routes.toml:2:20: there is no policy `is-loged-in`; did you mean `is-logged-in` (api/policies/is_logged_in.rs:2:14)?"
    );
}

#[test]
fn an_unknown_response_in_a_route_fails_the_build() {
    assert_eq!(
        error("\"/x\" = { response = \"teepot\" }"),
        "config/routes.toml:2:21: there is no response `teepot`; did you mean `teapot` (api/responses/teapot.rs:2:14)?"
    );
}

#[test]
fn ht_34_a_parameter_called_length_fails_the_build() {
    assert!(error("\"GET /x/:length\" = \"/y\"").starts_with("config/routes.toml:2:1: E_ROUTE_WITH_LENGTH"));
}

#[test]
fn an_unknown_verb_fails_the_build() {
    assert!(
        error("\"GTE /x\" = \"/y\"")
            .starts_with("config/routes.toml:2:1: `GTE` is not an HTTP verb; did you mean `GET`?")
    );
}

#[test]
fn a_malformed_regular_expression_fails_the_build() {
    assert!(
        error("'GET r|^/n/(\\d+$|num' = \"/y\"")
            .starts_with("config/routes.toml:2:1: the regular expression `^/n/(\\d+$` is malformed")
    );
}

#[test]
fn what_is_no_target_fails_the_build() {
    assert!(error("\"/x\" = 5").starts_with("config/routes.toml:2:8: a whole number is no target"));
    assert!(error("\"/x\" = []").starts_with("config/routes.toml:2:8: an empty list leads nowhere"));
    assert!(error("\"/x\" = { view = true }").starts_with("config/routes.toml:2:17: `view` must be a text"));
}

#[test]
fn a_switch_of_a_route_that_is_no_switch_fails_the_build() {
    assert_eq!(
        error("\"/x\" = { action = \"say/hello\", csrf = \"no\" }"),
        "config/routes.toml:2:39: `csrf` must be true or false, not a text"
    );
}

#[test]
fn routes_of_an_environment_are_checked_too() {
    let app = App::new().file("config/env/production.toml", "port = 1\n[routes]\n\"/x\" = \"say/hallo\"\n");
    assert!(app.error().starts_with("config/env/production.toml:3:8: there is no action `say/hallo`"));
}
