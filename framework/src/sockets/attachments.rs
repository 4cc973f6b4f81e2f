//! Bytes that came beside a virtual request: JSON has none, so its text holds a placeholder for each.

use bytes::Bytes;
use serde_json::Value;
use std::sync::Arc;

/// The binary frames of one virtual request.
#[derive(Clone)]
pub(crate) struct Attachments(Arc<[Bytes]>);

impl Attachments {
    /// `None` where there are none, as with nearly all requests.
    pub(super) fn new(frames: Vec<Bytes>) -> Option<Self> {
        (!frames.is_empty()).then(|| Self(frames.into()))
    }

    /// The bytes that a value stands for, if it is the placeholder of some.
    pub(crate) fn of(&self, value: &Value) -> Option<Bytes> {
        if value.get("_placeholder") != Some(&Value::Bool(true)) {
            return None;
        }
        let at = usize::try_from(value.get("num")?.as_u64()?).ok()?;
        self.0.get(at).cloned()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn rt_22_a_placeholder_names_its_bytes_and_nothing_else_does() {
        assert!(Attachments::new(Vec::new()).is_none());
        let all = Attachments::new(vec![Bytes::from_static(b"a"), Bytes::from_static(b"b")]).unwrap();
        assert_eq!(all.of(&json!({ "_placeholder": true, "num": 1 })).unwrap(), "b");
        for other in [
            json!({ "_placeholder": true, "num": 2 }),
            json!({ "_placeholder": true, "num": -1 }),
            json!({ "_placeholder": true, "num": 0.5 }),
            json!({ "_placeholder": true }),
            json!({ "_placeholder": 1, "num": 0 }),
            json!({ "num": 0 }),
            json!("a"),
            json!(null),
        ] {
            assert!(all.of(&other).is_none(), "{other}");
        }
    }
}
