//! Is the app well? For load balancers, supervisors and people.
//!
//! What is asked is not the app's own routes but what they stand on, so the answer passes none of it: no session is
//! opened, and no policy and no mounted router runs.

mod config;
mod probe;

pub use config::HealthConfig;
pub(crate) use probe::Probe;

use crate::App;
use ::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::collections::BTreeMap;

/// How an app is, as [`App::health`] finds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Health {
    /// All of it in one word.
    pub status: Status,
    /// What was looked at.
    pub checks: Checks,
}

/// What was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Checks {
    /// The datastores by name: does each answer a statement?
    pub datastores: BTreeMap<String, State>,
    /// Where sessions are kept; absent where sessions are off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<State>,
    /// Are the other nodes in reach? Absent where there is one node only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes: Option<State>,
}

/// How one thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It answers.
    Ok,
    /// It does not, or not in time; the log says why.
    Unreachable,
}

/// How an app is, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// All is well.
    Ok,
    /// Requests are served, but the sockets of other nodes miss what happens here.
    Degraded,
    /// Requests cannot be served as they should.
    Failing,
    /// The app is being lowered; ask another node.
    Lowering,
}

impl Health {
    fn new(lowering: bool, checks: Checks) -> Self {
        let lost = |state: &State| *state == State::Unreachable;
        let status = match () {
            () if lowering => Status::Lowering,
            () if checks.datastores.values().any(lost) || checks.sessions.as_ref().is_some_and(lost) => {
                Status::Failing
            }
            () if checks.nodes.as_ref().is_some_and(lost) => Status::Degraded,
            () => Status::Ok,
        };
        Self { status, checks }
    }

    /// Should requests be sent here? So they should to a node that cannot reach the others: it serves its own sockets, and
    /// the others are no better off.
    pub fn serves(&self) -> bool {
        matches!(self.status, Status::Ok | Status::Degraded)
    }
}

impl App {
    /// How the app is: whether it is being lowered, and whether what it stands on can be reached.
    ///
    /// Takes no longer than `health.timeout`. Datastores and sessions are asked once a second at most, whoever wants to
    /// know.
    ///
    /// ```no_run
    /// # async fn f(app: topsail::App) {
    /// if !app.health().await.serves() {
    ///     eprintln!("not now");
    /// }
    /// # }
    /// ```
    pub async fn health(&self) -> Health {
        let (datastores, sessions) = self.health_probe().ask(self).await;
        let nodes = self.sockets.has_other_nodes().then(|| match self.sockets.is_cut_off() {
            true => State::Unreachable,
            false => State::Ok,
        });
        Health::new(self.shutdown().is_cancelled(), Checks { datastores, sessions, nodes })
    }
}

/// What is answered to whoever asks: 200 or 503, and what was found.
pub(crate) async fn answer(app: &App) -> Response {
    let health = app.health().await;
    let status = if health.serves() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CACHE_CONTROL, "no-store")], axum::Json(health)).into_response()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn health(lowering: bool, datastore: State, sessions: Option<State>, nodes: Option<State>) -> Health {
        let datastores = BTreeMap::from([("default".to_owned(), datastore)]);
        Health::new(lowering, Checks { datastores, sessions, nodes })
    }

    #[test]
    fn what_requests_need_decides_whether_they_are_sent_here() {
        use State::{Ok, Unreachable as Lost};
        for (health, status, serves) in [
            (health(false, Ok, Some(Ok), Some(Ok)), Status::Ok, true),
            (health(false, Ok, None, None), Status::Ok, true),
            (health(false, Ok, Some(Ok), Some(Lost)), Status::Degraded, true),
            (health(false, Lost, Some(Ok), Some(Lost)), Status::Failing, false),
            (health(false, Ok, Some(Lost), None), Status::Failing, false),
            (health(true, Ok, Some(Ok), None), Status::Lowering, false),
        ] {
            assert_eq!((health.status, health.serves()), (status, serves), "{health:?}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_told() {
        let told = serde_json::to_value(health(false, State::Ok, None, Some(State::Unreachable))).unwrap();
        let checks = json!({ "datastores": { "default": "ok" }, "nodes": "unreachable" });
        assert_eq!(told, json!({ "status": "degraded", "checks": checks }));
    }
}
