//! What models could be told to publish before Sails 1.0, for code that has not moved on to the blueprints or `publish`.

use super::{
    deliver,
    event::{ModelEvent, What, derive, key_in},
    notice::{Notice, Turn},
};
use crate::{
    App, BoxFuture,
    sockets::{MaybeSocket, SocketId, SocketsError},
};
use serde::Serialize;
use serde_json::{Value, value::RawValue};
use std::{future::IntoFuture, sync::Arc};
use topsail_orm::{Change, ChangeVerb, Kind, LinkCause, LinkVia, ModelDef, Record};

/// What is told of each record.
pub(super) enum Told {
    /// It came to be.
    Created(Result<Value, serde_json::Error>),
    /// These values of it are others.
    Updated(Result<Value, serde_json::Error>),
    /// It is gone.
    Destroyed,
    /// A collection has or has lost these members.
    Edited { attr: &'static str, members: Vec<Value>, begins: bool },
}

/// [`Resourceful::publish_update`](super::Resourceful::publish_update) and its like, once awaited.
///
/// What is told goes out as it is given: a record as its answers show it.
#[must_use = "nothing is published until this is awaited"]
pub struct Announcement<'a> {
    app: &'a App,
    model: &'static str,
    keys: Vec<Value>,
    told: Told,
    previous: Option<Result<Value, serde_json::Error>>,
    reverse: bool,
    except: Option<SocketId>,
}

impl<'a> Announcement<'a> {
    pub(super) fn new(app: &'a App, model: &'static str, keys: Vec<Value>, told: Told) -> Self {
        Self { app, model, keys, told, previous: None, reverse: true, except: None }
    }

    /// Leaves out the socket behind this request; over HTTP nobody is left out.
    pub fn omit(mut self, who: impl MaybeSocket) -> Self {
        self.except = who.maybe_socket();
        self
    }

    /// The record before, which is told too, and tells which associated records hear of it.
    pub fn previous(mut self, record: impl Serialize) -> Self {
        self.previous = Some(serde_json::to_value(record));
        self
    }

    /// Tells the records on the other side of associations nothing.
    pub fn no_reverse(mut self) -> Self {
        self.reverse = false;
        self
    }
}

/// One thing that is told, in its turn.
enum Step {
    /// Written already.
    Own(Notice),
    /// Of a record on the other side.
    Other(ModelEvent),
}

impl<'a> IntoFuture for Announcement<'a> {
    type Output = Result<(), SocketsError>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (app, event, except) = (self.app, self.model, self.except);
            let Some(hub) = app.sockets.hub() else { return Ok(()) };
            let Some(model) = app.model(event).cloned() else { return Ok(()) };
            let steps = self
                .steps(&model)
                .map_err(|source| SocketsError::Data { event: event.to_owned(), source })?;
            let elsewhere = !hub.is_alone();
            let notices = steps.into_iter().map(|step| match step {
                Step::Own(notice) => notice,
                Step::Other(event) => Notice::of(app, &event, elsewhere),
            });
            deliver::tell(app, notices, except).await;
            Ok(())
        })
    }
}

impl Announcement<'_> {
    fn steps(self, model: &Arc<ModelDef>) -> Result<Vec<Step>, serde_json::Error> {
        let Self { app, keys, told, previous, reverse, .. } = self;
        let previous = previous.transpose()?;
        let models = |identity: &str| app.model(identity).cloned();
        let change = |key: &Value, verb: ChangeVerb| Change {
            model: model.clone(),
            verb,
            pk: key.clone(),
            before: None,
            after: None,
            submitted_keys: Vec::new(),
            via: None,
            bulk: None,
        };
        let mut steps = Vec::new();
        match told {
            Told::Created(data) => {
                let data = data?;
                for id in &keys {
                    let owners = moves(model, id, &data, &Value::Null, &models);
                    steps.extend(owners.into_iter().map(Step::Other));
                    let payload = Created { verb: "created", data: &data, id };
                    steps.push(own(model, id, Turn::Begins, &payload)?);
                }
            }
            Told::Updated(data) => {
                let data = data?;
                for id in &keys {
                    if let Some(previous) = previous.as_ref().filter(|_| reverse) {
                        steps.extend(moves(model, id, &data, previous, &models).into_iter().map(Step::Other));
                    }
                    let payload = Updated { verb: "updated", data: &data, id, previous: previous.as_ref() };
                    steps.push(own(model, id, Turn::Goes, &payload)?);
                }
            }
            Told::Destroyed => {
                let before: Option<Record> = previous.as_ref().and_then(Value::as_object).cloned();
                for id in &keys {
                    let payload = Destroyed { verb: "destroyed", id, previous: previous.as_ref() };
                    steps.push(own(model, id, Turn::Ends, &payload)?);
                    if reverse {
                        let gone = Change { before: before.clone(), ..change(id, ChangeVerb::Destroy) };
                        steps.extend(derive(&[gone], &models).into_iter().skip(1).map(Step::Other));
                    }
                }
            }
            Told::Edited { attr, members, begins } => {
                let Some(association) = model.attr(attr).and_then(|a| a.association.as_ref()) else {
                    return Ok(steps);
                };
                let verb = if begins { ChangeVerb::Link } else { ChangeVerb::Unlink };
                for id in &keys {
                    for member in &members {
                        let via = LinkVia {
                            attr: attr.to_owned(),
                            inverse: association.inverse.clone().filter(|_| reverse),
                            other_model: association.target.clone(),
                            other_pk: member.clone(),
                            cause: LinkCause::Collection,
                        };
                        let link = Change { via: Some(via), ..change(id, verb) };
                        steps.extend(derive(&[link], &models).into_iter().map(Step::Other));
                    }
                }
            }
        }
        Ok(steps)
    }
}

/// The former and the new owners, by the to-one associations among the values that differ from before.
fn moves(
    model: &ModelDef,
    id: &Value,
    data: &Value,
    before: &Value,
    models: &dyn Fn(&str) -> Option<Arc<ModelDef>>,
) -> Vec<ModelEvent> {
    let mut events = Vec::new();
    for attr in model.associations().filter(|attr| attr.kind == Kind::One) {
        let Some(association) = &attr.association else { continue };
        let (Some(value), Some(inverse)) = (data.get(&attr.name), &association.inverse) else { continue };
        let Some(target) = models(&association.target) else { continue };
        let (attr_there, member) = (inverse.clone(), id.clone());
        let new = key_in(&target, value);
        let old = before.get(&attr.name).and_then(|value| key_in(&target, value));
        if new == old {
            continue;
        }
        if let Some(pk) = old {
            let what = What::RemovedFrom { attr: attr_there.clone(), member: member.clone() };
            events.push(ModelEvent { model: target.clone(), pk, what });
        }
        if let Some(pk) = new {
            events.push(ModelEvent { model: target, pk, what: What::AddedTo { attr: attr_there, member } });
        }
    }
    events
}

fn own(
    model: &ModelDef,
    pk: &Value,
    turn: Turn,
    payload: &impl Serialize,
) -> Result<Step, serde_json::Error> {
    let payload: Box<RawValue> = serde_json::value::to_raw_value(payload)?;
    Ok(Step::Own(Notice { model: model.identity.clone(), pk: pk.clone(), turn, payload: Some(payload) }))
}

#[derive(Serialize)]
struct Created<'a> {
    verb: &'static str,
    data: &'a Value,
    id: &'a Value,
}

#[derive(Serialize)]
struct Updated<'a> {
    verb: &'static str,
    data: &'a Value,
    id: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<&'a Value>,
}

#[derive(Serialize)]
struct Destroyed<'a> {
    verb: &'static str,
    id: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<&'a Value>,
}
