//! Asking what the app stands on, for all who want to know at once, and not more often than is good for it.

use super::State;
use crate::App;
use std::{
    collections::BTreeMap,
    fmt::Display,
    future::Future,
    time::{Duration, Instant},
};
use tokio::{sync::Mutex, time::timeout};

/// An answer is as good as a new one for this long.
const FRESH: Duration = Duration::from_secs(1);

type Found = (BTreeMap<String, State>, Option<State>);

/// What was found last. Whoever asks while somebody is asking waits for the same answer.
#[derive(Default)]
pub(crate) struct Probe(Mutex<Option<(Instant, Found)>>);

impl Probe {
    pub(super) async fn ask(&self, app: &App) -> Found {
        let mut last = self.0.lock().await;
        if let Some((since, found)) = &*last
            && since.elapsed() < FRESH
        {
            return found.clone();
        }
        let before = last.take().map(|(_, found)| found);
        let found = look(app, before.as_ref()).await;
        *last = Some((Instant::now(), found.clone()));
        found
    }
}

async fn look(app: &App, before: Option<&Found>) -> Found {
    let patience = Duration::from_millis(app.config().health.timeout);
    let stores = app.orm().datastores().map(|store| async move {
        let name = store.name();
        let before = before.and_then(|(stores, _)| stores.get(name)).copied();
        let state = asked(patience, before, &format!("the datastore `{name}`"), store.ping()).await;
        (name.to_owned(), state)
    });
    let sessions = async {
        if !app.sessions().config().enabled {
            return None;
        }
        let before = before.and_then(|(_, sessions)| *sessions);
        Some(asked(patience, before, "where sessions are kept", app.sessions().ping()).await)
    };
    let (stores, sessions) = tokio::join!(futures_util::future::join_all(stores), sessions);
    (stores.into_iter().collect(), sessions)
}

/// Waits for an answer; the log says what has changed.
async fn asked<T, E: Display>(
    patience: Duration,
    before: Option<State>,
    what: &str,
    question: impl Future<Output = Result<T, E>>,
) -> State {
    let why = match timeout(patience, question).await {
        Ok(Ok(_)) => {
            if before == Some(State::Unreachable) {
                tracing::warn!("{what}: reached again");
            }
            return State::Ok;
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} ms", patience.as_millis()),
    };
    if before != Some(State::Unreachable) {
        tracing::error!("{what}: out of reach: {why}");
    }
    State::Unreachable
}
