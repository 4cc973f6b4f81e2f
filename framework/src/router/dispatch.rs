//! The one path: what happens to every request, in this order, whichever door it came through.

use super::table::{Found, Step, Undecodable};
use crate::{
    App, Error, Req,
    error::Result,
    http::{AfterRoutes, caught, may_have_body, read_body},
    metrics::Limit,
    policies::{Guard, Policy},
    reply::{self, Reply, negotiate},
    security, session,
};
use ::http::{HeaderValue, Method, StatusCode, header};
use axum::{
    extract::{DefaultBodyLimit, Request},
    response::{IntoResponse, Response},
};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tower::ServiceExt;

/// Serves a request that carries its [`Req`].
pub(crate) fn handle(request: Request) -> impl Future<Output = Response> + Send {
    // On the heap from here: each future that it passes through would hold it once or twice.
    let request = Box::new(request);
    async move {
        let Some(req) = request.extensions().get::<Req>().cloned() else {
            tracing::error!("a request came to the router without passing a door");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let asked = req.clone();
        let app = asked.app();
        // Caught here, so that its answer has what every answer has: headers, a page, the session.
        let (req, response) = match caught(serve(app, req, request)).await {
            Ok(served) => served,
            Err(panicked) => (asked.clone(), Error::new(panicked).into_response()),
        };
        let mut response = negotiate(app, &req, response).await;
        session::finish(app, &req, &mut response).await;
        response
    }
}

async fn serve(app: &App, req: Req, mut request: Box<Request>) -> (Req, Response) {
    // 1 session
    session::attach(app, &req).await;
    // 2 body
    if !req.is_parsed() && may_have_body(&req) {
        let patience = Duration::from_secs(app.config().http.body_read_timeout.max(1));
        // Boxed, as all that is large and not always needed: the future of a request is moved several times.
        request = match Box::pin(tokio::time::timeout(patience, read_body(app, &req, *request))).await {
            Ok(Ok(request)) => Box::new(request),
            Ok(Err(refusal)) => return (req, refusal.into_response()),
            Err(_) => {
                app.counts().hit(Limit::BodyTime);
                return (req, too_slow(patience));
            }
        };
        if !is_form_with_files(&req) {
            // What was read is within our own limit; axum's smaller one would win silently.
            DefaultBodyLimit::disable().apply(&mut request);
        }
    }
    // 3 route lookup
    let table = app.routes();
    let asked = req.clone();
    let (method, path) = (asked.method(), asked.path());
    let mut found = table.find(method, path).peekable();
    let first = match found.peek() {
        Some(Ok(found)) => Some(found.route),
        Some(Err(Undecodable)) => return (req, undecodable(path)),
        None => None,
    };
    // 4 CORS, CSRF
    let preflight = preflight_method(&req).and_then(|method| table.find(&method, path).find_map(Result::ok));
    let preflight = preflight.map(|found| found.route);
    let cors = security::cors(app, &req, first.map(|r| &*r.options), preflight.map(|r| &*r.options));
    let (req, mut response) = match cors.answer {
        Some(answer) => (req, answer),
        None => match security::csrf(app, &req, first.map(|r| &*r.options)).await {
            Err(refusal) => (req, refusal.into_response()),
            // 5 the matching routes, one after the other until one answers
            Ok(()) => routes(app, req, request, found).await,
        },
    };
    for (name, value) in &cors.headers {
        match *name {
            header::VARY => response.headers_mut().append(name, value.clone()),
            _ => response.headers_mut().insert(name, value.clone()).is_some(),
        };
    }
    (req, response)
}

fn is_form_with_files(req: &Req) -> bool {
    req.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().starts_with("multipart/"))
}

fn too_slow(patience: Duration) -> Response {
    let message = format!(
        "The body of this request was not complete after {} s (`http.body_read_timeout`).",
        patience.as_secs()
    );
    let data = json!({ "code": "E_BODY_TIMEOUT", "message": message });
    Error::from(Reply::refusal_json(StatusCode::REQUEST_TIMEOUT, data)).into_response()
}

/// What a preflight asks about.
fn preflight_method(req: &Req) -> Option<Method> {
    if req.method() != Method::OPTIONS {
        return None;
    }
    req.header("access-control-request-method")?.parse().ok()
}

async fn routes<'t>(
    app: &App,
    mut req: Req,
    mut request: Box<Request>,
    found: impl Iterator<Item = Result<Found<'t>, Undecodable>>,
) -> (Req, Response) {
    let mut options = Arc::default();
    for (at, found) in found.enumerate() {
        let Ok(Found { route, params }) = found else {
            let answer = undecodable(req.path());
            return (req, answer);
        };
        options = match at {
            0 => route.options.clone(),
            _ => Arc::new((*route.options).clone().merged_under(&options)),
        };
        let action = route.steps.iter().find_map(|step| match step {
            Step::Action { identity, .. } => Some(identity.clone()),
            _ => None,
        });
        req = req.matched(params, options.clone(), action);
        match request.extensions_mut().get_mut::<Req>() {
            Some(unmatched) => *unmatched = req.clone(),
            None => drop(request.extensions_mut().insert(req.clone())),
        }
        for step in &route.steps {
            request = match take(app, step, request).await {
                Progress::Passed(request) => request,
                Progress::Answered(response) => return (req, response),
            };
        }
    }
    (req.clone(), Box::pin(unmatched(app, &req, *request)).await)
}

enum Progress {
    Passed(Box<Request>),
    Answered(Response),
}

async fn take(app: &App, step: &Step, request: Box<Request>) -> Progress {
    let answered = |reply: Result<Reply>| Progress::Answered(reply.into_response());
    match step {
        Step::Policy(policy) => match Box::pin(decided(app, std::iter::once(policy), request)).await {
            Ok(request) => Progress::Passed(request),
            Err(refusal) => Progress::Answered(refusal.into_response()),
        },
        Step::View(name) => answered(crate::view(name.clone(), json!({}))),
        Step::Redirect(to) => answered(crate::redirect(to.clone())),
        Step::Response(kind) => answered(respond(kind)),
        Step::Action { guard, run, .. } => match guarded(app, guard, request).await {
            Err(refusal) => Progress::Answered(refusal.into_response()),
            Ok(request) => Progress::Answered(match &run.router {
                Some(router) => match Box::pin(router.clone().oneshot(*request)).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                },
                None => run.action.call(*request, app.clone()).await,
            }),
        },
    }
}

async fn guarded(app: &App, guard: &Guard, request: Box<Request>) -> Result<Box<Request>> {
    if guard.refuse {
        return crate::forbidden();
    }
    if guard.policies.is_empty() {
        return Ok(request);
    }
    Box::pin(decided(app, guard.policies.iter().map(|(_, policy)| policy), request)).await
}

/// Asks policies one after the other; the first refusal ends it.
async fn decided<'p>(
    app: &App,
    policies: impl Iterator<Item = &'p Policy>,
    request: Box<Request>,
) -> Result<Box<Request>> {
    let (mut parts, body) = request.into_parts();
    for policy in policies {
        let (back, verdict) = policy.run(parts, app.clone()).await;
        verdict?;
        parts = back;
    }
    Ok(Box::new(Request::from_parts(parts, body)))
}

/// `{ response = "notFound" }`.
fn respond(kind: &str) -> Result<Reply> {
    let status = match kind {
        "ok" => StatusCode::OK,
        "badRequest" => StatusCode::BAD_REQUEST,
        "unauthorized" => StatusCode::UNAUTHORIZED,
        "forbidden" => StatusCode::FORBIDDEN,
        "notFound" => StatusCode::NOT_FOUND,
        "serverError" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::OK,
    };
    Ok(Reply::new(kind.to_owned(), status, reply::Data::None))
}

async fn unmatched(app: &App, req: &Req, request: Request) -> Response {
    if req.method() == Method::OPTIONS {
        let allow = app.routes().allow(req.path());
        if !allow.is_empty() {
            return allowed(&allow);
        }
    }
    if request.extensions().get::<AfterRoutes>().is_some()
        && let Some(response) = app.assets().serve(request).await
    {
        return response;
    }
    Error::from(Reply::refusal("notFound", StatusCode::NOT_FOUND, serde_json::Value::Null)).into_response()
}

fn allowed(methods: &[Method]) -> Response {
    let list = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(",");
    let mut response = list.clone().into_response();
    if let Ok(value) = HeaderValue::from_str(&list) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}

fn undecodable(path: &str) -> Response {
    let text =
        format!("Failed to decode a parameter of the URL `{path}`: its percent encoding is malformed.");
    let reply = Reply::new("badRequest", StatusCode::BAD_REQUEST, reply::Data::Text(text));
    Error::from(reply).into_response()
}
