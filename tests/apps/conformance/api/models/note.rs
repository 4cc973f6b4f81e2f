//! Notes.

use topsail::{orm::Record, prelude::*};

/// One attribute for each kind of rule.
#[model(custom_to_json = without_secret)]
pub struct Note {
    #[attr(required, max_length = 20)]
    pub title: String,
    #[attr(min = 1, max = 5)]
    pub rating: f64,
    #[attr(is_integer)]
    pub stars: Option<f64>,
    pub body: Option<String>,
    pub meta: Value,
    #[attr(is_url)]
    pub homepage: String,
    #[attr(regex = "^[a-z-]+$")]
    pub slug: String,
    pub secret: String,
    #[attr(is_in = ["a", "b"], default = "a")]
    pub kind: String,
}

fn without_secret(mut record: Record) -> Value {
    record.remove("secret");
    Value::Object(record)
}
