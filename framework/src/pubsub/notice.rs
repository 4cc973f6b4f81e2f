//! An event of a model, ready to be delivered: what is done with it on every node.

use super::{
    event::{ModelEvent, What},
    registry::Registry,
    render::render,
    topic::Topic,
};
use crate::App;
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use topsail_orm::ModelDef;

/// What clients get of one [`ModelEvent`], and who they are.
///
/// The record itself is not in it: what answers hide does not travel between nodes either, and is rendered once for all
/// of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Notice {
    pub(super) model: String,
    pub(super) pk: Value,
    pub(super) turn: Turn,
    /// Nothing where all of it is hidden, or where nobody would hear it.
    pub(super) payload: Option<Box<RawValue>>,
}

/// What becomes of those who follow the model or the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Turn {
    /// Those who watch the model hear it, and follow the new record.
    Begins,
    /// Those who follow the record hear it.
    Goes,
    /// Those who follow the record hear it, and follow it no longer.
    Ends,
    /// Those who follow the model or any record of it hear it.
    Many,
}

impl Notice {
    /// `anyone_else` tells whether there may be listeners on other nodes.
    pub(super) fn of(app: &App, event: &ModelEvent, anyone_else: bool) -> Self {
        let turn = match event.what {
            What::Created { .. } => Turn::Begins,
            What::Destroyed { .. } => Turn::Ends,
            What::Many => Turn::Many,
            _ => Turn::Goes,
        };
        let mut notice =
            Self { model: event.model.identity.clone(), pk: event.pk.clone(), turn, payload: None };
        let heard = || {
            let subscriptions = app.sockets.subscriptions();
            notice.topics(&event.model, subscriptions).iter().any(|topic| subscriptions.has(topic))
        };
        if anyone_else || heard() {
            notice.payload = render(app.orm(), event).and_then(|payload| {
                serde_json::value::to_raw_value(&payload)
                    .inspect_err(|error| {
                        tracing::error!(model = notice.model, key = %notice.pk, "an event could not be written: {error}");
                    })
                    .ok()
            });
        }
        notice
    }

    /// Whose followers on this node hear it; nothing where the key is none.
    pub(super) fn topics(&self, model: &ModelDef, subscriptions: &Registry) -> Vec<Topic> {
        if self.turn == Turn::Many {
            return subscriptions.topics_of(&model.identity);
        }
        let instance = Topic::instance(model, &self.pk);
        let told = instance.map(|it| if self.turn == Turn::Begins { Topic::class(model) } else { it });
        told.into_iter().collect()
    }

    /// About its length as JSON.
    #[cfg(feature = "redis")]
    pub(crate) fn weight(&self) -> usize {
        100 + self.model.len() + self.payload.as_ref().map_or(0, |payload| payload.get().len())
    }
}
