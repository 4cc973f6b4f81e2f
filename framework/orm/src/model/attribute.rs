//! Attributes and associations as data.

use serde_json::Value;

use super::{OnDelete, Rule};

/// The logical type of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A whole number, 64 bits.
    Int,
    /// A number, double precision.
    Float,
    /// True or false.
    Bool,
    /// Text.
    Text,
    /// Any JSON.
    Json,
    /// The key of one record of another model.
    One,
    /// Records of another model; has no column.
    Many,
}

impl Kind {
    /// Sails' name of the type, for messages.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Int | Self::Float => "number",
            Self::Bool => "boolean",
            Self::Text => "string",
            Self::Json => "json",
            Self::One => "model",
            Self::Many => "collection",
        }
    }

    /// The value of an optional attribute that is absent in create.
    pub fn base_value(self) -> Value {
        match self {
            Self::Int | Self::Float => Value::from(0),
            Self::Bool => Value::Bool(false),
            Self::Text => Value::String(String::new()),
            Self::Json | Self::One | Self::Many => Value::Null,
        }
    }
}

/// Attributes that fill themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auto {
    /// The database assigns the key.
    Increment,
    /// The time of the create.
    CreatedAt,
    /// The time of the last write.
    UpdatedAt,
    /// Counts the writes, from 1. A value among those of an update is the version that the caller has seen: if it
    /// is not the record's, nothing is written.
    Version,
}

/// The definition of one attribute.
///
/// Written as a chain, by the macro or by hand: `AttrDef::new("age", Kind::Int).allow_null()`.
#[derive(Clone, Debug)]
pub struct AttrDef {
    /// The name on the wire, in criteria and in records: camelCase.
    pub name: String,
    /// The column; the name unless set.
    pub column: String,
    /// The type.
    pub kind: Kind,
    /// Must be given in create and may not be emptied.
    pub required: bool,
    /// Admits null; null is then what it starts with.
    pub allow_null: bool,
    /// Used in create when absent.
    pub default: Option<Value>,
    /// Has a unique index.
    pub unique: bool,
    /// Has an index of its own.
    pub index: bool,
    /// Fills itself.
    pub auto: Option<Auto>,
    /// Never leaves the server and cannot be asked for by clients.
    pub protect: bool,
    /// The database holds a ciphertext.
    pub encrypt: bool,
    /// The validation rules.
    pub rules: Vec<Rule>,
    /// The other model, where this is an association.
    pub association: Option<AssociationDef>,
    /// Is a foreign key of the database with this rule.
    pub foreign_key: Option<OnDelete>,
    /// The physical type, verbatim; chosen by the kind unless set.
    pub column_type: Option<String>,
    /// For people who read the definition.
    pub description: Option<String>,
    /// Free for whoever reads the definition.
    pub meta: Option<Value>,
}

impl AttrDef {
    /// An optional attribute without rules.
    pub fn new(name: &str, kind: Kind) -> Self {
        Self {
            name: name.into(),
            column: name.into(),
            kind,
            required: false,
            allow_null: matches!(kind, Kind::Json | Kind::One),
            default: None,
            unique: false,
            index: false,
            auto: None,
            protect: false,
            encrypt: false,
            rules: Vec::new(),
            association: None,
            foreign_key: None,
            column_type: None,
            description: None,
            meta: None,
        }
    }

    /// An association to the model `target`.
    pub fn to(name: &str, kind: Kind, target: &str) -> Self {
        Self { association: Some(AssociationDef::new(target)), ..Self::new(name, kind) }
    }

    /// Must be given in create.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Admits null.
    #[must_use]
    pub fn allow_null(mut self) -> Self {
        self.allow_null = true;
        self
    }

    /// Has a unique index.
    #[must_use]
    pub fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// Has an index of its own, for criteria and sorts.
    #[must_use]
    pub fn index(mut self) -> Self {
        self.index = true;
        self
    }

    /// Never leaves the server.
    #[must_use]
    pub fn protect(mut self) -> Self {
        self.protect = true;
        self
    }

    /// The database holds a ciphertext.
    #[must_use]
    pub fn encrypt(mut self) -> Self {
        self.encrypt = true;
        self
    }

    /// Used in create when absent.
    #[must_use]
    pub fn default_value(mut self, value: impl Into<Value>) -> Self {
        self.default = Some(value.into());
        self
    }

    /// Fills itself.
    #[must_use]
    pub fn auto(mut self, auto: Auto) -> Self {
        self.auto = Some(auto);
        self
    }

    /// Adds a validation rule.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Names the column.
    #[must_use]
    pub fn column_name(mut self, column: &str) -> Self {
        self.column = column.into();
        self
    }

    /// Names the physical type.
    #[must_use]
    pub fn column_type(mut self, column_type: &str) -> Self {
        self.column_type = Some(column_type.into());
        self
    }

    /// Describes the attribute.
    #[must_use]
    pub fn description(mut self, text: &str) -> Self {
        self.description = Some(text.into());
        self
    }

    /// Free data.
    #[must_use]
    pub fn meta(mut self, meta: Value) -> Self {
        self.meta = Some(meta);
        self
    }

    /// Makes it the primary key: a whole number that is not required is automatic, a text is required.
    #[must_use]
    pub fn as_primary_key(mut self) -> Self {
        if self.kind == Kind::Text {
            self.required = true;
        } else if !self.required {
            self.auto = Some(Auto::Increment);
        }
        self
    }

    /// Names the attribute of the other model that points back here.
    #[must_use]
    pub fn via(mut self, via: &str) -> Self {
        if let Some(a) = &mut self.association {
            a.via = Some(via.into());
        }
        self
    }

    /// The kind of the value in the column: for a to-one association the kind of the other model's key, for an
    /// encrypted attribute text.
    pub fn value_kind(&self) -> Kind {
        match &self.association {
            Some(a) => a.key_kind,
            None if self.encrypt => Kind::Text,
            None => self.kind,
        }
    }

    /// Whether this is a collection.
    pub fn is_collection(&self) -> bool {
        self.kind == Kind::Many
    }
}

/// Where an association points and how it is stored.
#[derive(Clone, Debug)]
pub struct AssociationDef {
    /// The identity of the other model.
    pub target: String,
    /// The other model's attribute that points back, as written; for a collection that goes through a model, the
    /// attribute of that model.
    pub via: Option<String>,
    /// The identity of the model whose records are the pairs of this collection.
    pub through: Option<String>,
    /// The other model's attribute that shows this association from its side; for a to-one association that
    /// is the collection whose `via` names it. Completed by `Orm::connect`.
    pub inverse: Option<String>,
    /// The kind of the other model's key. Completed by `Orm::connect`.
    pub key_kind: Kind,
    /// Where the link is stored. Completed by `Orm::connect`.
    pub storage: Storage,
}

impl AssociationDef {
    fn new(target: &str) -> Self {
        Self {
            target: target.into(),
            via: None,
            through: None,
            inverse: None,
            key_kind: Kind::Int,
            storage: Storage::Column,
        }
    }
}

/// Where the link of an association is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// In this attribute's own column.
    Column,
    /// In a to-one attribute of the other model (one-to-many).
    Foreign {
        /// The attribute of the other model.
        attr: String,
    },
    /// In a join table (many-to-many and one-sided collections): a generated one, or that of the model
    /// [`through`](AssociationDef::through) which the collection goes.
    Join {
        /// The table.
        table: String,
        /// Its column with this model's key.
        mine: String,
        /// Its column with the other model's key.
        theirs: String,
    },
}
