//! Keys and types of the framework's own sections

use super::app::App;

fn error(file: &str, text: &str) -> String {
    App::empty().file(file, text).error()
}

#[test]
fn an_unknown_key_fails_the_build() {
    let error = error("config/http.toml", "body_limit = 1\n\ntrust_prox = true\n");
    assert!(
        error.starts_with(
            "config/http.toml:3:1: unknown key `http.trust_prox`; did you mean `trust_proxy`? (known: "
        ),
        "{error}"
    );
}

#[test]
fn an_unknown_key_in_a_nested_table_fails_the_build() {
    let error = error("config/session.toml", "secret = \"x\"\n[cookie]\nmax_aeg = 5\n");
    assert!(error.starts_with(
        "config/session.toml:3:1: unknown key `session.cookie.max_aeg`; did you mean `max_age`?"
    ));
}

#[test]
fn a_wrong_type_fails_the_build() {
    assert_eq!(
        error("config/http.toml", "body_limit = \"much\"\n"),
        "config/http.toml:1:14: `http.body_limit` must be a whole number, not `much`"
    );
    assert_eq!(
        error("config/blueprints.toml", "rest = 1\n"),
        "config/blueprints.toml:1:8: `blueprints.rest` must be true or false, not a whole number"
    );
    assert_eq!(
        error("config/models.toml", "migrate = \"aler\"\n"),
        "config/models.toml:1:11: `models.migrate` must be one of `alter`, `drop`, `safe`, not `aler`; did you mean `alter`?"
    );
    assert_eq!(
        error("config/sockets.toml", "transports = [\"websocket\", \"pigeon\"]\n"),
        "config/sockets.toml:1:28: `sockets.transports` must be one of `websocket`, `polling`, not `pigeon`"
    );
}

#[test]
fn files_of_environments_and_local_ones_are_checked_too() {
    assert!(
        error("config/env/production.toml", "[http]\nprot = 80\n")
            .starts_with("config/env/production.toml:2:1: unknown key `http.prot`")
    );
    assert_eq!(
        error("config/local.toml", "port = \"80\"\n"),
        "config/local.toml:1:8: `port` must be a whole number, not `80`"
    );
    assert!(error("config/local.toml", "[datastores.default]\nadaptor = \"sqlite\"\n").starts_with(
        "config/local.toml:2:1: unknown key `datastores.default.adaptor`; did you mean `adapter`?"
    ));
}

#[test]
fn malformed_toml_fails_the_build_at_its_line_and_column() {
    let error = error("config/http.toml", "body_limit = 1\ncache = = 2\n");
    assert!(error.starts_with("config/http.toml:2:"), "{error}");
    assert!(error.contains("malformed TOML"), "{error}");
}

#[test]
fn a_section_that_is_nearly_one_of_the_frameworks_is_a_warning() {
    let app = App::empty().file("config/polices.toml", "\"*\" = true\n");
    assert_eq!(
        app.warning(),
        "config/polices.toml:1:1: `polices` is no setting of the framework; did you mean `policies`?"
    );
}

#[test]
fn known_keys_are_listed_with_their_sections() {
    let keys: Vec<_> = topsail_build::known_keys().into_iter().map(|(path, _)| path).collect();
    for key in ["port", "http", "http.trust_proxy", "session.cookie.max_age", "datastores.*.url", "routes"] {
        assert!(keys.iter().any(|k| k == key), "{key}");
    }
}
