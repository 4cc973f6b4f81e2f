//! Dealing with errors by their codes.

use topsail_orm::{Model, Negotiate, OrmError};

use crate::support::{User, orm};

#[tokio::test]
async fn mo_149_a_clash_is_tolerated() {
    let orm = orm().await;
    let ann = || User::create(&orm).set(User::NAME, "Ann").set(User::EMAIL, "a@x.io").into_future();
    assert!(ann().await.tolerate("E_UNIQUE").unwrap().is_some());
    assert!(ann().await.tolerate("E_UNIQUE").unwrap().is_none());
    assert!(ann().await.tolerate(["E_OTHER", "E_UNIQUE"]).unwrap().is_none());
    assert_eq!(ann().await.tolerate("E_OTHER").unwrap_err().code(), "E_UNIQUE");
}

#[derive(Debug)]
struct Taken(String);

impl From<OrmError> for Taken {
    fn from(e: OrmError) -> Self {
        Self(e.code().into())
    }
}

#[tokio::test]
async fn mo_151_an_error_is_exchanged_for_what_the_handler_gives() {
    let orm = orm().await;
    let make = |name: &'static str| {
        User::create(&orm).set(User::NAME, name).set(User::EMAIL, "a@x.io").into_future()
    };
    let taken = |e: OrmError| Err(Taken(e.attr_names().join(",")));
    assert_eq!(make("Ann").await.intercept("E_UNIQUE", taken).unwrap().name, "Ann");
    assert_eq!(make("Bob").await.intercept("E_UNIQUE", taken).unwrap_err().0, "email");
    assert_eq!(make("").await.intercept("E_UNIQUE", taken).unwrap_err().0, "E_INVALID_NEW_RECORD");
}
