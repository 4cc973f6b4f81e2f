//! Everything that the macros take, used as it is meant to be.

use topsail::prelude::*;

/// A greeting.
#[derive(Inputs)]
pub struct Welcome {
    /// Whom to greet.
    #[input(min_length = 1, max_length = 40)]
    name: String,
    #[input(default = 1, min = 1, max = 9)]
    times: i64,
    #[input(is_in = ["en", "de"], description = "The language.")]
    r#type: Option<String>,
}

#[helper]
pub async fn welcome(app: &App, input: Welcome) -> Result<String> {
    let _ = (app, input.r#type);
    Ok(input.name.repeat(usize::try_from(input.times)?))
}

#[helper]
pub async fn now(_app: &App) -> Result<Value> {
    Ok(json!(0))
}

#[helper]
pub async fn nothing() -> Result<()> {
    Ok(())
}

#[action]
pub async fn hello(app: App, req: Req, Inputs(input): Inputs<Welcome>) -> Outcome {
    if req.is_socket() {
        return bad_request("HTTP only.");
    }
    ok(welcome(&app, input).await?)
}

#[action]
pub async fn r#move() -> impl axum::response::IntoResponse {
    "moved"
}

#[action]
pub async fn upload(_req: Req, body: axum::body::Bytes) -> Result<String> {
    Ok(body.len().to_string())
}

#[policy]
pub async fn is_local(_app: App, req: Req) -> Verdict {
    if req.ip().is_some_and(|ip| !ip.is_loopback()) {
        return forbidden();
    }
    proceed()
}

#[response]
pub async fn not_found(req: Req, reply: Reply) -> Outcome {
    if req.wants_json() {
        return Ok(reply);
    }
    view("pages/lost", json!({}))
}

#[hook]
#[derive(Default)]
pub struct Clock;

impl Hook for Clock {
    async fn initialize(&self, _app: &App) -> Result<()> {
        Ok(())
    }
}

fn main() {
    let names: Vec<_> = topsail::__private::inventory::iter::<topsail::ActionDef>.into_iter().map(|d| d.name).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names.contains(&"hello") && names.contains(&"move"));
    assert_eq!(topsail::__private::inventory::iter::<topsail::HelperDef>.into_iter().count(), 3);
    assert_eq!(topsail::__private::inventory::iter::<topsail::PolicyDef>.into_iter().count(), 1);
    assert_eq!(topsail::__private::inventory::iter::<topsail::ResponseDef>.into_iter().count(), 1);
    assert_eq!(topsail::__private::inventory::iter::<topsail::HookDef>.into_iter().count(), 1);
    let described: Vec<_> =
        <Welcome as topsail::FromParams>::inputs().iter().map(|d| (d.name, d.required, d.description)).collect();
    assert_eq!(described, [("name", true, "Whom to greet."), ("times", false, ""), ("type", false, "The language.")]);
}
