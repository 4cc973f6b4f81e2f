//! CORS: the headers of an answer, and the answer to a preflight.

use super::{CorsConfig, CorsOption, Origins};
use crate::{App, Req, router::RouteOptions};
use ::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::response::Response;
use std::borrow::Cow;

/// What CORS adds to the answer of a request.
#[derive(Debug, Default)]
pub(crate) struct Cors {
    /// Headers for whatever is answered.
    pub(crate) headers: HeaderMap,
    /// The whole answer, where the request was a preflight.
    pub(crate) answer: Option<Response>,
}

/// Decides the CORS headers of a request.
///
/// `route` has the options of the route that will answer, `preflight_target` those of the route that a preflight asks
/// about. Without any of them the global settings apply, if they are for all routes.
pub(crate) fn cors(
    app: &App,
    req: &Req,
    route: Option<&RouteOptions>,
    preflight_target: Option<&RouteOptions>,
) -> Cors {
    let preflight = req.method() == Method::OPTIONS && req.header("access-control-request-method").is_some();
    let options = if preflight { preflight_target } else { route };
    let option = options.and_then(|options| options.cors.as_ref());
    decide(&app.config().security.cors, option, req.header("origin"), preflight)
}

fn decide(global: &CorsConfig, option: Option<&CorsOption>, origin: Option<&str>, preflight: bool) -> Cors {
    let settings = match option {
        Some(option) => option.over(global),
        None => global.all_routes.then_some(Cow::Borrowed(global)),
    };
    let Some(settings) = settings else { return Cors::default() };
    let mut headers = HeaderMap::new();
    if let Some(allowed) = allowed_origin(&settings, origin) {
        if allowed != "*" {
            headers.insert(header::VARY, HeaderValue::from_static("Origin"));
        }
        set(&mut headers, header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        if settings.allow_credentials {
            set(&mut headers, header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        }
        set(&mut headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, &settings.allow_response_headers);
        if preflight {
            set(&mut headers, header::ACCESS_CONTROL_ALLOW_METHODS, &settings.allow_request_methods);
            set(&mut headers, header::ACCESS_CONTROL_ALLOW_HEADERS, &settings.allow_request_headers);
        }
    }
    Cors { headers, answer: preflight.then(Response::default) }
}

/// The value of `Access-Control-Allow-Origin`; nothing for an origin that is not allowed.
fn allowed_origin<'a>(settings: &CorsConfig, origin: Option<&'a str>) -> Option<&'a str> {
    match settings.allow_origins {
        // Browsers refuse the star where credentials are allowed, so the origin is reflected.
        Origins::Any if settings.allow_credentials => origin,
        Origins::Any => Some("*"),
        Origins::List(_) => origin.filter(|origin| settings.allow_origins.contains(origin)),
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let (false, Ok(value)) = (text.is_empty(), HeaderValue::from_str(text)) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn global(json: serde_json::Value) -> CorsConfig {
        serde_json::from_value(json).unwrap()
    }

    fn option(json: serde_json::Value) -> CorsOption {
        serde_json::from_value(json).unwrap()
    }

    fn texts(cors: &Cors) -> Vec<String> {
        let mut list: Vec<_> =
            cors.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        list.sort();
        list
    }

    const A: Option<&str> = Some("http://a.example");
    const B: Option<&str> = Some("http://b.example");

    #[test]
    fn ht_93_nothing_by_default_and_a_star_for_an_open_route() {
        let off = global(json!({}));
        assert!(texts(&decide(&off, None, A, false)).is_empty());
        assert_eq!(
            texts(&decide(&off, Some(&option(json!(true))), None, false)),
            ["access-control-allow-origin: *"]
        );
    }

    #[test]
    fn ht_94_one_origin_is_reflected_and_others_get_nothing() {
        let off = global(json!({}));
        let one = option(json!("http://a.example"));
        assert_eq!(
            texts(&decide(&off, Some(&one), A, false)),
            ["access-control-allow-origin: http://a.example", "vary: Origin"]
        );
        assert!(texts(&decide(&off, Some(&one), B, false)).is_empty());
        assert!(texts(&decide(&off, Some(&one), None, false)).is_empty());
        assert!(decide(&off, Some(&one), B, false).answer.is_none());
    }

    #[test]
    fn ht_95_a_preflight_is_answered_here() {
        let one = option(json!({
            "allowOrigins": "http://a.example", "allowCredentials": true,
            "allowRequestHeaders": "x-foo", "allowResponseHeaders": "x-bar"
        }));
        let cors = decide(&global(json!({})), Some(&one), A, true);
        assert_eq!(
            texts(&cors),
            [
                "access-control-allow-credentials: true",
                "access-control-allow-headers: x-foo",
                "access-control-allow-methods: GET,HEAD,PUT,PATCH,POST,DELETE",
                "access-control-allow-origin: http://a.example",
                "access-control-expose-headers: x-bar",
                "vary: Origin",
            ]
        );
        assert_eq!(cors.answer.unwrap().status(), 200);
        let refused = decide(&global(json!({})), Some(&one), B, true);
        assert!(texts(&refused).is_empty() && refused.answer.is_some());
        assert!(decide(&global(json!({})), None, A, true).answer.is_none());
    }

    #[test]
    fn a_route_that_switches_it_off_sends_nothing_even_where_it_is_on_for_all() {
        let all = global(json!({ "all_routes": true }));
        assert_eq!(texts(&decide(&all, None, A, false)), ["access-control-allow-origin: *"]);
        let off = option(json!(false));
        assert!(texts(&decide(&all, Some(&off), A, false)).is_empty());
        assert!(decide(&all, Some(&off), A, true).answer.is_none());
    }

    #[test]
    fn every_origin_with_credentials_is_reflected() {
        let all = global(json!({
            "all_routes": true, "allow_credentials": true, "allow_any_origin_with_credentials_unsafe": true
        }));
        assert!(
            texts(&decide(&all, None, A, false))
                .contains(&"access-control-allow-origin: http://a.example".to_owned())
        );
        assert!(texts(&decide(&all, None, None, false)).is_empty());
    }
}
