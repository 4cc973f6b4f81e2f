//! Reading all inputs of one request, collecting every problem.

use super::{Input, InputDef, InputKind, coerce::coerce, problem, rules};
use crate::{Error, Params};
use serde_json::Value;

/// Reads inputs one by one; what `#[derive(Inputs)]` calls.
#[derive(Debug)]
pub struct InputReader<'a> {
    params: &'a Params,
    problems: Vec<String>,
}

impl<'a> InputReader<'a> {
    /// Reads from these parameters.
    pub fn new(params: &'a Params) -> Self {
        Self { params, problems: Vec::new() }
    }

    /// Reads one type as a whole.
    ///
    /// # Errors
    /// The answer of [`InputReader::refuse`].
    pub fn read_all<T>(params: &'a Params, read: fn(&mut Self) -> Option<T>) -> Result<T, Error> {
        let mut reader = Self::new(params);
        match read(&mut reader) {
            Some(value) if reader.problems.is_empty() => Ok(value),
            _ => Err(reader.refuse()),
        }
    }

    /// Reads a type out of a member that was coerced already.
    pub fn read_nested<T>(value: &Value, read: fn(&mut InputReader<'_>) -> Option<T>) -> Option<T> {
        let Value::Object(members) = value else { return None };
        read(&mut InputReader::new(members))
    }

    /// Reads one input; nothing where there was a problem, which is kept.
    pub fn read<T: Input>(&mut self, def: &InputDef) -> Option<T> {
        let given = match self.params.get(def.name) {
            None => {
                if let Some(default) = def.default {
                    return self.take(def, default());
                }
                if def.required {
                    self.problems.push(format!("\"{}\" is required, but it was not defined.", def.name));
                    return None;
                }
                return match T::absent() {
                    Some(absent) => Some(absent),
                    None => self.take(def, Value::Null),
                };
            }
            Some(Value::Null) => {
                if def.allow_null {
                    return self.take(def, Value::Null);
                }
                if def.required {
                    let name = def.name;
                    self.problems
                        .push(format!("Invalid \"{name}\":  Cannot use `null` for this required input."));
                    return None;
                }
                if !matches!(def.kind, InputKind::Json) {
                    self.problems.push(format!(
                        "Invalid \"{}\":  Cannot use `null`.  This input is optional, but where it is given it must be \
                         of the right type: leave it out instead.",
                        def.name
                    ));
                    return None;
                }
                Value::Null
            }
            Some(Value::String(text))
                if text.is_empty() && def.required && matches!(def.kind, InputKind::String) =>
            {
                let name = def.name;
                self.problems
                    .push(format!("Invalid \"{name}\":  Cannot use '' (empty string) for a required input."));
                return None;
            }
            Some(given) => given.clone(),
        };
        let value = match coerce(def.kind, given) {
            Ok(value) => value,
            Err(mismatches) => {
                let details: Vec<_> = mismatches.into_iter().map(|m| (m.place, m.what)).collect();
                return self.invalid(def, &details);
            }
        };
        let broken = rules::violations(def, &value);
        if !broken.is_empty() {
            return self.invalid(def, &broken);
        }
        self.take(def, value)
    }

    /// The answer that names every problem.
    pub fn refuse(self) -> Error {
        problem::refusal(problem::data(self.problems)).into()
    }

    fn take<T: Input>(&mut self, def: &InputDef, value: Value) -> Option<T> {
        let taken = T::from_value(value);
        if taken.is_none() {
            let what = "Expecting a value that fits the input's type, but it is out of range.".to_owned();
            self.invalid::<T>(def, &[(String::new(), what)]);
        }
        taken
    }

    fn invalid<T>(&mut self, def: &InputDef, details: &[(String, String)]) -> Option<T> {
        let in_list =
            matches!(def.kind, InputKind::List(_)) && details.iter().any(|(place, _)| !place.is_empty());
        self.problems.push(problem::invalid(def.name, in_list, details));
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::{FromParams, Inputs, Params};
    use serde_json::{Value, json};

    /// Who signs up.
    #[derive(Inputs, Debug)]
    #[allow(dead_code)]
    struct Signup {
        #[input(required)]
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
        #[input(min_length = 5, max_length = 7)]
        nick_name: Option<String>,
        #[input(regex = "^y$", name = "why")]
        reason: Option<String>,
        #[input(allow_null)]
        note: Option<String>,
        count: Option<i64>,
        place: Option<Place>,
    }

    #[derive(Inputs, Debug, PartialEq)]
    struct Place {
        x: i64,
        #[input(max = 9)]
        y: Option<i64>,
    }

    fn read(extra: Value) -> Result<Signup, Vec<String>> {
        let mut params = Params::new();
        params.insert("name".into(), "Ann".into());
        params.insert("email".into(), "ann@example.com".into());
        params.extend(extra.as_object().unwrap().clone());
        Signup::from_params(&params).map_err(|e| {
            let data = e.reply().value().unwrap();
            assert_eq!(data.as_object().unwrap().keys().collect::<Vec<_>>(), ["code", "problems", "message"]);
            assert_eq!(data["code"], "E_MISSING_OR_INVALID_PARAMS");
            data["problems"].as_array().unwrap().iter().map(|p| p.as_str().unwrap().to_owned()).collect()
        })
    }

    fn problem(extra: Value) -> String {
        let problems = read(extra).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        problems[0].clone()
    }

    #[test]
    fn ht_55_a_missing_input_is_named() {
        let problems = Signup::from_params(&Params::new()).unwrap_err().reply().value().unwrap();
        assert_eq!(
            problems["problems"],
            json!([
                "\"name\" is required, but it was not defined.",
                "\"email\" is required, but it was not defined."
            ])
        );
    }

    #[test]
    fn ht_56_wrong_types_say_what_was_expected() {
        assert_eq!(
            problem(json!({ "age": "abc" })),
            "Invalid \"age\":\n  · Expecting a number, but got a string."
        );
        assert_eq!(
            problem(json!({ "tags": "a" })),
            "Invalid \"tags\":\n  · Expecting an array, but got a string."
        );
        assert_eq!(
            problem(json!({ "tags": [{}] })),
            "Invalid \"tags\" array:\n  · @ `[0]`:  Expecting array to contain only strings, but this item is a dictionary."
        );
        assert_eq!(
            problem(json!({ "profile": [1] })),
            "Invalid \"profile\":\n  · Expecting a dictionary, but got an array."
        );
        assert_eq!(
            problem(json!({ "agree": "maybe" })),
            "Invalid \"agree\":\n  · Expecting a boolean, but got a string."
        );
        assert_eq!(
            problem(json!({ "name": { "a": 1 } })),
            "Invalid \"name\":\n  · Expecting a string, but got a dictionary."
        );
        assert_eq!(
            problem(json!({ "age": "NaN" })),
            "Invalid \"age\":\n  · Expecting a number, but got a string."
        );
    }

    #[test]
    fn ht_57_values_are_coerced() {
        let signup =
            read(json!({ "age": "20.5", "agree": "1", "name": 5, "tags": [1, "b", true], "count": 3.0 }))
                .unwrap();
        assert_eq!(
            (signup.age, signup.agree, signup.name.as_str(), signup.count),
            (Some(20.5), Some(true), "5", Some(3))
        );
        assert_eq!(signup.tags.unwrap(), ["1", "b", "true"]);
        assert_eq!(read(json!({ "count": "9007199254740993" })).unwrap().count, Some(9_007_199_254_740_993));
    }

    #[test]
    fn ht_59_keys_outside_a_shape_are_removed() {
        assert_eq!(
            read(json!({ "place": { "x": "1", "z": 5 } })).unwrap().place,
            Some(Place { x: 1, y: None })
        );
        assert_eq!(
            problem(json!({ "place": { "x": "a" } })),
            "Invalid \"place\":\n  · @ `x`:  Expecting a number, but got a string."
        );
        assert_eq!(
            problem(json!({ "place": { "x": 1, "y": 10 } })),
            "Invalid \"place\":\n  · @ `y`:  Value (10) was greater than the configured maximum (9)"
        );
    }

    #[test]
    fn ht_60_defaults_stand_in_for_what_is_absent() {
        assert_eq!(read(json!({})).unwrap().plan, "free");
        assert_eq!(read(json!({ "plan": "paid" })).unwrap().plan, "paid");
    }

    #[test]
    fn ht_61_null_is_a_value_only_where_it_is_allowed() {
        assert!(problem(json!({ "age": null })).starts_with("Invalid \"age\":  Cannot use `null`.  "));
        assert_eq!(
            problem(json!({ "name": null })),
            "Invalid \"name\":  Cannot use `null` for this required input."
        );
        assert_eq!(read(json!({ "note": null })).unwrap().note, None);
    }

    #[test]
    fn ht_62_each_rule_has_its_sentence() {
        assert_eq!(
            problem(json!({ "age": 5 })),
            "Invalid \"age\":\n  · Value (5) was less than the configured minimum (18)"
        );
        assert_eq!(
            problem(json!({ "age": 200 })),
            "Invalid \"age\":\n  · Value (200) was greater than the configured maximum (120)"
        );
        assert_eq!(
            problem(json!({ "email": "nope" })),
            "Invalid \"email\":\n  · Value ('nope') was not a valid email address."
        );
        assert_eq!(
            problem(json!({ "plan": "gold" })),
            "Invalid \"plan\":\n  · Value ('gold') was not in the configured whitelist (free, paid)"
        );
        assert_eq!(
            problem(json!({ "nickName": "hi" })),
            "Invalid \"nickName\":\n  · Value ('hi') was shorter than the configured minimum length (5)"
        );
        assert_eq!(
            problem(json!({ "nickName": "abcdefghij" })),
            "Invalid \"nickName\":\n  · Value was 3 characters longer than the configured maximum length (7)"
        );
        assert_eq!(
            problem(json!({ "why": "x" })),
            "Invalid \"why\":\n  · Value ('x') did not match the configured regular expression (/^y$/)"
        );
        assert_eq!(
            problem(json!({ "count": 1.5 })),
            "Invalid \"count\":\n  · Value (1.5) was not an integer."
        );
        assert_eq!(
            problem(json!({ "name": "" })),
            "Invalid \"name\":  Cannot use '' (empty string) for a required input."
        );
    }

    #[test]
    fn inputs_describe_themselves() {
        let names: Vec<_> = Signup::inputs().iter().map(|d| (d.name, d.required)).collect();
        assert_eq!(names[..4], [("name", true), ("email", true), ("age", false), ("plan", false)]);
        assert_eq!(names[7..9], [("nickName", false), ("why", false)]);
    }
}
