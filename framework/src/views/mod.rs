//! Views: templates of `views/`, rendered by tera.
//!
//! `view("pages/homepage", locals)` renders `views/pages/homepage.html`. A layout is a template that others extend:
//!
//! ```html
//! {# views/layouts/layout.html #}
//! <html><body><main>{% block body %}{% endblock %}</main></body></html>
//! {# views/pages/homepage.html #}
//! {% extends "layouts/layout.html" %}{% block body %}<h1>Hello {{ name }}</h1>{% endblock %}
//! ```
//!
//! Every view has, beside its locals, `_csrf` (a token, or an empty text where the protection is off), `req` (`path`,
//! `url`, `method`, `isSocket`, `query`), `session` (null where there is none) and `environment`. Where names meet,
//! these win over `config/views.toml`, the locals of the action over both, and the `locals` of the route over all.
//! A name that is not set is an error; `{{ name or "" }}` says what stands in its place.
//!
//! `{{ expose_locals_to_browser() }}` gives the locals to the scripts of the page, as `SAILS_LOCALS`.

mod config;
mod context;
mod error;
mod expose;
mod files;
#[cfg(test)]
mod requests;
mod templates;

pub use config::ViewsConfig;
pub use error::ViewError;

use crate::{App, Req, error::Result};
use arc_swap::ArcSwap;
use serde::Serialize;
use serde_json::Value;
use std::path::{Path, PathBuf};
use templates::Templates;

/// The views of an app.
///
/// In development the files are looked at before each use, and loaded anew when one has changed; while one of them is
/// malformed, every view answers with what is wrong. In production they are loaded once.
pub struct Views {
    root: PathBuf,
    config: ViewsConfig,
    production: bool,
    templates: ArcSwap<Templates>,
}

impl Views {
    /// Loads the templates below `root`, and compares them with the names that were found when the app was built.
    ///
    /// # Errors
    /// When a view has vanished or two have one name; in production also when a template is malformed.
    pub(crate) fn load(
        root: &Path,
        discovered: &[&str],
        config: &ViewsConfig,
        production: bool,
    ) -> Result<Self, ViewError> {
        let found = files::find(root, &config.extension)?;
        let templates = match Templates::load(found.clone(), config) {
            Err(error @ (ViewError::Template(_) | ViewError::Read { .. })) if !production => {
                tracing::error!("{error}");
                Templates::default().broken(found, &error)
            }
            loaded => loaded?,
        };
        let vanished = |name: &&&str| templates.find(name).is_none() && !files::is_something_else(root, name);
        if let Some(name) = discovered.iter().find(vanished) {
            let file = root.join(format!("{name}.{}", config.extension)).display().to_string();
            return Err(ViewError::Vanished { name: (*name).to_owned(), file });
        }
        Ok(Self {
            root: root.to_owned(),
            config: config.clone(),
            production,
            templates: ArcSwap::from_pointee(templates),
        })
    }

    /// Is there a view of this name?
    pub fn exists(&self, name: &str) -> bool {
        self.refresh();
        self.templates.load().find(name).is_some()
    }

    /// Renders a view for a request.
    ///
    /// # Errors
    /// When there is no such view, when a template is malformed, and when it uses a name that is not set.
    pub fn render(&self, app: &App, req: &Req, name: &str, locals: Value) -> Result<String, ViewError> {
        self.refresh();
        let context = context::of_request(app, req, &self.config.locals, locals);
        self.templates.load().render(&self.root, &self.config, name, &context)
    }

    pub(crate) fn render_plain(&self, app: &App, name: &str, locals: Value) -> Result<String, ViewError> {
        self.refresh();
        let context = context::plain(app.environment(), &self.config.locals, locals);
        self.templates.load().render(&self.root, &self.config, name, &context)
    }

    /// Loads the templates anew where files have changed.
    fn refresh(&self) {
        if self.production {
            return;
        }
        let current = self.templates.load();
        let found = match files::find(&self.root, &self.config.extension) {
            Ok(found) if current.is_made_of(&found) => return,
            Ok(found) => found,
            Err(error) => return tracing::error!("the views were not loaded anew: {error}"),
        };
        let next = Templates::load(found.clone(), &self.config).unwrap_or_else(|error| {
            tracing::error!("{error}");
            current.broken(found, &error)
        });
        self.templates.store(next.into());
    }
}

impl App {
    /// Renders a view outside of a request, for a mail for example: `sails.renderView()`.
    ///
    /// It sees its locals, those of `config/views.toml`, `environment` and an empty `_csrf`; `req` and `session` are
    /// not there.
    ///
    /// # Errors
    /// When the locals are no JSON, when there is no such view, and when the template fails.
    pub fn render_view(&self, name: &str, locals: impl Serialize) -> Result<String> {
        Ok(self.views().render_plain(self, name, serde_json::to_value(locals)?)?)
    }
}

impl std::fmt::Debug for Views {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Views").field("root", &self.root).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;
    use std::fs;

    const LAYOUT: &str = "<html><body><main>{% block body %}{% endblock %}</main></body></html>\n";
    const HELLO: &str =
        "{% extends \"layouts/layout.html\" %}{% block body %}<h1>Hello {{ name }}</h1>\n{% endblock %}";

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            write(&folder, name, text);
        }
        folder
    }

    fn write(folder: &tempfile::TempDir, name: &str, text: &str) {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn load(folder: &tempfile::TempDir, production: bool) -> Result<Views, ViewError> {
        Views::load(folder.path(), &[], &ViewsConfig::default(), production)
    }

    fn render(views: &Views, name: &str, locals: Value) -> Result<String, ViewError> {
        views.refresh();
        let context = context::plain("test", &views.config.locals, locals);
        views.templates.load().render(&views.root, &views.config, name, &context)
    }

    #[test]
    fn a_view_stands_in_its_layout_and_values_are_escaped() {
        let folder = folder(&[("layouts/layout.html", LAYOUT), ("pages/hello.html", HELLO)]);
        let views = load(&folder, true).unwrap();
        assert_eq!(
            render(&views, "pages/hello", json!({ "name": "<b>&" })).unwrap(),
            "<html><body><main><h1>Hello &lt;b&gt;&amp;</h1>\n</main></body></html>\n"
        );
        let error = render(&views, "pages/hello", json!({})).unwrap_err().to_string();
        assert!(error.contains("name"), "{error}");
    }

    #[test]
    fn names_ignore_case_and_a_folder_means_its_index() {
        let folder =
            folder(&[("Pages/Home.html", "home"), ("shop/index.html", "shop"), ("index.html", "root")]);
        let views = load(&folder, true).unwrap();
        assert_eq!(render(&views, "pages/HOME", json!({})).unwrap(), "home");
        assert_eq!(render(&views, "shop", json!({})).unwrap(), "shop");
        assert_eq!(render(&views, "", json!({})).unwrap(), "root");
        assert!(views.exists("SHOP/index") && !views.exists("nothing"));
    }

    #[test]
    fn ht_99_a_missing_view_is_an_error_that_names_the_nearest() {
        let folder = folder(&[("pages/home.html", "home"), (".hidden.html", "x"), ("notes.txt", "x")]);
        let views = load(&folder, true).unwrap();
        let error = render(&views, "pages/hme", json!({})).unwrap_err().to_string();
        assert!(error.contains("E_VIEW_FAILED") && error.contains("`pages/home`"), "{error}");
        for outside in ["../secret", "pages/../pages/home", "/etc/passwd", ".hidden", "notes"] {
            assert!(
                matches!(render(&views, outside, json!({})), Err(ViewError::Missing { .. })),
                "{outside}"
            );
        }
    }

    #[test]
    fn templates_of_another_extension_are_escaped_too() {
        let folder = folder(&[("a.tera", "{{ x }}")]);
        let config = ViewsConfig { extension: "tera".to_owned(), ..ViewsConfig::default() };
        let views = Views::load(folder.path(), &[], &config, true).unwrap();
        assert_eq!(render(&views, "a", json!({ "x": "<" })).unwrap(), "&lt;");
    }

    #[test]
    fn development_follows_the_files_and_says_what_is_broken() {
        let folder = folder(&[("a.html", "one")]);
        let views = load(&folder, false).unwrap();
        assert_eq!(render(&views, "a", json!({})).unwrap(), "one");
        write(&folder, "a.html", "second");
        write(&folder, "b.html", "new");
        assert_eq!(render(&views, "a", json!({})).unwrap(), "second");
        assert!(views.exists("b"));
        write(&folder, "a.html", "{% if %}");
        assert!(matches!(render(&views, "a", json!({})), Err(ViewError::Broken(_))));
        assert!(views.exists("a"));
        write(&folder, "a.html", "repaired");
        assert_eq!(render(&views, "a", json!({})).unwrap(), "repaired");
        fs::remove_file(folder.path().join("a.html")).unwrap();
        assert!(!views.exists("a"));
    }

    #[test]
    fn production_does_not_lift_with_a_broken_view_and_development_does() {
        let folder = folder(&[("a.html", "{{ x | no_such_filter }}")]);
        let error = load(&folder, true).unwrap_err().to_string();
        assert!(error.contains("a.html") && error.contains("no_such_filter"), "{error}");
        assert!(load(&folder, false).is_ok());
    }

    #[test]
    fn ht_101_exposed_values_cannot_end_their_script() {
        let folder = folder(&[
            ("all.html", "{{ expose_locals_to_browser() }}"),
            ("some.html", "{{ expose_locals_to_browser(keys=[\"me\"], namespace=\"mine\") }}"),
            ("bad.html", "{{ expose_locals_to_browser(namespace=\"a;b\") }}"),
        ]);
        let views = load(&folder, true).unwrap();
        let locals = json!({ "me": { "name": "</script><b>" }, "n": 1 });
        assert_eq!(
            render(&views, "all", locals.clone()).unwrap(),
            "<script>window.SAILS_LOCALS = {\"_environment\":\"test\",\
             \"me\":{\"name\":\"\\u003c/script\\u003e\\u003cb\\u003e\"},\"n\":1};</script>"
        );
        let some = render(&views, "some", locals.clone()).unwrap();
        assert!(some.starts_with("<script>window.mine = ") && !some.contains("\"n\""), "{some}");
        assert!(render(&views, "bad", locals).is_err());
        assert!(render(&views, "some", json!({})).unwrap_err().to_string().contains("`me`"));
    }

    #[test]
    fn vanished_and_ambiguous_views_are_errors() {
        let here = folder(&[("a.html", "")]);
        let config = ViewsConfig::default();
        assert!(Views::load(here.path(), &["a"], &config, false).is_ok());
        assert!(matches!(
            Views::load(here.path(), &["a", "b"], &config, false),
            Err(ViewError::Vanished { .. })
        ));
        let other = folder(&[("mails/a.txt", "")]);
        assert!(Views::load(other.path(), &["mails/a"], &config, false).is_ok());
        let twice = folder(&[("Home.html", "1"), ("home.html", "2")]);
        assert!(matches!(load(&twice, false), Err(ViewError::Ambiguous { .. })));
        let nothing = folder(&[]);
        assert!(Views::load(&nothing.path().join("views"), &[], &config, true).is_ok());
    }
}
