//! `/forms/signup`

use crate::services::exits::{Text, leave};
use topsail::prelude::*;

/// One input for each kind of rule.
#[derive(Inputs)]
pub struct Signup {
    name: String,
    #[input(is_email)]
    email: String,
    #[input(min = 18, max = 120)]
    age: Option<f64>,
    #[input(is_in = ["free", "paid"], default = "free")]
    plan: String,
    tags: Option<Vec<String>>,
    profile: Option<Params>,
    agree: Option<bool>,
}

/// Gives back what was understood; what was not sent is absent.
#[action]
pub async fn signup(app: App, Inputs(input): Inputs<Signup>) -> Outcome {
    let all = json!({
        "name": input.name, "email": input.email, "age": input.age, "plan": input.plan,
        "tags": input.tags, "profile": input.profile, "agree": input.agree,
    });
    let inputs: serde_json::Map<String, Value> = all
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(_, v)| !v.is_null())
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    leave(&app, ok(json!({ "inputs": inputs })), "success", &[Text::Description("done")])
}
