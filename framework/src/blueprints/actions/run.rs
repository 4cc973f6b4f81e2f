//! One run of a blueprint action: what all nine need.

use crate::{
    App, Error, Outcome, Req,
    blueprints::{
        BlueprintAction, BlueprintParsers, errors,
        options::{Asked, BlueprintOptions},
        output,
    },
    error::Result,
};
use serde_json::Value;
use std::sync::Arc;
use topsail_orm::{
    AttrDef, Change, ChangeVerb, Context, Criteria, Executor, ModelDef, Origin, Orm, OrmError, Populate,
    Record, Tx, Where, WhereLimits,
    engine::{self, Edited, Keyed},
};

/// The request, the model it is about, and which action it asks for.
#[derive(Clone)]
pub(in crate::blueprints) struct Run {
    pub(in crate::blueprints) app: App,
    pub(in crate::blueprints) req: Req,
    pub(in crate::blueprints) model: Arc<ModelDef>,
    parsers: Arc<BlueprintParsers>,
    which: BlueprintAction,
}

impl Run {
    pub(super) fn new(
        app: App,
        req: Req,
        model: Arc<ModelDef>,
        parsers: Arc<BlueprintParsers>,
        which: BlueprintAction,
    ) -> Self {
        Self { app, req, model, parsers, which }
    }

    /// What the request asks for, after the app has had its say.
    pub(super) fn options(&self) -> Result<BlueprintOptions> {
        let options = self.known(BlueprintOptions::read(&self.asked(), self.which))?;
        self.parsers.apply(&self.req, options)
    }

    /// The same for each record of a list to be created; nothing where the request is about one record.
    pub(super) fn each_of_list(&self) -> Result<Option<Vec<BlueprintOptions>>> {
        let each = self.known(BlueprintOptions::read_each(&self.asked()))?;
        let seen = |each: Vec<_>| each.into_iter().map(|one| self.parsers.apply(&self.req, one)).collect();
        each.map(seen).transpose()
    }

    fn asked(&self) -> Asked<'_> {
        Asked::new(self.app.orm(), &self.model, &self.app.config().blueprints, &self.req)
    }

    /// The collection that the route names, and the model of its members.
    pub(super) fn collection(&self, options: &BlueprintOptions) -> Result<(&AttrDef, Arc<ModelDef>)> {
        let alias = options.alias.as_deref().unwrap_or_default();
        let Some((attr, association)) =
            self.model.attr(alias).and_then(|a| Some((a, a.association.as_ref()?)))
        else {
            return Err(Error::new(format!(
                "`{}/{}` needs the name of an association",
                self.model.identity, self.which
            )));
        };
        Ok((attr, self.known(self.app.orm().require_model(&association.target))?.clone()))
    }

    /// The result, its error as the answer to this request.
    pub(in crate::blueprints) fn known<T>(&self, result: Result<T, OrmError>) -> Result<T> {
        result.map_err(|error| errors::refuse(&self.req, error))
    }

    /// The context of the request, for criteria that were read from it.
    pub(in crate::blueprints) fn context(&self) -> Context<'_> {
        checked(&self.req.context())
    }

    /// The records that match.
    pub(in crate::blueprints) async fn find(
        &self,
        context: &Context<'_>,
        criteria: Criteria,
    ) -> Result<Vec<Record>> {
        self.known(engine::find(&checked(context), &self.model, criteria).await)
    }

    /// The record that matches, or the answer 404.
    pub(super) async fn find_one(&self, context: &Context<'_>, criteria: Criteria) -> Result<Record> {
        match self.known(engine::find_one(&checked(context), &self.model, criteria).await)? {
            Some(record) => Ok(record),
            None => crate::not_found(),
        }
    }

    /// The key of the parent that matches, or the answer 404; reads nothing else of it. The edit asks once more, under its
    /// lock: meanwhile the parent may have left what the app lets the client reach.
    pub(super) async fn parent(
        &self,
        context: &Context<'_>,
        mut criteria: Criteria,
    ) -> Result<(Value, Keyed)> {
        criteria.select = Some(vec![self.model.primary_key.clone().into()]);
        criteria.omit.clear();
        let reached = criteria.where_.clone();
        let key = self.model.key_of(&self.find_one(context, criteria).await?);
        let parents = Keyed::from(vec![key.clone()]).and_also(reached);
        Ok((key, parents))
    }

    /// The answer 404 unless all of these members exist, and satisfy the condition that the app's parser has set. The edit
    /// asks once more, as for the parent.
    pub(super) async fn members_exist(
        &self,
        context: &Context<'_>,
        target: &ModelDef,
        members: &Keyed,
    ) -> Result<()> {
        let keyed = Where::one_of(target.primary_key.clone(), members.keys.clone());
        let mut criteria = Criteria::new(keyed.and_also(members.condition.clone()));
        criteria.select = Some(vec![target.primary_key.clone().into()]);
        let found = self.known(engine::find(&checked(context), target, criteria).await)?;
        if found.len() < members.keys.len() { crate::not_found() } else { Ok(()) }
    }

    /// The record after the write, with what is populated; read again unless its image says all.
    pub(super) async fn again(
        &self,
        tx: &Tx,
        key: &Value,
        image: Option<Record>,
        populates: Vec<Populate>,
    ) -> Result<Record> {
        if let (Some(image), []) = (image, &*populates) {
            return Ok(image);
        }
        let mut criteria = Criteria::new(Where::eq(self.model.primary_key.clone(), key.clone()));
        criteria.populate = populates;
        self.find_one(&tx.all_or_nothing(), criteria).await
    }

    /// Starts the transaction of this write; it rolls back unless it is committed.
    pub(super) async fn begin(&self) -> Result<Tx> {
        let mut context = self.req.context();
        context.origin = Some(self.origin());
        Ok(context.begin_on(&self.model.datastore).await?)
    }

    /// Makes the write permanent and gives what it changed.
    pub(super) async fn commit(&self, tx: Tx) -> Result<Vec<Change>> {
        self.known(tx.commit().await)
    }

    /// Who asked, and whether they want to hear of it themselves: the route's `mirror`, else the configured one.
    pub(in crate::blueprints) fn origin(&self) -> Origin {
        let mut origin = self.req.context().origin.unwrap_or_default();
        origin.mirror |= self.app.config().blueprints.mirror;
        origin
    }

    /// 200 with this record.
    pub(super) fn answer(&self, record: Record) -> Outcome {
        output::one(self.app.orm(), &self.model, record)
    }

    /// 200 with these records.
    pub(super) fn answer_all(&self, records: Vec<Record>) -> Outcome {
        output::many(self.app.orm(), &self.model, records)
    }

    /// Gives the change of the record itself its populated image, as its event shows it.
    pub(super) fn show(&self, changes: &mut [Change], verb: ChangeVerb, key: &Value, image: &Record) {
        let own = changes.iter_mut().find(|change| {
            change.verb == verb
                && change.pk == *key
                && change.via.is_none()
                && change.model.identity == self.model.identity
        });
        let Some(change) = own else { return };
        match verb {
            ChangeVerb::Create => change.after = Some(image.clone()),
            _ => {
                let locked = change.before.take().unwrap_or_default();
                change.before = Some(as_locked(self.app.orm(), &self.model, image.clone(), locked));
            }
        }
    }
}

/// The context for criteria that were read within the limits of the wire. What is added to them is the server's own, so it
/// counts only against what databases take.
pub(super) fn checked<'a>(context: &Context<'a>) -> Context<'a> {
    let mut context = context.clone();
    context.meta.where_limits = Some(WhereLimits::MOST);
    // Every record is told; `max_bulk` says how many they are.
    context.meta.bulk_above = Some(usize::MAX);
    context
}

/// The answer 404, with which the write is undone, unless the edit has found the parent and all of these members.
pub(super) fn everybody(edited: &Edited, members: &[Value]) -> Result<()> {
    if edited.parents.is_empty() || edited.children.len() < members.len() {
        return crate::not_found();
    }
    Ok(())
}

/// The record with what is populated, and everything else as it was when the write had locked it: it may have changed
/// since it was populated.
fn as_locked(orm: &Orm, model: &ModelDef, mut shown: Record, locked: Record) -> Record {
    for (name, value) in locked {
        let target = model.attr(&name).and_then(|a| orm.model(&a.association.as_ref()?.target));
        let is_populated = match (shown.get(&name), target) {
            (Some(Value::Object(one)), Some(target)) => target.key_of(one) == value,
            _ => false,
        };
        if !is_populated {
            shown.insert(name, value);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;
    use topsail_orm::{AttrDef, Kind, Orm, OrmConfig};

    #[tokio::test]
    async fn w3_what_was_before_is_what_the_write_has_locked() {
        let mut user = ModelDef::new("User");
        user.attributes =
            vec![AttrDef::new("id", Kind::Int).as_primary_key(), AttrDef::new("name", Kind::Text)];
        let mut pet = ModelDef::new("Pet");
        pet.attributes = vec![
            AttrDef::new("id", Kind::Int).as_primary_key(),
            AttrDef::new("name", Kind::Text),
            AttrDef::to("owner", Kind::One, "user"),
        ];
        let orm = Orm::connect(OrmConfig::sqlite("sqlite::memory:"), vec![user, pet]).await.unwrap();
        let record = |value: Value| value.as_object().unwrap().clone();
        let before =
            |shown, locked| as_locked(&orm, orm.model("pet").unwrap(), record(shown), record(locked));
        let shown = json!({ "id": 1, "name": "old", "owner": { "id": 7, "name": "ann" }, "toys": [] });
        let same = before(shown.clone(), json!({ "id": 1, "name": "new", "owner": 7 }));
        let expected = json!({ "id": 1, "name": "new", "owner": { "id": 7, "name": "ann" }, "toys": [] });
        assert_eq!(Value::Object(same), expected);
        assert_eq!(before(shown, json!({ "id": 1, "name": "old", "owner": 8 }))["owner"], json!(8));
    }
}
