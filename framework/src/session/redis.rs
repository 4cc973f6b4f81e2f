//! Sessions in Redis, shared by all nodes.

use async_trait::async_trait;
use redis::{
    Client, ExistenceCheck, RedisError, RedisResult, SetExpiry, SetOptions,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::HashMap, fmt, time::Duration};
use time::OffsetDateTime;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store,
};

/// Redis must have answered within this time, or the request fails that needs the session.
const ANSWER: Duration = Duration::from_secs(2);

/// Keeps sessions in Redis, as JSON, each until it expires.
///
/// While Redis is away, requests have no session; the connection mends itself.
#[derive(Clone)]
pub struct RedisStore {
    connection: ConnectionManager,
    prefix: String,
}

#[derive(Serialize, Deserialize)]
struct Stored<T> {
    data: T,
    /// Unix seconds.
    expires: i64,
}

impl RedisStore {
    /// Connects; the keys of the sessions begin with `prefix`.
    ///
    /// # Errors
    /// When the address is none, and when Redis there cannot be reached.
    pub async fn connect(url: &str, prefix: &str) -> RedisResult<Self> {
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_connection_timeout(Some(ANSWER))
            .set_response_timeout(Some(ANSWER));
        let connection = ConnectionManager::new_with_config(Client::open(url)?, config).await?;
        Ok(Self { connection, prefix: prefix.to_owned() })
    }

    fn key(&self, id: &Id) -> String {
        format!("{}{id}", self.prefix)
    }

    /// Writes the record if its key is there, or is not; gives whether that was so.
    async fn write(&self, record: &Record, only: ExistenceCheck) -> session_store::Result<bool> {
        let expires = record.expiry_date.unix_timestamp();
        let stored = Stored { data: &record.data, expires };
        let json = serde_json::to_string(&stored).map_err(|e| session_store::Error::Encode(e.to_string()))?;
        let options = SetOptions::default()
            .conditional_set(only)
            // Redis takes no moment before 1970.
            .with_expiration(SetExpiry::EXAT(expires.max(1).unsigned_abs()));
        let answer: Option<String> = redis::cmd("SET")
            .arg(self.key(&record.id))
            .arg(json)
            .arg(options)
            .query_async(&mut self.connection.clone())
            .await
            .map_err(failed)?;
        Ok(answer.is_some())
    }
}

fn failed(error: RedisError) -> session_store::Error {
    session_store::Error::Backend(format!("Redis: {error}"))
}

#[async_trait]
impl SessionStore for RedisStore {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        while !self.write(record, ExistenceCheck::NX).await? {
            record.id = Id::default();
        }
        Ok(())
    }

    /// One that has ended meanwhile stays ended.
    async fn save(&self, record: &Record) -> session_store::Result<()> {
        self.write(record, ExistenceCheck::XX).await.map(drop)
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let found: Option<String> = redis::cmd("GET")
            .arg(self.key(id))
            .query_async(&mut self.connection.clone())
            .await
            .map_err(failed)?;
        let Some(json) = found else { return Ok(None) };
        let wrong = |why: String| session_store::Error::Decode(why);
        let Stored { data, expires } = serde_json::from_str::<Stored<HashMap<String, Value>>>(&json)
            .map_err(|e| wrong(e.to_string()))?;
        let expiry_date = OffsetDateTime::from_unix_timestamp(expires).map_err(|e| wrong(e.to_string()))?;
        Ok((expiry_date > OffsetDateTime::now_utc()).then_some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        redis::cmd("DEL").arg(self.key(id)).query_async(&mut self.connection.clone()).await.map_err(failed)
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use time::Duration;

    async fn store() -> RedisStore {
        let url = std::env::var("TOPSAIL_TEST_REDIS").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
        let prefix = format!("test-{:032x}:", rand::random::<u128>());
        RedisStore::connect(&url, &prefix).await.expect("these tests need a Redis: start `redis-server`")
    }

    fn record(value: i64, seconds: i64) -> Record {
        let now = OffsetDateTime::from_unix_timestamp(OffsetDateTime::now_utc().unix_timestamp()).unwrap();
        Record {
            id: Id::default(),
            data: [("n".to_owned(), value.into())].into_iter().collect(),
            expiry_date: now + Duration::seconds(seconds),
        }
    }

    #[tokio::test]
    async fn an_id_that_exists_is_never_overwritten_by_create() {
        let store = store().await;
        let mut first = record(1, 60);
        store.create(&mut first).await.unwrap();
        let mut second = Record { id: first.id, ..record(2, 60) };
        store.create(&mut second).await.unwrap();
        assert_ne!(first.id, second.id);
        assert_eq!(store.load(&first.id).await.unwrap(), Some(first));
        assert_eq!(store.load(&second.id).await.unwrap(), Some(second));
    }

    #[tokio::test]
    async fn one_that_has_ended_is_not_brought_back_by_save() {
        let store = store().await;
        let mut session = record(1, 60);
        store.create(&mut session).await.unwrap();
        session.data.insert("n".to_owned(), 2.into());
        store.save(&session).await.unwrap();
        assert_eq!(store.load(&session.id).await.unwrap(), Some(session.clone()));
        store.delete(&session.id).await.unwrap();
        store.save(&session).await.unwrap();
        assert_eq!(store.load(&session.id).await.unwrap(), None);
    }

    #[tokio::test]
    async fn expired_sessions_are_not_found() {
        let store = store().await;
        for seconds in [-1, -10_000_000_000] {
            let mut old = record(1, seconds);
            store.create(&mut old).await.unwrap();
            assert_eq!(store.load(&old.id).await.unwrap(), None);
        }
    }
}
