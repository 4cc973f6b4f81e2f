//! Many-to-many: a generated table holds pairs of keys.

use std::collections::HashSet;

use sea_query::{Alias, Expr, ExprTrait, InsertStatement, OnConflict, Query};
use serde_json::Value;

use super::{super::keys::Key, Edit, Side, keyed::reached};
use crate::{
    change::{Change, ChangeVerb},
    criteria::Where,
    datastore::bind,
    error::{OrmError, Result},
    model::{Kind, Storage},
    tx::Unit,
};

/// How often a link is tried again when others link the same pair at the same time.
const ATTEMPTS: u32 = 5;

pub(super) async fn edit(
    unit: &mut Unit<'_>,
    side: &Side,
    parents: &[Value],
    children: &[Value],
    how: Edit,
    condition: &Where,
) -> Result<Vec<Change>> {
    let Storage::Join { table, mine, theirs } = &side.association.storage else { return Ok(vec![]) };
    let pairs = Pairs::new(side, table, mine, theirs);
    let staying: HashSet<Key> = children.iter().filter_map(Key::of).collect();
    let leaves = |member: &Value| Key::of(member).is_some_and(|key| !staying.contains(&key));
    let mut changes = vec![];
    for parent in parents {
        match how {
            Edit::Add => {}
            Edit::Remove => changes.extend(pairs.remove(unit, parent, children).await?),
            Edit::Replace => {
                let leaving = pairs.of(unit, parent).await?.into_iter().filter(leaves).collect();
                let leaving = reached(unit, &side.target, leaving, condition).await?;
                changes.extend(pairs.remove(unit, parent, &leaving).await?);
            }
        }
        if how != Edit::Remove {
            changes.extend(pairs.add(unit, parent, children).await?);
        }
    }
    Ok(changes)
}

/// Takes children that go out of the collections of whatever parents.
pub(super) async fn leave(unit: &mut Unit<'_>, side: &Side, children: &[Value]) -> Result<()> {
    let Storage::Join { table, mine, theirs } = &side.association.storage else { return Ok(()) };
    let pairs = Pairs::new(side, table, mine, theirs);
    let mut by_parent: Vec<(Value, Vec<Value>)> = vec![];
    for chunk in children.chunks(unit.dialect.chunk()) {
        let mut select = Query::select();
        let among = chunk.iter().map(|c| bind(pairs.their_kind, c));
        select
            .columns([Alias::new(mine), Alias::new(theirs)])
            .from(Alias::new(table))
            .and_where(Expr::col(Alias::new(theirs)).is_in(among))
            .order_by(Alias::new(mine), sea_query::Order::Asc);
        for row in unit.fetch(&side.model, &select).await? {
            let (parent, child) = (row.key(0, pairs.my_kind)?, row.key(1, pairs.their_kind)?);
            match by_parent.last_mut() {
                Some((last, members)) if *last == parent => members.push(child),
                _ => by_parent.push((parent, vec![child])),
            }
        }
    }
    for (parent, members) in by_parent {
        pairs.remove(unit, &parent, &members).await?;
    }
    Ok(())
}

struct Pairs<'a> {
    side: &'a Side,
    table: &'a str,
    mine: &'a str,
    theirs: &'a str,
    my_kind: Kind,
    their_kind: Kind,
}

impl<'a> Pairs<'a> {
    fn new(side: &'a Side, table: &'a str, mine: &'a str, theirs: &'a str) -> Self {
        let (my_kind, their_kind) = (side.model.pk().value_kind(), side.association.key_kind);
        Self { side, table, mine, theirs, my_kind, their_kind }
    }

    /// The members of a parent.
    async fn of(&self, unit: &mut Unit<'_>, parent: &Value) -> Result<Vec<Value>> {
        let mut select = Query::select();
        select
            .column(Alias::new(self.theirs))
            .from(Alias::new(self.table))
            .and_where(self.belongs_to(parent))
            .order_by(Alias::new(self.theirs), sea_query::Order::Asc);
        let rows = unit.fetch(&self.side.model, &select).await?;
        rows.iter().map(|r| r.key(0, self.their_kind).map_err(OrmError::from)).collect()
    }

    /// Links those that are not linked yet.
    async fn add(&self, unit: &mut Unit<'_>, parent: &Value, children: &[Value]) -> Result<Vec<Change>> {
        let mut linked = HashSet::new();
        if !unit.dialect.returns_rows() {
            for chunk in children.chunks(unit.dialect.chunk() / 2) {
                linked.extend(self.add_missing(unit, parent, chunk).await?);
            }
            return self.note(unit, ChangeVerb::Link, parent, children, &linked);
        }
        // Two values per row.
        for chunk in children.chunks(unit.dialect.chunk() / 2) {
            let mut insert = Query::insert();
            insert
                .into_table(Alias::new(self.table))
                .columns([Alias::new(self.mine), Alias::new(self.theirs)])
                .on_conflict(OnConflict::new().do_nothing().to_owned())
                .returning(Query::returning().column(Alias::new(self.theirs)));
            self.values(&mut insert, parent, chunk);
            for row in unit.fetch(&self.side.model, &insert).await? {
                linked.extend(Key::of(&row.key(0, self.their_kind)?));
            }
        }
        self.note(unit, ChangeVerb::Link, parent, children, &linked)
    }

    /// Links those that are not linked yet, by looking first.
    async fn add_missing(
        &self,
        unit: &mut Unit<'_>,
        parent: &Value,
        children: &[Value],
    ) -> Result<HashSet<Key>> {
        let mut attempt = 1;
        loop {
            let linked = self.linked(unit, parent, children).await?;
            let missing: Vec<Value> = children
                .iter()
                .filter(|c| Key::of(c).is_some_and(|k| !linked.contains(&k)))
                .cloned()
                .collect();
            if missing.is_empty() {
                return Ok(HashSet::new());
            }
            let mut insert = Query::insert();
            insert
                .into_table(Alias::new(self.table))
                .columns([Alias::new(self.mine), Alias::new(self.theirs)]);
            self.values(&mut insert, parent, &missing);
            match unit.execute(&self.side.model, &insert).await {
                Ok(_) => return Ok(missing.iter().filter_map(Key::of).collect()),
                // Somebody else has linked one of them in between; the statement did nothing.
                Err(OrmError::Unique { .. }) if attempt < ATTEMPTS => attempt += 1,
                Err(e) => return Err(e),
            }
        }
    }

    /// Those of the children that are linked, locked.
    async fn linked(&self, unit: &mut Unit<'_>, parent: &Value, children: &[Value]) -> Result<HashSet<Key>> {
        let mut select = Query::select();
        let among = children.iter().map(|c| bind(self.their_kind, c));
        select
            .column(Alias::new(self.theirs))
            .from(Alias::new(self.table))
            .and_where(self.belongs_to(parent))
            .and_where(Expr::col(Alias::new(self.theirs)).is_in(among));
        unit.dialect.lock(&mut select);
        let mut linked = HashSet::new();
        for row in unit.fetch(&self.side.model, &select).await? {
            linked.extend(Key::of(&row.key(0, self.their_kind)?));
        }
        Ok(linked)
    }

    fn values(&self, insert: &mut InsertStatement, parent: &Value, children: &[Value]) {
        for child in children {
            insert.values_panic([
                Expr::val(bind(self.my_kind, parent)),
                Expr::val(bind(self.their_kind, child)),
            ]);
        }
    }

    /// Unlinks those that are linked.
    async fn remove(&self, unit: &mut Unit<'_>, parent: &Value, children: &[Value]) -> Result<Vec<Change>> {
        let mut unlinked = HashSet::new();
        for chunk in children.chunks(unit.dialect.chunk()) {
            let mut delete = Query::delete();
            let among = chunk.iter().map(|c| bind(self.their_kind, c));
            delete
                .from_table(Alias::new(self.table))
                .and_where(self.belongs_to(parent))
                .and_where(Expr::col(Alias::new(self.theirs)).is_in(among));
            if !unit.dialect.returns_rows() {
                unlinked.extend(self.linked(unit, parent, chunk).await?);
                unit.execute(&self.side.model, &delete).await?;
                continue;
            }
            delete.returning(Query::returning().column(Alias::new(self.theirs)));
            for row in unit.fetch(&self.side.model, &delete).await? {
                unlinked.extend(Key::of(&row.key(0, self.their_kind)?));
            }
        }
        self.note(unit, ChangeVerb::Unlink, parent, children, &unlinked)
    }

    fn note(
        &self,
        unit: &mut Unit<'_>,
        verb: ChangeVerb,
        parent: &Value,
        children: &[Value],
        touched: &HashSet<Key>,
    ) -> Result<Vec<Change>> {
        let mut changes = vec![];
        for child in children.iter().filter(|c| Key::of(c).is_some_and(|k| touched.contains(&k))) {
            let change = self.side.membership(verb, parent, child);
            unit.note(change.clone())?;
            changes.push(change);
        }
        Ok(changes)
    }

    fn belongs_to(&self, parent: &Value) -> Expr {
        Expr::col(Alias::new(self.mine)).eq(bind(self.my_kind, parent))
    }
}
