//! The page in the text form of Prometheus.

use super::{Kind, Sample};
use crate::App;
use ::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// The page, for those who may read it.
pub(crate) async fn answer(app: &App, headers: &HeaderMap) -> Response {
    if let Some(token) = &app.config().metrics.token
        && !carries(headers, token)
    {
        let message = "The numbers of this app are for readers with its token: `Authorization: Bearer …`.";
        let json = axum::Json(json!({ "code": "E_METRICS_TOKEN", "message": message }));
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")], json).into_response();
    }
    let headers = [
        (header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, text(&app.metrics().await)).into_response()
}

/// Compared by digest, so that the time it takes says nothing of the token.
fn carries(headers: &HeaderMap, token: &str) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    given.is_some_and(|(_, given)| Sha256::digest(given.trim()) == Sha256::digest(token))
}

/// `# HELP`, `# TYPE`, and one line for each number. Names, labels and helps are the framework's own and need no escapes.
fn text(samples: &[Sample]) -> String {
    let mut text = String::with_capacity(samples.len() * 96);
    let mut last = "";
    for sample in samples {
        let Sample { name, help, kind, label, value } = sample;
        if *name != last {
            let kind = match kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
            };
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
            last = name;
        }
        let _ = match label {
            Some((key, is)) => writeln!(text, "{name}{{{key}=\"{is}\"}} {value}"),
            None => writeln!(text, "{name} {value}"),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_one_name_stand_together_under_one_heading() {
        let sample =
            |label, value| Sample { name: "a_total", help: "All.", kind: Kind::Counter, label, value };
        let one = Sample { name: "b", help: "Now.", kind: Kind::Gauge, label: None, value: 0 };
        let samples = [sample(Some(("status", "2xx")), 3), sample(Some(("status", "4xx")), 1), one];
        let expected = "# HELP a_total All.\n# TYPE a_total counter\na_total{status=\"2xx\"} 3\n\
                        a_total{status=\"4xx\"} 1\n# HELP b Now.\n# TYPE b gauge\nb 0\n";
        assert_eq!(text(&samples), expected);
    }
}
