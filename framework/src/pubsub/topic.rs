//! What can be followed, a model or one of its records, and the names of the rooms for it.

use serde_json::Value;
use topsail_orm::ModelDef;

/// A model as a whole (its new records), or one record of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Topic {
    /// New records of the model with this identity.
    Class(Box<str>),
    /// The record with this key.
    Instance(Box<str>, Box<str>),
}

impl Topic {
    /// The topic that a room stands for, if it stands for one.
    pub(crate) fn of_room(room: &str) -> Option<Self> {
        let name = room.strip_prefix("sails_model_")?;
        if let Some((head, model)) = name.rsplit_once(':') {
            let key = head.strip_prefix(model)?.strip_prefix('_')?;
            return Some(Self::Instance(model.into(), key.into()));
        }
        name.strip_prefix("create_").map(|model| Self::Class(model.into()))
    }

    pub(crate) fn class(model: &ModelDef) -> Self {
        Self::Class(model.identity.as_str().into())
    }

    pub(crate) fn instance(model: &ModelDef, key: &Value) -> Option<Self> {
        Some(Self::Instance(model.identity.as_str().into(), key_text(model, key)?.into()))
    }

    /// The identity of the model.
    pub(crate) fn model(&self) -> &str {
        match self {
            Self::Class(model) | Self::Instance(model, _) => model,
        }
    }

    /// The name of its room.
    pub(crate) fn room(&self) -> String {
        match self {
            Self::Class(model) => class_room(model),
            Self::Instance(model, key) => instance_room(model, key),
        }
    }
}

/// `sails_model_user_5:user`
pub(crate) fn instance_room(model: &str, key: &str) -> String {
    format!("sails_model_{model}_{key}:{model}")
}

/// `sails_model_create_user`
pub(crate) fn class_room(model: &str) -> String {
    format!("sails_model_create_{model}")
}

/// A key as text, so that `5` and `"5"` are one; of a record its primary key. The number 0, an empty text and
/// everything else is no key.
pub(crate) fn key_text(model: &ModelDef, key: &Value) -> Option<String> {
    match key {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => {
            let whole = number.as_i64().or_else(|| {
                number
                    .as_f64()
                    .filter(|n| n.fract() == 0.0 && n.abs() < 9_007_199_254_740_992.0)
                    .map(|n| n as i64)
            });
            match whole {
                Some(0) => None,
                Some(whole) => Some(whole.to_string()),
                None => Some(number.to_string()),
            }
        }
        Value::Object(record) => match record.get(&model.primary_key)? {
            Value::Object(_) => None,
            key => key_text(model, key),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn rt_85_rooms_have_the_names_of_sails() {
        assert_eq!(instance_room("user", "5"), "sails_model_user_5:user");
        assert_eq!(class_room("user"), "sails_model_create_user");
    }

    #[test]
    fn a_room_tells_its_topic() {
        for topic in [
            Topic::Class("user".into()),
            Topic::Class("create".into()),
            Topic::Instance("user".into(), "5".into()),
            Topic::Instance("user".into(), "a:b_c".into()),
            Topic::Instance("create".into(), "create".into()),
        ] {
            assert_eq!(Topic::of_room(&topic.room()), Some(topic));
        }
        for other in ["funSockets", "sails_model_", "sails_model_user_5:pet", "sails_model_user", ""] {
            assert_eq!(Topic::of_room(other), None, "{other}");
        }
    }

    #[test]
    fn keys_are_texts_and_falsy_ones_none() {
        let model = ModelDef::new("User");
        assert_eq!(key_text(&model, &json!(5)).as_deref(), Some("5"));
        assert_eq!(key_text(&model, &json!(5.0)).as_deref(), Some("5"));
        assert_eq!(key_text(&model, &json!("5")).as_deref(), Some("5"));
        assert_eq!(key_text(&model, &json!("0")).as_deref(), Some("0"));
        assert_eq!(key_text(&model, &json!({ "id": 7 })).as_deref(), Some("7"));
        for none in [json!(0), json!(""), json!(null), json!({}), json!([]), json!(true)] {
            assert_eq!(key_text(&model, &none), None, "{none}");
        }
    }
}
