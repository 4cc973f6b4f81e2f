//! All sessions of an app.

use super::{
    MemoryStore, Record, Session, SessionConfig, SessionError, SessionId, SessionStore, state::Stage,
};
use crate::{
    config::ConfigError,
    cookies::{self, CookieKey},
};
use ::http::{HeaderMap, HeaderValue, header};
use serde_json::Value;
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};
use time::{Duration, OffsetDateTime};

/// The sessions of an app: where they are kept, and who is told when one ends.
#[derive(Clone)]
pub struct Sessions(Arc<Inner>);

struct Inner {
    config: SessionConfig,
    key: CookieKey,
    production: bool,
    lifetime: Duration,
    store: Arc<dyn SessionStore>,
    /// The store once more, where it is that of this process.
    memory: Option<Arc<MemoryStore>>,
    listeners: RwLock<Vec<Listener>>,
}

type Listener = Box<dyn Fn(&SessionId) + Send + Sync>;

impl Sessions {
    /// The sessions as `config/session.toml` has them, in memory whatever the adapter is: [`connect`](Self::connect) is
    /// for apps that serve requests.
    pub(crate) fn new(config: &SessionConfig, key: CookieKey, production: bool) -> Result<Self, ConfigError> {
        config.check()?;
        if production && config.enabled && !config.in_redis() {
            tracing::warn!(
                "sessions are kept in memory: they end with this process and are not shared between nodes"
            );
        }
        let memory = Arc::new(MemoryStore::new(config.max_sessions));
        Ok(Self::over(config, key, production, memory.clone(), Some(memory)))
    }

    /// The same, connected to where they are kept.
    ///
    /// # Errors
    /// Settings that cannot work, and a Redis that cannot be reached.
    pub(crate) async fn connect(
        config: &SessionConfig,
        key: CookieKey,
        production: bool,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        #[cfg(feature = "redis")]
        if config.enabled
            && config.in_redis()
            && let Some(url) = &config.url
        {
            let store = super::RedisStore::connect(url, &config.prefix).await.map_err(|error| {
                let why = format!("Redis cannot be used: {error}; start it, or correct the url");
                ConfigError::invalid("session", "url", why)
            })?;
            return Ok(Self::over(config, key, production, Arc::new(store), None));
        }
        Self::new(config, key, production)
    }

    /// The same over any store.
    fn over(
        config: &SessionConfig,
        key: CookieKey,
        production: bool,
        store: Arc<dyn SessionStore>,
        memory: Option<Arc<MemoryStore>>,
    ) -> Self {
        let lifetime = config.lifetime().try_into().unwrap_or(Duration::days(365)).min(Duration::days(3650));
        Self(Arc::new(Inner {
            config: config.clone(),
            key,
            production,
            lifetime,
            store,
            memory,
            listeners: RwLock::default(),
        }))
    }

    /// The number of sessions that are kept in this process; nothing where they are kept elsewhere.
    pub(crate) fn count(&self) -> Option<usize> {
        self.0.memory.as_ref().map(|memory| memory.count())
    }

    /// Asks where sessions are kept for nothing but an answer.
    pub(crate) async fn ping(&self) -> Result<(), SessionError> {
        self.0.store.load(&SessionId::default()).await?;
        Ok(())
    }

    /// The settings.
    pub fn config(&self) -> &SessionConfig {
        &self.0.config
    }

    /// The session that the cookies of these headers name, without loading it; nothing if the signature is wrong.
    pub fn id_of(&self, headers: &HeaderMap) -> Option<SessionId> {
        cookies::find_signed(headers, &self.0.config.name, &self.0.key)?.parse().ok()
    }

    /// The same of one `cookie` header.
    pub(crate) fn id_in(&self, cookie: &HeaderValue) -> Option<SessionId> {
        self.id_of(&HeaderMap::from_iter([(header::COOKIE, cookie.clone())]))
    }

    /// The session that the cookies of these headers name, or a new one.
    pub(crate) async fn open(&self, headers: &HeaderMap) -> Result<Session, SessionError> {
        self.open_by(self.id_of(headers)).await
    }

    /// The session with this id, or a new one.
    pub(crate) async fn open_by(&self, id: Option<SessionId>) -> Result<Session, SessionError> {
        if let Some(id) = id
            && let Some(record) = self.0.store.load(&id).await?
        {
            return Ok(Session::stored(self.clone(), record));
        }
        Ok(Session::fresh(self.clone()))
    }

    /// Writes what a session has changed; the answer is the `set-cookie` that the browser needs.
    pub(crate) async fn close(&self, session: &Session) -> Result<Option<HeaderValue>, SessionError> {
        let Some(pending) = session.pending() else { return Ok(None) };
        let mut id = pending.id;
        let changed = !pending.changes.is_empty();
        match pending.stage {
            Stage::Ended => return Ok(None),
            Stage::New => {
                let record = self.create(pending.data).await?;
                id = record.id;
                session.stored_as(id, record.expiry_date);
            }
            Stage::Stored if !changed && !self.is_due(pending.expiry) => {}
            Stage::Stored => {
                // Loaded anew, so that only what this request has changed is overwritten.
                let Some(mut record) = self.0.store.load(&id).await? else {
                    // Ended by another request meanwhile: writing would bring it back.
                    return Ok(None);
                };
                for (key, value) in pending.changes {
                    match value {
                        Some(value) => record.data.insert(key, value),
                        None => record.data.remove(&key),
                    };
                }
                record.expiry_date = self.expiry();
                self.0.store.save(&record).await?;
            }
        }
        // A cookie that the browser drops at a certain time is renewed with each change, as Express does.
        let renewed = changed && self.0.config.cookie.max_age.is_some();
        if !pending.cookie_due && !renewed {
            return Ok(None);
        }
        Ok(self.cookie(&id).to_header().ok())
    }

    /// Stores a new session.
    pub(super) async fn create(&self, data: HashMap<String, Value>) -> Result<Record, SessionError> {
        let mut record = Record { id: SessionId::default(), data, expiry_date: self.expiry() };
        self.0.store.create(&mut record).await?;
        Ok(record)
    }

    /// Deletes a session and tells who listens.
    pub(super) async fn end(&self, id: &SessionId) -> Result<(), SessionError> {
        let deleted = self.0.store.delete(id).await;
        self.ended(id);
        Ok(deleted?)
    }

    /// Tells all listeners that this id is worth nothing any more: it was destroyed or rotated.
    ///
    /// The one place that every end goes through, whatever the store.
    pub fn ended(&self, id: &SessionId) {
        for listener in self.0.listeners.read().unwrap_or_else(PoisonError::into_inner).iter() {
            listener(id);
        }
    }

    /// Calls this whenever a session has ended. What it calls must not wait and must not add listeners.
    pub fn on_ended(&self, listener: impl Fn(&SessionId) + Send + Sync + 'static) {
        self.0.listeners.write().unwrap_or_else(PoisonError::into_inner).push(Box::new(listener));
    }

    /// The session of a connecting socket: the `cookie` header that its requests shall carry from now on, where the one
    /// it came with names no session. The other cookies of the handshake stay in it.
    ///
    /// Nothing is made for a handshake with the header `nosession`, nor where sessions are switched off.
    pub async fn handshake(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let refused = headers.get("nosession").is_some_and(|value| !value.is_empty());
        if refused || !self.0.config.enabled {
            return None;
        }
        let session = match self.open(headers).await {
            Ok(session) => session,
            Err(error) => {
                tracing::error!("no session for a connecting socket: {error}");
                return None;
            }
        };
        match self.close(&session).await {
            // The session was there already.
            Ok(None) => None,
            Ok(Some(_)) => self.cookie_header(headers, &session.id()?),
            Err(error) => {
                tracing::error!("the session of a connecting socket was not saved: {error}");
                None
            }
        }
    }

    /// The `cookie` header of these headers with this session in place of the one it names.
    fn cookie_header(&self, headers: &HeaderMap, id: &SessionId) -> Option<HeaderValue> {
        let mut text = self.cookie(id).to_pair();
        let raw = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        for pair in raw.flat_map(|value| value.split(';')).map(str::trim) {
            let name = pair.split_once('=').map_or(pair, |(name, _)| name.trim());
            if !pair.is_empty() && name != self.0.config.name {
                text.push_str("; ");
                text.push_str(pair);
            }
        }
        HeaderValue::from_str(&text).ok()
    }

    fn cookie(&self, id: &SessionId) -> cookies::Cookie {
        let value = format!("s:{}", self.0.key.sign(&id.to_string()));
        self.0.config.cookie(&value, self.0.production)
    }

    fn expiry(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc().checked_add(self.0.lifetime).unwrap_or(OffsetDateTime::now_utc())
    }

    /// An untouched session is prolonged in steps, not with every request; where the browser drops its cookie at a
    /// certain time, not at all.
    fn is_due(&self, expiry: Option<OffsetDateTime>) -> bool {
        let step = self.0.lifetime / 20;
        self.0.config.cookie.max_age.is_none() && expiry.is_none_or(|expiry| self.expiry() - expiry > step)
    }
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sessions").field("config", &self.0.config.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;
    use std::sync::Mutex;

    fn sessions() -> Sessions {
        Sessions::new(&SessionConfig::default(), CookieKey::new("keyboard-cat"), false).unwrap()
    }

    /// The headers of the next request of a browser that was answered so.
    fn next(set_cookie: &HeaderValue) -> HeaderMap {
        let pair = set_cookie.to_str().unwrap().split(';').next().unwrap();
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(pair).unwrap())])
    }

    async fn first_contact(sessions: &Sessions) -> HeaderMap {
        let session = sessions.open(&HeaderMap::new()).await.unwrap();
        next(&sessions.close(&session).await.unwrap().unwrap())
    }

    #[tokio::test]
    async fn ht_85_first_contact_sets_a_cookie_and_the_second_does_not() {
        let sessions = sessions();
        let session = sessions.open(&HeaderMap::new()).await.unwrap();
        let cookie = sessions.close(&session).await.unwrap().unwrap();
        let text = cookie.to_str().unwrap();
        assert!(text.starts_with("sails.sid=s%3A") && text.contains("; Path=/; HttpOnly"), "{text}");
        let again = sessions.open(&next(&cookie)).await.unwrap();
        assert_eq!(again.id(), session.id());
        assert_eq!(sessions.close(&again).await.unwrap(), None);
    }

    #[tokio::test]
    async fn what_is_set_is_found_by_the_next_request() {
        let sessions = sessions();
        let browser = first_contact(&sessions).await;
        let session = sessions.open(&browser).await.unwrap();
        session.set("count", 1).await.unwrap();
        session.set("who", json!({ "name": "Ann" })).await.unwrap();
        sessions.close(&session).await.unwrap();
        let session = sessions.open(&browser).await.unwrap();
        assert_eq!(session.get::<i64>("count").await.unwrap(), Some(1));
        assert!(session.get::<String>("count").await.unwrap_err().to_string().contains("`count`"));
        session.remove("count").await.unwrap();
        sessions.close(&session).await.unwrap();
        let session = sessions.open(&browser).await.unwrap();
        assert_eq!(Value::Object(session.all().await.unwrap()), json!({ "who": { "name": "Ann" } }));
    }

    #[tokio::test]
    async fn ht_86_a_wrong_signature_or_an_unknown_id_starts_a_new_session() {
        let sessions = sessions();
        let browser = first_contact(&sessions).await;
        let known = sessions.open(&browser).await.unwrap().id();
        let text = browser[header::COOKIE].to_str().unwrap();
        let foreign = sessions.cookie(&SessionId::default()).to_pair();
        for wrong in
            [text[..text.len() - 1].to_owned(), text.replace("s%3A", ""), foreign, "sails.sid=".to_owned()]
        {
            let headers = HeaderMap::from_iter([(header::COOKIE, wrong.parse().unwrap())]);
            let session = sessions.open(&headers).await.unwrap();
            assert_ne!(session.id(), known, "{wrong}");
            assert!(sessions.close(&session).await.unwrap().is_some());
        }
    }

    #[tokio::test]
    async fn ht_87_a_destroyed_session_is_gone_and_its_listeners_know() {
        let sessions = sessions();
        let ended = Arc::new(Mutex::new(Vec::new()));
        let seen = ended.clone();
        sessions.on_ended(move |id| seen.lock().unwrap().push(*id));
        let browser = first_contact(&sessions).await;
        let session = sessions.open(&browser).await.unwrap();
        let id = session.id().unwrap();
        let slower = sessions.open(&browser).await.unwrap();
        slower.set("userId", 7).await.unwrap();
        session.destroy().await.unwrap();
        assert!(!session.is_some());
        assert!(matches!(session.set("a", 1).await, Err(SessionError::Ended)));
        assert_eq!(sessions.close(&session).await.unwrap(), None);
        assert_eq!(*ended.lock().unwrap(), [id]);
        // A request that was under way does not bring it back.
        sessions.close(&slower).await.unwrap();
        let after = sessions.open(&browser).await.unwrap();
        assert_ne!(after.id(), Some(id));
        assert!(after.all().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_rotated_session_keeps_its_data_under_a_new_id() {
        let sessions = sessions();
        let ended = Arc::new(Mutex::new(Vec::new()));
        let seen = ended.clone();
        sessions.on_ended(move |id| seen.lock().unwrap().push(*id));
        let browser = first_contact(&sessions).await;
        let session = sessions.open(&browser).await.unwrap();
        let old = session.id().unwrap();
        session.set("cart", 3).await.unwrap();
        session.regenerate().await.unwrap();
        session.set("userId", 7).await.unwrap();
        let cookie = sessions.close(&session).await.unwrap().unwrap();
        assert_eq!(*ended.lock().unwrap(), [old]);
        assert_ne!(sessions.open(&browser).await.unwrap().id(), Some(old));
        let session = sessions.open(&next(&cookie)).await.unwrap();
        assert_eq!(Value::Object(session.all().await.unwrap()), json!({ "cart": 3, "userId": 7 }));
    }

    #[tokio::test]
    async fn of_two_requests_at_once_the_last_wins_for_each_key() {
        let sessions = sessions();
        let browser = first_contact(&sessions).await;
        let (a, b) = (sessions.open(&browser).await.unwrap(), sessions.open(&browser).await.unwrap());
        a.set("count", 1).await.unwrap();
        a.set("a", true).await.unwrap();
        b.set("count", 2).await.unwrap();
        b.set("b", true).await.unwrap();
        sessions.close(&b).await.unwrap();
        sessions.close(&a).await.unwrap();
        let all = sessions.open(&browser).await.unwrap().all().await.unwrap();
        assert_eq!(Value::Object(all), json!({ "a": true, "b": true, "count": 1 }));
    }

    #[tokio::test]
    async fn a_session_is_bounded_and_its_private_values_are_hidden() {
        let sessions = sessions();
        let session = sessions.open(&HeaderMap::new()).await.unwrap();
        let big = "x".repeat(sessions.config().max_bytes);
        assert!(matches!(session.set("big", &big).await, Err(SessionError::TooLarge { .. })));
        for n in 0..100 {
            session.set("same", &big[..60_000 - n]).await.unwrap();
        }
        session.remove("same").await.unwrap();
        assert_eq!(session.private("secret", || "s".to_owned()).unwrap(), "s");
        assert_eq!(session.private("secret", || "t".to_owned()).unwrap(), "s");
        assert!(session.all().await.unwrap().is_empty());
        assert!(session.set("\u{1}secret", "mine").await.is_err());
    }

    #[tokio::test]
    async fn an_untouched_session_is_prolonged_in_steps() {
        let sessions = sessions();
        let browser = first_contact(&sessions).await;
        let id = sessions.id_of(&browser).unwrap();
        let expiry = async || sessions.0.store.load(&id).await.unwrap().unwrap().expiry_date;
        let first = expiry().await;
        sessions.close(&sessions.open(&browser).await.unwrap()).await.unwrap();
        assert_eq!(expiry().await, first);
        let mut old = sessions.0.store.load(&id).await.unwrap().unwrap();
        old.expiry_date -= Duration::hours(20);
        sessions.0.store.save(&old).await.unwrap();
        sessions.close(&sessions.open(&browser).await.unwrap()).await.unwrap();
        assert!(expiry().await >= first);
    }

    #[tokio::test]
    async fn a_cookie_with_an_age_is_renewed_with_each_change() {
        let mut config = SessionConfig::default();
        config.cookie.max_age = Some(60_000);
        let sessions = Sessions::new(&config, CookieKey::new("k"), false).unwrap();
        let browser = first_contact(&sessions).await;
        let session = sessions.open(&browser).await.unwrap();
        assert_eq!(sessions.close(&session).await.unwrap(), None);
        session.set("a", 1).await.unwrap();
        let cookie = sessions.close(&session).await.unwrap().unwrap();
        assert!(cookie.to_str().unwrap().contains("; Max-Age=60; "), "{cookie:?}");
    }

    #[tokio::test]
    async fn a_request_without_a_session_reads_nothing_and_refuses_to_write() {
        let none = Session::none();
        assert!(!none.is_some());
        assert_eq!(none.get::<i64>("a").await.unwrap(), None);
        assert!(none.set("a", 1).await.unwrap_err().to_string().contains("has no session"));
    }

    #[tokio::test]
    async fn rt_a_handshake_gets_a_session_only_where_it_has_none() {
        let sessions = sessions();
        let made = sessions.handshake(&HeaderMap::new()).await.unwrap();
        let headers = HeaderMap::from_iter([(header::COOKIE, made)]);
        assert!(sessions.id_of(&headers).is_some());
        assert_eq!(sessions.handshake(&headers).await, None);
        let mut bad =
            HeaderMap::from_iter([(header::COOKIE, "a=1; sails.sid=s%3Ax.y; b=2".parse().unwrap())]);
        let made = sessions.handshake(&bad).await.unwrap();
        let text = made.to_str().unwrap();
        assert!(text.starts_with("sails.sid=s%3A") && text.ends_with("; a=1; b=2"), "{text}");
        bad.insert("nosession", "true".parse().unwrap());
        assert_eq!(sessions.handshake(&bad).await, None);
    }
}
