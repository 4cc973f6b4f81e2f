//! Attributes on the command line: `NAME[:TYPE][:RULE…]`.

use std::str::FromStr;

use heck::ToLowerCamelCase;
use heck::ToSnakeCase;

use crate::names::InvalidName;
use crate::names::Name;
use crate::names::did_you_mean;

/// What `--help` says of attributes.
pub(crate) const HELP: &str = "\
Attributes are NAME[:TYPE][:RULE…]; without a type, string.

Types:
  string, text             String
  number, float            f64
  integer                  i64
  boolean                  bool
  json                     any JSON
  model:OTHER              one record of another model
  collection:OTHER         many records of another model
  collection:OTHER.ATTR    the same, seen from the other side of OTHER's attribute ATTR

Rules:
  required, unique, protect, nullable, default=VALUE
  is_email, is_url, is_uuid, is_ip, is_integer, is_not_empty_string, is_hex_color, is_credit_card
  min=N, max=N, min_length=N, max_length=N, is_in=A,B,C

Example:
  topsail generate model user name:string:required email:string:unique:is_email pets:collection:pet.owner
  topsail generate model pet name owner:model:user";

/// One attribute of a model, checked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attribute {
    field: String,
    kind: Kind,
    nullable: bool,
    rules: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Text,
    Float,
    Integer,
    Boolean,
    Json,
    One(Name),
    Many(Name, Option<String>),
}

/// Why a text is no attribute.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidAttribute {
    #[error("attribute `{whole}`: {cause}")]
    Name { whole: String, cause: InvalidName },
    #[error("attribute `{whole}`: there is no type `{word}`.{hint} The types are {TYPE_LIST}.")]
    UnknownType { whole: String, word: String, hint: String },
    #[error(
        "attribute `{whole}`: there is no rule `{word}`.{hint} `topsail generate model --help` lists them."
    )]
    UnknownRule { whole: String, word: String, hint: String },
    #[error("attribute `{whole}`: the rule `{rule}` {complaint}.")]
    BadRule { whole: String, rule: String, complaint: String },
    #[error("attribute `{whole}`: a {word} needs the other model's name: `{field}:{word}:pet`.")]
    NoTarget { whole: String, field: String, word: String },
    #[error("attribute `{0}`: every model has `{1}` already; leave it out.")]
    Automatic(String, String),
    #[error("the attribute `{0}` is given twice.")]
    Twice(String),
}

const TYPE_LIST: &str = "string, number, integer, boolean, json, model and collection";

const TYPES: &[&str] =
    &["string", "text", "number", "float", "integer", "boolean", "bool", "json", "model", "collection"];

/// What may follow a rule's `=`, and which kinds of attribute it fits.
#[derive(Clone, Copy)]
enum Takes {
    Nothing,
    Length,
    Number,
    Words,
    Value,
}

const RULES: &[(&str, Takes, &[&str])] = &[
    ("required", Takes::Nothing, &["text", "number", "boolean", "json"]),
    ("unique", Takes::Nothing, &["text", "number", "one"]),
    ("protect", Takes::Nothing, &["text", "number", "boolean", "json"]),
    ("nullable", Takes::Nothing, &["text", "number", "boolean"]),
    ("default", Takes::Value, &["text", "number", "boolean"]),
    ("is_email", Takes::Nothing, &["text"]),
    ("is_url", Takes::Nothing, &["text"]),
    ("is_uuid", Takes::Nothing, &["text"]),
    ("is_ip", Takes::Nothing, &["text"]),
    ("is_not_empty_string", Takes::Nothing, &["text"]),
    ("is_hex_color", Takes::Nothing, &["text"]),
    ("is_credit_card", Takes::Nothing, &["text"]),
    ("is_integer", Takes::Nothing, &["number"]),
    ("min", Takes::Number, &["number"]),
    ("max", Takes::Number, &["number"]),
    ("min_length", Takes::Length, &["text"]),
    ("max_length", Takes::Length, &["text"]),
    ("is_in", Takes::Words, &["text"]),
];

impl Attribute {
    /// Reads one attribute.
    pub(crate) fn parse(whole: &str) -> Result<Self, InvalidAttribute> {
        let mut words = whole.split(':');
        let field = field_name(whole, words.next().unwrap_or_default())?;
        let kind = match words.next() {
            None | Some("") => Kind::Text,
            Some(word) => Kind::parse(whole, &field, word, &mut words)?,
        };
        let mut attribute = Self { field, kind, nullable: false, rules: Vec::new() };
        for word in words {
            attribute.add_rule(whole, word)?;
        }
        attribute.check_together(whole)?;
        Ok(attribute)
    }

    /// Reads all attributes of a model; two of one name are refused.
    pub(crate) fn parse_all(texts: &[String]) -> Result<Vec<Self>, InvalidAttribute> {
        let mut attributes: Vec<Self> = Vec::with_capacity(texts.len());
        for text in texts {
            let attribute = Self::parse(text)?;
            if attributes.iter().any(|other| other.field == attribute.field) {
                return Err(InvalidAttribute::Twice(attribute.wire_name()));
            }
            attributes.push(attribute);
        }
        Ok(attributes)
    }

    /// The model at the other end, if this is an association.
    pub(crate) fn target(&self) -> Option<&Name> {
        match &self.kind {
            Kind::One(target) | Kind::Many(target, _) => Some(target),
            _ => None,
        }
    }

    /// The lines that declare it in a model's struct.
    pub(crate) fn to_rust(&self) -> String {
        let mut properties = self.rules.clone();
        if let Kind::Many(_, Some(via)) = &self.kind {
            properties.push(format!("via = {via}"));
        }
        let attr = match properties.is_empty() {
            true => String::new(),
            false => format!("    #[attr({})]\n", properties.join(", ")),
        };
        let plain = match &self.kind {
            Kind::Text => "String".to_owned(),
            Kind::Float => "f64".to_owned(),
            Kind::Integer => "i64".to_owned(),
            Kind::Boolean => "bool".to_owned(),
            Kind::Json => "Value".to_owned(),
            Kind::One(target) => format!("Option<One<{}>>", target.pascal()),
            Kind::Many(target, _) => format!("Collection<{}>", target.pascal()),
        };
        let rust_type = if self.nullable { format!("Option<{plain}>") } else { plain };
        format!("{attr}    pub {}: {rust_type},\n", self.field)
    }

    fn wire_name(&self) -> String {
        self.field.to_lower_camel_case()
    }

    fn add_rule(&mut self, whole: &str, word: &str) -> Result<(), InvalidAttribute> {
        let (given, value) = match word.split_once('=') {
            Some((rule, value)) => (rule, Some(value)),
            None => (word, None),
        };
        let snake = given.to_snake_case();
        let Some((rule, takes, fits)) = RULES.iter().find(|(rule, ..)| *rule == snake) else {
            let hint = hint(&snake, RULES.iter().map(|(rule, ..)| *rule));
            return Err(InvalidAttribute::UnknownRule {
                whole: whole.to_owned(),
                word: given.to_owned(),
                hint,
            });
        };
        let bad = |complaint: String| InvalidAttribute::BadRule {
            whole: whole.to_owned(),
            rule: (*rule).to_owned(),
            complaint,
        };
        if !fits.contains(&self.kind.family()) {
            return Err(bad(format!("does not fit a {}", self.kind.word())));
        }
        let same = |other: &String| other.split(' ').next() == Some(*rule);
        if self.rules.iter().any(same) || (*rule == "nullable" && self.nullable) {
            return Err(bad("is given twice".to_owned()));
        }
        let literal = match (takes, value) {
            (Takes::Nothing, None) => None,
            (Takes::Nothing, Some(_)) => return Err(bad("takes no value".to_owned())),
            (_, None | Some("")) => return Err(bad(format!("needs a value: `{rule}=…`"))),
            (Takes::Length, Some(value)) => Some(literal::<usize>(value, "a whole number").map_err(bad)?),
            (Takes::Number, Some(value)) => Some(self.kind.literal(value).map_err(bad)?),
            (Takes::Words, Some(value)) => Some(word_list(value)),
            (Takes::Value, Some(value)) => Some(self.kind.literal(value).map_err(bad)?),
        };
        match (*rule, literal) {
            ("nullable", _) => self.nullable = true,
            (rule, None) => self.rules.push(rule.to_owned()),
            (rule, Some(literal)) => self.rules.push(format!("{rule} = {literal}")),
        }
        Ok(())
    }

    fn check_together(&self, whole: &str) -> Result<(), InvalidAttribute> {
        let has = |rule: &str| self.rules.iter().any(|own| own.split(' ').next() == Some(rule));
        let complaint = match () {
            () if has("required") && self.nullable => "excludes `nullable`: a required value cannot be null",
            () if has("required") && has("default") => "excludes `default`: the default would never be used",
            () => return Ok(()),
        };
        Err(InvalidAttribute::BadRule {
            whole: whole.to_owned(),
            rule: "required".to_owned(),
            complaint: complaint.to_owned(),
        })
    }
}

impl Kind {
    fn parse<'a>(
        whole: &str,
        field: &str,
        word: &str,
        rest: &mut impl Iterator<Item = &'a str>,
    ) -> Result<Self, InvalidAttribute> {
        let mut target = || {
            rest.next().filter(|text| !text.is_empty()).ok_or_else(|| InvalidAttribute::NoTarget {
                whole: whole.to_owned(),
                field: field.to_owned(),
                word: word.to_owned(),
            })
        };
        match word.to_ascii_lowercase().as_str() {
            "string" | "text" => Ok(Self::Text),
            "number" | "float" => Ok(Self::Float),
            "integer" => Ok(Self::Integer),
            "boolean" | "bool" => Ok(Self::Boolean),
            "json" => Ok(Self::Json),
            "model" => Ok(Self::One(model_name(whole, target()?)?)),
            "collection" => {
                let text = target()?;
                let (other, via) = match text.split_once('.') {
                    Some((other, via)) => (other, Some(plain_name(whole, via)?.snake())),
                    None => (text, None),
                };
                Ok(Self::Many(model_name(whole, other)?, via))
            }
            other => Err(InvalidAttribute::UnknownType {
                whole: whole.to_owned(),
                word: word.to_owned(),
                hint: hint(other, TYPES.iter().copied()),
            }),
        }
    }

    fn family(&self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Float | Self::Integer => "number",
            Self::Boolean => "boolean",
            Self::Json => "json",
            Self::One(_) => "one",
            Self::Many(..) => "many",
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Float => "number",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Json => "json attribute",
            Self::One(_) => "model attribute",
            Self::Many(..) => "collection",
        }
    }

    fn literal(&self, value: &str) -> Result<String, String> {
        match self {
            Self::Integer => literal::<i64>(value, "a whole number"),
            Self::Boolean => literal::<bool>(value, "true or false"),
            Self::Float => match value.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(format!("{number:?}")),
                _ => Err(format!("needs a number, not `{value}`")),
            },
            _ => Ok(format!("{value:?}")),
        }
    }
}

fn literal<T: FromStr + ToString>(value: &str, wanted: &str) -> Result<String, String> {
    value.parse::<T>().map(|value| value.to_string()).map_err(|_| format!("needs {wanted}, not `{value}`"))
}

fn word_list(value: &str) -> String {
    let words: Vec<String> = value.split(',').map(|word| format!("{:?}", word.trim())).collect();
    format!("[{}]", words.join(", "))
}

fn field_name(whole: &str, text: &str) -> Result<String, InvalidAttribute> {
    let field = plain_name(whole, text)?.snake();
    match field.as_str() {
        "id" | "created_at" | "updated_at" => {
            Err(InvalidAttribute::Automatic(whole.to_owned(), text.to_owned()))
        }
        _ => Ok(field),
    }
}

fn model_name(whole: &str, text: &str) -> Result<Name, InvalidAttribute> {
    super::model::name(text).map_err(|cause| InvalidAttribute::Name { whole: whole.to_owned(), cause })
}

fn plain_name(whole: &str, text: &str) -> Result<Name, InvalidAttribute> {
    Name::parse_flat(text, "an attribute", "its model")
        .map_err(|cause| InvalidAttribute::Name { whole: whole.to_owned(), cause })
}

fn hint<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    did_you_mean(word, known).map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn rust(text: &str) -> String {
        Attribute::parse(text).unwrap().to_rust()
    }

    fn refusal(text: &str) -> String {
        Attribute::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn types_become_rust_types() {
        assert_eq!(rust("name"), "    pub name: String,\n");
        assert_eq!(rust("age:number"), "    pub age: f64,\n");
        assert_eq!(rust("loginCount:integer"), "    pub login_count: i64,\n");
        assert_eq!(rust("isAdmin:boolean"), "    pub is_admin: bool,\n");
        assert_eq!(rust("bio:json"), "    pub bio: Value,\n");
        assert_eq!(rust("body:text:nullable"), "    pub body: Option<String>,\n");
    }

    #[test]
    fn associations_name_the_other_model() {
        assert_eq!(rust("owner:model:user"), "    pub owner: Option<One<User>>,\n");
        assert_eq!(rust("tags:collection:order-tag"), "    pub tags: Collection<OrderTag>,\n");
        assert_eq!(
            rust("pets:collection:pet.ownedBy"),
            "    #[attr(via = owned_by)]\n    pub pets: Collection<Pet>,\n"
        );
    }

    #[test]
    fn rules_become_properties() {
        assert_eq!(
            rust("email:string:required:unique:isEmail:maxLength=120"),
            "    #[attr(required, unique, is_email, max_length = 120)]\n    pub email: String,\n"
        );
        assert_eq!(
            rust("kind:string:default=a:is_in=a,b"),
            "    #[attr(default = \"a\", is_in = [\"a\", \"b\"])]\n    pub kind: String,\n"
        );
        assert_eq!(
            rust("rating:integer:min=1:max=5"),
            "    #[attr(min = 1, max = 5)]\n    pub rating: i64,\n"
        );
        assert_eq!(rust("price:number:min=0"), "    #[attr(min = 0.0)]\n    pub price: f64,\n");
        assert_eq!(rust("open:boolean:default=true"), "    #[attr(default = true)]\n    pub open: bool,\n");
    }

    #[test]
    fn text_in_a_rule_cannot_leave_its_literal() {
        let line = rust("kind:string:default=a\")] pub x, \"");
        syn::parse_str::<syn::ItemStruct>(&format!("struct S {{\n{line}}}")).unwrap();
    }

    #[test]
    fn an_unknown_type_is_refused_with_a_suggestion() {
        let message = refusal("age:numbr");
        assert!(message.contains("no type `numbr`. Did you mean `number`?"), "{message}");
    }

    #[test]
    fn an_unknown_rule_is_refused_with_a_suggestion() {
        let message = refusal("email:string:is_emial");
        assert!(message.contains("no rule `is_emial`. Did you mean `is_email`?"), "{message}");
    }

    #[test]
    fn rules_that_do_not_fit_are_refused() {
        assert!(refusal("age:number:is_email").contains("`is_email` does not fit a number"));
        assert!(refusal("age:integer:default=x").contains("needs a whole number, not `x`"));
        assert!(refusal("name:string:required:nullable").contains("excludes `nullable`"));
        assert!(refusal("name:string:required:required").contains("given twice"));
        assert!(refusal("name:string:min_length").contains("needs a value"));
        assert!(refusal("price:number:max=inf").contains("needs a number"));
    }

    #[test]
    fn names_are_checked() {
        assert!(refusal("type:string").contains("keyword"));
        assert!(refusal("createdAt:number").contains("every model has `createdAt` already"));
        assert!(refusal("owner:model").contains("`owner:model:pet`"));
        assert!(
            Attribute::parse_all(&["isOk".into(), "is_ok".into()])
                .unwrap_err()
                .to_string()
                .contains("`isOk` is given twice")
        );
    }
}
