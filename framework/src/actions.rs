//! Actions: what answers a request.

use crate::{App, BoxFuture};
use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    handler::Handler,
    response::{IntoResponse, Response},
};
use std::{future::Future, sync::Arc};

/// An action, erased: any async function with axum extractors whose answer is `IntoResponse`.
#[derive(Clone)]
pub struct Action {
    run: Arc<Erased>,
    may_read_the_path: bool,
}

type Erased = dyn Fn(Request, App) -> BoxFuture<'static, Response> + Send + Sync;

impl Action {
    /// Erases a function.
    pub fn new<T>(f: impl ActionFn<T>) -> Self
    where
        T: 'static,
    {
        Self {
            run: Arc::new(move |request, app| f.clone().run(request, app)),
            may_read_the_path: may_read_the_path(std::any::type_name::<T>()),
        }
    }

    /// May one of its arguments be an extractor of axum that reads the matched path?
    pub(crate) fn may_read_the_path(&self) -> bool {
        self.may_read_the_path
    }

    pub(crate) fn call(&self, request: Request, app: App) -> BoxFuture<'static, Response> {
        (self.run)(request, app)
    }
}

impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Action")
    }
}

/// Arguments that never look at what axum knows of the path. Those of an action that are not in this list may.
const NO_READERS_OF_THE_PATH: [&str; 9] = [
    "axum_core::extract::private::",
    "topsail::",
    "axum::json::Json<",
    "axum::extract::query::Query<",
    "axum::extract::state::State<",
    "http::header::map::HeaderMap",
    "http::method::Method",
    "http::uri::Uri",
    "bytes::bytes::Bytes",
];

/// By the name of the tuple of a function's arguments: the types cannot be asked. A compiler that names them otherwise
/// costs a little speed, nothing else.
fn may_read_the_path(arguments: &str) -> bool {
    let inner = arguments.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(arguments);
    let mut depth = 0usize;
    let each = inner.split(|c| {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' | ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    each.map(str::trim).any(|name| {
        !matches!(name, "" | "()") && !NO_READERS_OF_THE_PATH.iter().any(|no| name.starts_with(no))
    })
}

/// A function that can be an action; implemented for all of axum's handlers over [`App`].
#[diagnostic::on_unimplemented(
    message = "this function cannot be an action",
    note = "an action is a `pub async fn` whose arguments are extractors (one that reads the body comes last) and that returns `Outcome`"
)]
pub trait ActionFn<T>: Clone + Send + Sync + 'static {
    /// Runs it.
    fn run(self, request: Request, app: App) -> BoxFuture<'static, Response>;
}

#[diagnostic::do_not_recommend]
impl<T: 'static, H: Handler<T, App>> ActionFn<T> for H {
    fn run(self, request: Request, app: App) -> BoxFuture<'static, Response> {
        Box::pin(self.call(request, app))
    }
}

/// What `#[action]` registers.
pub struct ActionDef {
    /// `module_path!()` of the function: gives, with `name`, the action's identity.
    pub module: &'static str,
    /// The function's name.
    pub name: &'static str,
    /// Its file.
    pub file: &'static str,
    /// Its line.
    pub line: u32,
    /// Makes the action.
    pub make: fn() -> Action,
}
inventory::collect!(ActionDef);

impl ActionDef {
    /// The identity, where the module lies below `controllers`: `orders/update-status`.
    pub(crate) fn identity(&self) -> Option<String> {
        let (_, tail) = self.module.split_once("::controllers::")?;
        let mut segments: Vec<String> =
            tail.split("::").map(|s| s.strip_suffix("_controller").unwrap_or(s).replace('_', "-")).collect();
        let is_controller = tail.ends_with("_controller");
        let name = self.name.trim_start_matches("r#").replace('_', "-");
        if is_controller || segments.last() != Some(&name) {
            segments.push(name);
        }
        Some(segments.join("/"))
    }
}

/// Folds every spelling of an action to its identity: `UserController.findOne`, `user.findOne`, `User/FIND-ONE`.
///
/// Identities are compared without dashes and without regard to letter case, as Sails does.
pub(crate) fn fold_identity(spelling: &str) -> String {
    spelling
        .split(['/', '.'])
        .filter(|s| !s.is_empty())
        .map(|segment| {
            let segment = segment.strip_suffix("Controller").filter(|s| !s.is_empty()).unwrap_or(segment);
            segment
                .chars()
                .filter(|c| !matches!(c, '-' | '_'))
                .flat_map(char::to_lowercase)
                .collect::<String>()
        })
        .collect::<Vec<_>>()
        .join("/")
}

/// Something that can be taken from a request.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of an action",
    label = "not an extractor",
    note = "arguments are `App`, `Req`, `Inputs<T>`, `Path<T>`, `Session`, or any axum extractor; one that reads the body comes last"
)]
pub trait Argument {}
#[diagnostic::do_not_recommend]
impl<T: FromRequestParts<App>> Argument for T {}

/// Something that can be taken from a request as the last argument.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of an action",
    label = "not an extractor",
    note = "arguments are `App`, `Req`, `Inputs<T>`, `Path<T>`, `Session`, or any axum extractor; one that reads the body comes last"
)]
pub trait LastArgument<M> {}
#[diagnostic::do_not_recommend]
impl<M, T: FromRequest<App, M>> LastArgument<M> for T {}

/// Something that an action can return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the answer of an action",
    label = "not an answer",
    note = "return `Outcome`, `Outcome<YourType>`, or `Result<impl IntoResponse, topsail::Error>`; plain data goes through `ok(data)`"
)]
pub trait Answer {}
#[diagnostic::do_not_recommend]
impl<T: IntoResponse> Answer for T {}

#[doc(hidden)]
pub fn argument<T: Argument>() {}
#[doc(hidden)]
pub fn last_argument<T: LastArgument<M>, M>() {}
#[doc(hidden)]
pub fn answer<T: Answer>() {}
#[doc(hidden)]
pub fn sends<T: Future + Send>(_: T) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(module: &'static str, name: &'static str) -> Option<String> {
        ActionDef { module, name, file: "", line: 0, make: || unreachable!() }.identity()
    }

    #[test]
    fn only_actions_whose_arguments_may_read_the_path_need_a_router() {
        async fn none() {}
        async fn ours(_: App, _: crate::Req, _: crate::Path<(String, i64)>, _: axum::Json<Vec<String>>) {}
        async fn axums(_: App, _: axum::extract::Path<(String, i64)>) {}
        async fn optional(_: Option<axum::extract::Path<String>>) {}
        async fn matched(_: axum::extract::MatchedPath, _: crate::Req) {}
        assert!(!Action::new(none).may_read_the_path());
        assert!(!Action::new(ours).may_read_the_path());
        assert!(Action::new(axums).may_read_the_path());
        assert!(Action::new(optional).may_read_the_path());
        assert!(Action::new(matched).may_read_the_path());
    }

    #[test]
    fn identities_follow_from_module_and_function() {
        assert_eq!(identity("a::controllers::say_controller", "hello").as_deref(), Some("say/hello"));
        assert_eq!(identity("a::controllers::say_controller", "say").as_deref(), Some("say/say"));
        assert_eq!(
            identity("a::controllers::orders::update_status", "update_status").as_deref(),
            Some("orders/update-status")
        );
        assert_eq!(identity("a::elsewhere", "x"), None);
    }

    #[test]
    fn ht_46_all_spellings_fold_to_one_identity() {
        for spelling in ["User.HELLO", "UserController.hello", "user/hello", "user.hello"] {
            assert_eq!(fold_identity(spelling), "user/hello");
        }
        assert_eq!(fold_identity("UserController.findOne"), fold_identity("user/find-one"));
    }
}
