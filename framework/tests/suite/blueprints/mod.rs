//! The blueprint API over HTTP and sockets, by the numbers of the reference.

mod across;
mod bulk;
mod collections;
mod count;
mod create;
mod destroy;
mod deviations;
mod doors;
mod find;
mod find_one;
mod hostile;
mod injection;
mod paging;
mod parser;
mod problems;
mod routes;
mod sequences;
mod switches;
mod untouchable;
mod update;

use crate::support::{Answer, app};
use doors::{Doors, both};
use serde_json::Value;

/// An app with everything that blueprints offer, behind both doors.
async fn server() -> Doors {
    both(|| app().config("blueprints.shortcuts", true).config("blueprints.shortcut_writes", true)).await
}

impl Answer {
    /// The status and, of an error, its code.
    fn brief(&self) -> (u16, String) {
        (self.status, self.json()["code"].as_str().unwrap_or_default().to_owned())
    }

    fn names(&self) -> Vec<String> {
        let list = self.json();
        let name = |record: &Value| record["name"].as_str().unwrap_or("?").to_owned();
        list.as_array().unwrap_or_else(|| panic!("{}", self.text)).iter().map(name).collect()
    }

    fn count(&self) -> usize {
        self.json().as_array().unwrap_or_else(|| panic!("{}", self.text)).len()
    }
}

fn bad(code: &str) -> (u16, String) {
    (400, code.to_owned())
}

fn ids(list: &Value) -> Vec<i64> {
    list.as_array().unwrap_or_else(|| panic!("{list}")).iter().map(|r| r["id"].as_i64().unwrap()).collect()
}
