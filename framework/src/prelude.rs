//! What actions, models, policies and responses use: `use topsail::prelude::*;`.

pub use crate::{
    App, Collection, Error, Hook, Id, Inputs, Model, Negotiate, One, OrNotFound, Outcome, Params, Path,
    Proceed, Record, Reply, Req, Resourceful, Result, Session, Sockets, StatusCode, Tx, Verdict, action,
    answer, bad_request, created, forbidden, helper, hook, json, model, no_content, not_found, ok, policy,
    proceed, redirect, refuse, response, send, server_error, unauthorized, view,
};
pub use serde_json::{self, Value, json};
