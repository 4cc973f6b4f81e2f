//! One migration: its script, the note that it was applied, and what `alter` is to know, together.

use super::{Run, around};
use crate::{
    datastore::{Dialect, Link, Statement, Way, migration},
    error::{DatabaseError, OrmError, Result},
    migrate::{
        memory,
        versioned::{MigrationError, folder::Migration, snapshot::Snapshot, text::statements},
    },
};

impl Run {
    /// Runs one script. Gives whether there was anything to do: in SQLite, where nobody can be kept out before,
    /// somebody else may have done it by now.
    pub(super) async fn one(&self, file: &Migration, text: &str, way: Way) -> Result<bool> {
        let sent = if self.dialect.is_mysql() { numbered(self.dialect, text) } else { text.to_owned() };
        let mut script = migration(file.version, &file.name, &file.up, sent, way);
        if self.dialect.is_mysql() || text.starts_with("-- no-transaction") {
            script.no_tx = true;
            if let Err(source) = self.alone.run_migration(&script, way).await {
                return Err(self.failed(file, text, source, false).await);
            }
            let mut link = self.alone.begin_write().await?;
            self.remember(&mut link, file.version, way).await?;
            link.commit().await?;
            return Ok(true);
        }
        let mut link = self.alone.begin_write().await?;
        let there = link.applied_migrations().await?.iter().any(|a| a.version == file.version);
        if there != (way == Way::Down) {
            link.rollback().await?;
            return Ok(false);
        }
        if let Err(source) = link.run_migration(&script, way).await {
            link.rollback().await?;
            return Err(self.failed(file, text, source, true).await);
        }
        self.remember(&mut link, file.version, way).await?;
        if self.dialect == Dialect::Sqlite && way != Way::Skip {
            check_foreign_keys(&mut link, file).await?;
        }
        link.commit().await?;
        Ok(true)
    }

    /// Tells `alter` what is there now, so that it can go on from here.
    async fn remember(&self, link: &mut Link, version: i64, way: Way) -> Result<()> {
        let (after, before) = around(&self.files, version);
        let (now, former) = if way == Way::Down { (before, after) } else { (after, before) };
        let tables = |s: Option<&'_ Snapshot>| s.map(|s| s.tables.clone()).unwrap_or_default();
        let (now, former) = (tables(now), tables(former));
        for gone in former.iter().filter(|t| !now.iter().any(|n| n.name == t.name)) {
            memory::forget(self.dialect, link, &gone.name).await?;
        }
        for table in now {
            memory::remember(self.dialect, link, &table.to_def()).await?;
        }
        Ok(())
    }

    async fn failed(&self, file: &Migration, text: &str, source: DatabaseError, undone: bool) -> OrmError {
        let all = statements(self.dialect, text).unwrap_or_default();
        let at = match source.position() {
            Some(at) => statement_at(text, &all, at),
            None if self.dialect.is_mysql() => self.alone.last_statement().await,
            None => None,
        };
        let statement = at.and_then(|i| all.get(i)).map(|s| (*s).to_owned());
        MigrationError::Statement { migration: file.label(), statement, undone, source }.into()
    }
}

/// The statement that the character of this number is in, counted from 1.
fn statement_at(text: &str, all: &[&str], character: usize) -> Option<usize> {
    let (at, _) = text.char_indices().nth(character.checked_sub(1)?)?;
    let mut searched = 0;
    all.iter().position(|statement| {
        let begin = text[searched..].find(statement).map_or(searched, |found| searched + found);
        searched = begin + statement.len();
        at < searched
    })
}

/// The text with a note before each statement of which it is, since the database tells only that one has failed.
fn numbered(dialect: Dialect, text: &str) -> String {
    let Some(all) = statements(dialect, text) else { return text.to_owned() };
    let mut numbered = String::from("SET @topsail_statement = 0");
    for (i, statement) in all.iter().enumerate() {
        numbered.push_str(&format!(";\nSET @topsail_statement = {};\n{statement}", i + 1));
    }
    numbered
}

/// # Errors
/// [`MigrationError::ForeignKeys`] if rows point at rows that are not there.
async fn check_foreign_keys(link: &mut Link, file: &Migration) -> Result<()> {
    let sql = "SELECT DISTINCT \"table\", parent FROM pragma_foreign_key_check";
    let mut pairs = vec![];
    for row in link.fetch(Statement::fixed(sql, vec![])).await? {
        pairs.push(format!(
            "rows of `{}` point at rows of `{}` that are not there",
            row.text(0)?,
            row.text(1)?
        ));
    }
    if pairs.is_empty() {
        return Ok(());
    }
    Err(MigrationError::ForeignKeys { migration: file.label(), problem: pairs.join(", ") }.into())
}
