//! The session of one request.

use super::{Record, SessionError, SessionId, Sessions};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use time::OffsetDateTime;

/// Keys that begin so are the framework's own: not shown by [`Session::all`], not set by apps.
const PRIVATE: char = '\u{1}';

/// What this browser (or this socket) has stored: `req.session` of Sails.
///
/// A cheap handle on what was loaded when the request began. Changes are kept here and written once, when the request
/// ends, whatever its status is. Two requests of one session at the same time do not see each other's changes; the
/// last one to end wins for each key that both have changed.
#[derive(Clone)]
pub struct Session(Option<Arc<Shared>>);

struct Shared {
    sessions: Sessions,
    state: Mutex<State>,
}

struct State {
    id: SessionId,
    stage: Stage,
    data: HashMap<String, Value>,
    changes: BTreeMap<String, Option<Value>>,
    bytes: usize,
    /// When the store forgets it, as loaded.
    expiry: Option<OffsetDateTime>,
    cookie_due: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Not in the store yet.
    New,
    Stored,
    Ended,
}

/// What has to be written when the request ends.
pub(super) struct Pending {
    pub(super) id: SessionId,
    pub(super) stage: Stage,
    pub(super) data: HashMap<String, Value>,
    pub(super) changes: BTreeMap<String, Option<Value>>,
    pub(super) expiry: Option<OffsetDateTime>,
    pub(super) cookie_due: bool,
}

impl Session {
    /// A request without a session: reading and writing it is an error.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    pub(super) fn fresh(sessions: Sessions) -> Self {
        Self::open(sessions, SessionId::default(), HashMap::new(), None)
    }

    pub(super) fn stored(sessions: Sessions, record: Record) -> Self {
        Self::open(sessions, record.id, record.data, Some(record.expiry_date))
    }

    fn open(
        sessions: Sessions,
        id: SessionId,
        data: HashMap<String, Value>,
        expiry: Option<OffsetDateTime>,
    ) -> Self {
        let stage = if expiry.is_some() { Stage::Stored } else { Stage::New };
        let bytes = data.iter().map(|(key, value)| size(key, value)).sum();
        let cookie_due = stage == Stage::New;
        let state = State { id, stage, data, changes: BTreeMap::new(), bytes, expiry, cookie_due };
        Self(Some(Arc::new(Shared { sessions, state: Mutex::new(state) })))
    }

    /// Does this request have a session?
    ///
    /// False for paths that look like files, for virtual requests with the header `nosession`, where sessions are
    /// switched off, and after [`Session::destroy`].
    pub fn is_some(&self) -> bool {
        self.0.as_ref().is_some_and(|shared| shared.lock().stage != Stage::Ended)
    }

    /// The id; nothing where there is no session.
    pub fn id(&self) -> Option<SessionId> {
        self.0
            .as_ref()
            .map(|shared| shared.lock())
            .filter(|state| state.stage != Stage::Ended)
            .map(|state| state.id)
    }

    /// The value of a key; nothing where it was never set, and nothing where there is no session.
    ///
    /// # Errors
    /// When the value is not a `T`.
    pub async fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, SessionError> {
        if !self.is_some() {
            return Ok(None);
        }
        let value = self.state()?.data.get(key).filter(|_| !key.starts_with(PRIVATE)).cloned();
        value
            .map(serde_json::from_value)
            .transpose()
            .map_err(|source| SessionError::Type { key: key.to_owned(), source })
    }

    /// Sets a key; written when the request ends.
    ///
    /// # Errors
    /// When there is no session, when the value cannot be JSON, and when the session would become larger than
    /// `session.max_bytes`.
    pub async fn set(&self, key: &str, value: impl Serialize) -> Result<(), SessionError> {
        let wrong = |source| SessionError::Type { key: key.to_owned(), source };
        if key.starts_with(PRIVATE) {
            return Err(wrong(serde::ser::Error::custom("this key is reserved")));
        }
        self.put(key, serde_json::to_value(value).map_err(wrong)?)
    }

    /// Removes a key.
    ///
    /// # Errors
    /// When there is no session.
    pub async fn remove(&self, key: &str) -> Result<(), SessionError> {
        if !key.starts_with(PRIVATE) {
            self.state()?.change(key, None);
        }
        Ok(())
    }

    /// Everything that is set.
    ///
    /// # Errors
    /// When there is no session.
    pub async fn all(&self) -> Result<Map<String, Value>, SessionError> {
        self.read_all()
    }

    /// Ends the session at once, in the store too; the next request begins an empty one.
    ///
    /// # Errors
    /// When there is no session, and when the store fails.
    pub async fn destroy(&self) -> Result<(), SessionError> {
        let shared = self.shared()?;
        let (id, stage) = {
            let mut state = self.state()?;
            (state.id, std::mem::replace(&mut state.stage, Stage::Ended))
        };
        match stage {
            Stage::Stored => shared.sessions.end(&id).await,
            Stage::New | Stage::Ended => Ok(()),
        }
    }

    /// Gives the session a new id and keeps its data: do it where someone logs in, so that an id that was planted
    /// before is worth nothing afterwards.
    ///
    /// Unlike `regenerate` of Express it loses nothing. The old id ends at once; sockets that were opened with it stay
    /// connected until `app.sockets.disconnect_session(&old)`.
    ///
    /// # Errors
    /// When there is no session, and when the store fails.
    pub async fn regenerate(&self) -> Result<(), SessionError> {
        let shared = self.shared()?;
        let (old, data) = {
            let state = self.state()?;
            if state.stage == Stage::New {
                return Ok(());
            }
            (state.id, state.data.clone())
        };
        let new = shared.sessions.create(data).await?;
        {
            let mut state = self.state()?;
            state.id = new.id;
            state.expiry = Some(new.expiry_date);
            state.cookie_due = true;
            state.changes.clear();
        }
        shared.sessions.end(&old).await
    }

    /// A value of the framework itself, made on first use.
    pub(crate) fn private(&self, name: &str, make: impl FnOnce() -> String) -> Result<String, SessionError> {
        let key = format!("{PRIVATE}{name}");
        if let Some(Value::String(text)) = self.state()?.data.get(&key) {
            return Ok(text.clone());
        }
        let made = make();
        self.put(&key, Value::from(made.as_str()))?;
        Ok(made)
    }

    /// The same, without making it.
    pub(crate) fn private_value(&self, name: &str) -> Result<Option<String>, SessionError> {
        let value = self.state()?.data.get(&format!("{PRIVATE}{name}")).cloned();
        Ok(value.and_then(|v| v.as_str().map(str::to_owned)))
    }

    pub(crate) fn read_all(&self) -> Result<Map<String, Value>, SessionError> {
        let state = self.state()?;
        let mut entries: Vec<_> = state.data.iter().filter(|(key, _)| !key.starts_with(PRIVATE)).collect();
        entries.sort_by_key(|(key, _)| *key);
        Ok(entries.into_iter().map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    /// Takes what has to be written; a second call finds only what came after the first.
    pub(super) fn pending(&self) -> Option<Pending> {
        let mut state = self.0.as_ref()?.lock();
        let stage = state.stage;
        if stage == Stage::New {
            state.stage = Stage::Stored;
        }
        Some(Pending {
            id: state.id,
            stage,
            data: if stage == Stage::New { state.data.clone() } else { HashMap::new() },
            changes: std::mem::take(&mut state.changes),
            expiry: state.expiry,
            cookie_due: std::mem::take(&mut state.cookie_due),
        })
    }

    pub(super) fn stored_as(&self, id: SessionId, expiry: OffsetDateTime) {
        if let Some(shared) = &self.0 {
            let mut state = shared.lock();
            state.id = id;
            state.expiry = Some(expiry);
        }
    }

    fn put(&self, key: &str, value: Value) -> Result<(), SessionError> {
        let limit = self.shared()?.sessions.config().max_bytes;
        let mut state = self.state()?;
        let old = state.data.get(key).map_or(0, |old| size(key, old));
        if state.bytes - old + size(key, &value) > limit {
            return Err(SessionError::TooLarge { key: key.to_owned(), limit });
        }
        state.change(key, Some(value));
        Ok(())
    }

    fn shared(&self) -> Result<&Shared, SessionError> {
        self.0.as_deref().ok_or(SessionError::None)
    }

    fn state(&self) -> Result<MutexGuard<'_, State>, SessionError> {
        let state = self.shared()?.lock();
        if state.stage == Stage::Ended { Err(SessionError::Ended) } else { Ok(state) }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn change(&mut self, key: &str, value: Option<Value>) {
        let old = self.data.remove(key);
        self.bytes -= old.as_ref().map_or(0, |old| size(key, old));
        if let Some(value) = &value {
            self.bytes += size(key, value);
            self.data.insert(key.to_owned(), value.clone());
        } else if old.is_none() {
            return;
        }
        self.changes.insert(key.to_owned(), value);
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("is_some", &self.is_some()).finish_non_exhaustive()
    }
}

/// What an entry weighs: about its length as JSON.
fn size(key: &str, value: &Value) -> usize {
    fn weigh(value: &Value) -> usize {
        match value {
            Value::Null | Value::Bool(_) => 5,
            Value::Number(_) => 12,
            Value::String(text) => text.len() + 2,
            Value::Array(items) => items.iter().map(|v| weigh(v) + 1).sum::<usize>() + 2,
            Value::Object(map) => map.iter().map(|(k, v)| k.len() + weigh(v) + 4).sum::<usize>() + 2,
        }
    }
    key.len() + weigh(value) + 4
}
