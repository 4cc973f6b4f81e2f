//! The app, lifted on a free port with a database in memory, and asked over HTTP.

use topsail::prelude::*;

type Checked = std::result::Result<(), Box<dyn std::error::Error>>;

#[tokio::test]
async fn a_message_is_kept_and_found_but_not_destroyed() -> Checked {
    let app = {{crate_name}}::app().lift_for_test().await?;
    let client = reqwest::Client::new();
    let url = format!("{}/message", app.url());

    let ahoy = json!({ "text": "Ahoy!" });
    let made = client.post(&url).json(&ahoy).send().await?;
    assert_eq!(made.status(), 200);
    let made: Value = made.json().await?;
    assert_eq!(made["text"], "Ahoy!");

    let found: Value = client.get(&url).send().await?.json().await?;
    assert_eq!(found, json!([made]));

    let one = format!("{url}/{}", made["id"]);
    let refused = client.delete(one).send().await?;
    assert_eq!(refused.status(), 403);

    let empty = client.post(&url).json(&json!({})).send().await?;
    assert_eq!(empty.status(), 400);

    app.lower().await;
    Ok(())
}
