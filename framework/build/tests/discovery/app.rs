//! A small app on disk, and what a check says about it.

use std::{fs, path::Path};
use tempfile::TempDir;
use topsail_build::{Report, check};

/// An app in a folder that vanishes with it.
pub(crate) struct App(TempDir);

impl App {
    /// Two controllers, two models, two policies, a response and a view; nothing is wrong with it.
    pub(crate) fn new() -> Self {
        Self::empty()
            .file(
                "api/controllers/say_controller.rs",
                "use topsail::prelude::*;\n\n#[action]\npub async fn hello() -> Outcome {\n    ok(())\n}\n",
            )
            .file(
                "api/controllers/orders/update_status.rs",
                "use topsail::prelude::*;\n\n#[topsail::action]\npub async fn update_status() -> Outcome {\n    ok(())\n}\n",
            )
            .file(
                "api/models/user.rs",
                "use crate::models::Pet;\nuse topsail::prelude::*;\n\n#[model]\npub struct User {\n    pub name: String,\n    #[attr(via = owner)]\n    pub pets: Collection<Pet>,\n}\n",
            )
            .file(
                "api/models/pet.rs",
                "use crate::models::User;\nuse topsail::prelude::*;\n\n#[model]\npub struct Pet {\n    pub owner: Option<One<User>>,\n}\n",
            )
            .file("api/policies/is_logged_in.rs", "#[policy]\npub async fn is_logged_in() -> Verdict {\n    proceed()\n}\n")
            .file("api/policies/admin/is_owner.rs", "#[policy]\npub async fn is_owner() -> Verdict {\n    proceed()\n}\n")
            .file("api/responses/teapot.rs", "#[response]\npub async fn teapot(req: Req, reply: Reply) -> Outcome {\n    Ok(reply)\n}\n")
            .file("views/pages/homepage.html", "<h1>Home</h1>\n")
    }

    pub(crate) fn empty() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// Writes one file, with its folders.
    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn check(&self) -> Report {
        check(self.root())
    }

    /// The errors as they are printed; there must be no warning.
    pub(crate) fn errors(&self) -> Vec<String> {
        let report = self.check();
        assert!(report.warnings.is_empty(), "{:?}", report.warnings);
        report.errors.iter().map(ToString::to_string).collect()
    }

    /// The only error.
    pub(crate) fn error(&self) -> String {
        let errors = self.errors();
        assert_eq!(errors.len(), 1, "{errors:#?}");
        errors[0].clone()
    }

    /// The only warning; there must be no error.
    pub(crate) fn warning(&self) -> String {
        let report = self.check();
        assert!(report.errors.is_empty(), "{:?}", report.errors);
        assert_eq!(report.warnings.len(), 1, "{:?}", report.warnings);
        report.warnings[0].to_string()
    }
}

#[test]
fn a_sound_app_has_nothing_to_report() {
    let app = App::new()
        .file(
            "config/routes.toml",
            "\"GET /\" = { view = \"pages/homepage\" }\n\"/x\" = \"https://example.com\"\n\"/y\" = \"/z\"\n\
             \"PATCH /orders/:id\" = \"orders/update-status\"\n\"/a\" = [{ policy = \"is-logged-in\" }, \"SayController.hello\"]\n\
             \"/b\" = { response = \"teapot\" }\n\"/c\" = { response = \"notFound\" }\n\"/d\" = { action = \"user/find-one\", csrf = false }\n\
             \"/e\" = { controller = \"User\", action = \"find\" }\n\"/f\" = \"security/grant-csrf-token\"\n\"/g\" = { cors = true }\n",
        )
        .file(
            "config/policies.toml",
            "\"*\" = \"is-logged-in\"\n\"say/*\" = true\n\"user/destroy\" = [\"isLoggedIn\", \"admin/is-owner\"]\n\"UserController.find\" = false\n",
        )
        .file("config/http.toml", "trust_proxy = 1\nbody_limit = 10\n")
        .file("config/payment.toml", "anything = { goes = [1, \"x\"] }\n")
        .file("config/env/production.toml", "port = 80\n[sockets]\nonly_allow_origins = [\"https://x.io\"]\n[payment]\nkey = 1\n")
        .file("config/local.toml", "[datastores.default]\nurl = \"x.db\"\n");
    assert_eq!(app.errors(), Vec::<String>::new());
}

#[test]
fn an_app_without_any_file_has_nothing_to_report() {
    assert_eq!(App::empty().errors(), Vec::<String>::new());
}

#[test]
fn all_errors_are_reported_at_once_in_order() {
    let errors = App::new()
        .file("config/http.toml", "a = 1\nb = 2\n")
        .file("config/routes.toml", "\"GET /1\" = \"no/one\"\n\"GET /2\" = \"no/two\"\n")
        .errors();
    let places: Vec<_> = errors.iter().map(|e| e.split(": ").next().unwrap()).collect();
    assert_eq!(
        places,
        [
            "config/http.toml:1:1",
            "config/http.toml:2:1",
            "config/routes.toml:1:12",
            "config/routes.toml:2:12"
        ]
    );
}

#[test]
fn a_rust_file_that_does_not_parse_is_left_to_rustc() {
    let app = App::new()
        .file("api/controllers/broken_controller.rs", "pub async fn (\n")
        .file("config/routes.toml", "\"GET /x\" = \"broken/thing\"\n");
    assert_eq!(app.errors(), Vec::<String>::new());
}
