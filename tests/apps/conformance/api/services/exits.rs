//! The headers that tell by which exit an action has left.

use axum::http::{HeaderName, HeaderValue};
use topsail::prelude::*;

/// The texts of an exit, which only development shows.
#[derive(Clone, Copy, Debug)]
pub enum Text {
    /// `description` of the exit.
    Description(&'static str),
    /// `outputDescription` of the exit.
    Output(&'static str),
    /// `viewTemplatePath` of the exit.
    View(&'static str),
}

/// Names the exit in the headers of an answer.
pub fn named(app: &App, reply: Reply, exit: &'static str, texts: &[Text]) -> Reply {
    let mut reply = reply.with_header(HeaderName::from_static("x-exit"), HeaderValue::from_static(exit));
    if !app.is_production() {
        for text in texts {
            let (name, value) = match *text {
                Text::Description(value) => ("x-exit-description", value),
                Text::Output(value) => ("x-exit-output-description", value),
                Text::View(value) => ("x-exit-view-template-path", value),
            };
            reply = reply.with_header(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
    }
    reply
}

/// The same for an answer or a refusal.
pub fn leave(app: &App, outcome: Outcome, exit: &'static str, texts: &[Text]) -> Outcome {
    match outcome {
        Ok(reply) => Ok(named(app, reply, exit, texts)),
        Err(error) => Err(named(app, error.into_reply(), exit, texts).into()),
    }
}
