//! What was found at build time.

/// What `topsail_build::discover()` has found; compared at lift with what registered itself.
#[derive(Debug)]
pub struct Discovered {
    /// The package's folder at build time.
    pub root: &'static str,
    /// The crate's name: each app takes only the registrations of its own crate.
    pub crate_name: &'static str,
    /// Modules of `api/controllers`: `controllers::say_controller`.
    pub controllers: &'static [&'static str],
    /// Modules of `api/models`.
    pub models: &'static [&'static str],
    /// Modules of `api/policies`.
    pub policies: &'static [&'static str],
    /// Modules of `api/responses`.
    pub responses: &'static [&'static str],
    /// Modules of `api/hooks`.
    pub hooks: &'static [&'static str],
    /// Modules of `api/helpers`.
    pub helpers: &'static [&'static str],
    /// Names and texts of `config/*.toml` and `config/env/*.toml`.
    pub config: &'static [(&'static str, &'static str)],
    /// Names of the views: `pages/homepage`.
    pub views: &'static [&'static str],
}

impl Discovered {
    /// Nothing: for apps that register everything in code.
    pub const EMPTY: Self = Self {
        root: "",
        crate_name: "",
        controllers: &[],
        models: &[],
        policies: &[],
        responses: &[],
        hooks: &[],
        helpers: &[],
        config: &[],
        views: &[],
    };

    /// Does this `module_path!()` belong to the app?
    pub(crate) fn owns(&self, module: &str) -> bool {
        module.split("::").next() == Some(self.crate_name)
    }
}
