//! Sessions in this process.

use async_trait::async_trait;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use time::OffsetDateTime;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store,
};

/// Keeps sessions in this process: fast, bounded, and gone with it.
///
/// Sessions without data (every first contact makes one) are kept apart, so that a flood of them pushes out no session
/// that holds something.
#[derive(Debug)]
pub struct MemoryStore(Mutex<Shelves>);

#[derive(Debug)]
struct Shelves {
    full: Shelf,
    empty: Shelf,
}

#[derive(Debug)]
struct Shelf {
    records: HashMap<Id, Record>,
    capacity: usize,
}

impl MemoryStore {
    /// A store of at most `capacity` sessions with data and as many without.
    pub fn new(capacity: usize) -> Self {
        let shelf = || Shelf { records: HashMap::new(), capacity: capacity.max(1) };
        Self(Mutex::new(Shelves { full: shelf(), empty: shelf() }))
    }

    /// The number of sessions, those included that have expired and are not dropped yet.
    pub fn count(&self) -> usize {
        let shelves = self.shelves();
        shelves.full.records.len() + shelves.empty.records.len()
    }

    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelves {
    fn put(&mut self, record: Record) {
        self.remove(&record.id);
        let shelf = if record.data.is_empty() { &mut self.empty } else { &mut self.full };
        shelf.make_room();
        shelf.records.insert(record.id, record);
    }

    fn remove(&mut self, id: &Id) {
        self.full.records.remove(id);
        self.empty.records.remove(id);
    }

    fn get(&self, id: &Id) -> Option<&Record> {
        self.full.records.get(id).or_else(|| self.empty.records.get(id))
    }
}

impl Shelf {
    /// Drops what has expired and, where that is not enough, the hundredth part that would expire first.
    fn make_room(&mut self) {
        if self.records.len() < self.capacity {
            return;
        }
        let now = OffsetDateTime::now_utc();
        self.records.retain(|_, record| record.expiry_date > now);
        if self.records.len() < self.capacity {
            return;
        }
        let mut by_expiry: Vec<(OffsetDateTime, Id)> =
            self.records.values().map(|r| (r.expiry_date, r.id)).collect();
        let dropped = (self.capacity / 100).max(1).min(by_expiry.len());
        by_expiry.select_nth_unstable_by_key(dropped - 1, |(expiry, _)| *expiry);
        for (_, id) in &by_expiry[..dropped] {
            self.records.remove(id);
        }
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        let mut shelves = self.shelves();
        while shelves.get(&record.id).is_some() {
            record.id = Id::default();
        }
        shelves.put(record.clone());
        Ok(())
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        self.shelves().put(record.clone());
        Ok(())
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let shelves = self.shelves();
        Ok(shelves.get(id).filter(|record| record.expiry_date > OffsetDateTime::now_utc()).cloned())
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        self.shelves().remove(id);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use time::Duration;

    fn record(value: Option<i64>, seconds: i64) -> Record {
        Record {
            id: Id::default(),
            data: value.map(|v| ("n".to_owned(), v.into())).into_iter().collect(),
            expiry_date: OffsetDateTime::now_utc() + Duration::seconds(seconds),
        }
    }

    #[tokio::test]
    async fn an_id_that_exists_is_never_overwritten_by_create() {
        let store = MemoryStore::new(10);
        let mut first = record(Some(1), 60);
        store.create(&mut first).await.unwrap();
        let mut second = Record { id: first.id, ..record(Some(2), 60) };
        store.create(&mut second).await.unwrap();
        assert_ne!(first.id, second.id);
        assert_eq!(store.load(&first.id).await.unwrap(), Some(first));
    }

    #[tokio::test]
    async fn expired_sessions_are_not_found() {
        let store = MemoryStore::new(10);
        let mut old = record(Some(1), -1);
        store.create(&mut old).await.unwrap();
        assert_eq!(store.load(&old.id).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_flood_of_empty_sessions_pushes_out_none_with_data() {
        let store = MemoryStore::new(5);
        let mut kept = record(Some(1), 60);
        store.create(&mut kept).await.unwrap();
        for n in 0..100 {
            store.create(&mut record(None, 100 + n)).await.unwrap();
        }
        assert!(store.load(&kept.id).await.unwrap().is_some());
        assert!(store.shelves().empty.records.len() <= 5);
    }

    #[tokio::test]
    async fn beyond_the_capacity_the_one_that_would_expire_first_goes() {
        let store = MemoryStore::new(2);
        let mut records = [record(Some(1), 100), record(Some(2), 50), record(Some(3), 200)];
        for record in &mut records {
            store.create(record).await.unwrap();
        }
        assert!(store.load(&records[0].id).await.unwrap().is_some());
        assert!(store.load(&records[1].id).await.unwrap().is_none());
        assert!(store.load(&records[2].id).await.unwrap().is_some());
    }
}
