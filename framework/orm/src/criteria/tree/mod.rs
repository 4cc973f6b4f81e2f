//! The tree of a `where`.

mod walk;

use std::borrow::Cow;

use serde_json::Value;

/// The name of an attribute: a constant in typed criteria, owned in those from the wire.
pub type Name = Cow<'static, str>;

/// An operator between an attribute and one value.
///
/// Every operator has both back ends: SQL and [`Where::eval`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Equal; with null: is null.
    Eq,
    /// Not equal, null excluded; with null: is not null.
    Ne,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
    /// Contains the text, every character literal.
    Contains,
    /// Starts with the text, every character literal.
    StartsWith,
    /// Ends with the text, every character literal.
    EndsWith,
    /// Matches the text, in which `%` stands for anything and `\%` for a percent sign.
    Like,
}

impl Op {
    /// The operator as the wire writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Contains => "contains",
            Self::StartsWith => "startsWith",
            Self::EndsWith => "endsWith",
            Self::Like => "like",
        }
    }

    pub(crate) fn is_text(self) -> bool {
        matches!(self, Self::Contains | Self::StartsWith | Self::EndsWith | Self::Like)
    }

    /// The operator that holds exactly where this one is known not to.
    pub(crate) fn opposite(self) -> Option<Self> {
        match self {
            Self::Eq => Some(Self::Ne),
            Self::Ne => Some(Self::Eq),
            Self::Lt => Some(Self::Ge),
            Self::Le => Some(Self::Gt),
            Self::Gt => Some(Self::Le),
            Self::Ge => Some(Self::Lt),
            Self::Contains | Self::StartsWith | Self::EndsWith | Self::Like => None,
        }
    }

    pub(crate) fn is_order(self) -> bool {
        matches!(self, Self::Lt | Self::Le | Self::Gt | Self::Ge)
    }
}

/// Which records. Text compares byte by byte on every database.
///
/// A tree can be of any depth and size; queries take it within [`WhereLimits`](crate::WhereLimits).
#[derive(Default)]
pub enum Where {
    /// Every record.
    #[default]
    All,
    /// No record; known without asking the database.
    Nothing,
    /// All of them hold.
    And(Vec<Where>),
    /// At least one of them holds.
    Or(Vec<Where>),
    /// One comparison.
    Test(Name, Op, Value),
    /// The attribute is one of the values.
    In(Name, Vec<Value>),
    /// The attribute is none of the values, and not null.
    NotIn(Name, Vec<Value>),
    /// It does not hold; what null makes unknown stays unknown. [`Where::not`] puts this only around what has no
    /// opposite of its own.
    Not(Box<Where>),
    /// At least one record of the association satisfies the condition. SQL has it always; [`Where::eval`] has it
    /// for records that carry the association populated, see [`Where::is_local`].
    Any(Name, Box<Where>),
}

impl Where {
    /// The attribute equals the value. JSON has no NaN and no infinity, so `Value::from` makes null of them, which
    /// [`Col::eq`](crate::Col::eq) does not.
    pub fn eq(attr: impl Into<Name>, value: impl Into<Value>) -> Self {
        Self::Test(attr.into(), Op::Eq, value.into())
    }

    /// The attribute is one of the values.
    pub fn one_of(attr: impl Into<Name>, mut values: Vec<Value>) -> Self {
        match values.len() {
            0 => Self::Nothing,
            1 => Self::Test(attr.into(), Op::Eq, values.remove(0)),
            _ => Self::In(attr.into(), values),
        }
    }

    /// The attribute is none of the values, and not null unless the list is empty.
    pub fn none_of(attr: impl Into<Name>, values: Vec<Value>) -> Self {
        if values.is_empty() { Self::All } else { Self::NotIn(attr.into(), values) }
    }

    /// All of them hold; flattened, and without what decides nothing.
    pub fn all_of(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut all = vec![];
        for mut part in parts {
            match part {
                Self::All => {}
                Self::Nothing => return Self::Nothing,
                Self::And(ref mut inner) if all.is_empty() => all = std::mem::take(inner),
                Self::And(ref mut inner) => all.append(inner),
                part => all.push(part),
            }
        }
        match all.len() {
            0 => Self::All,
            1 => all.remove(0),
            _ => Self::And(all),
        }
    }

    /// At least one of them holds; flattened, and without what decides nothing.
    pub fn any_of(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut any = vec![];
        for mut part in parts {
            match part {
                Self::Nothing => {}
                Self::All => return Self::All,
                Self::Or(ref mut inner) if any.is_empty() => any = std::mem::take(inner),
                Self::Or(ref mut inner) => any.append(inner),
                part => any.push(part),
            }
        }
        match any.len() {
            0 => Self::Nothing,
            1 => any.remove(0),
            _ => Self::Or(any),
        }
    }

    /// At least one record of the association satisfies the condition; [`Where::All`] asks whether there is any.
    pub fn any(association: impl Into<Name>, condition: Self) -> Self {
        match condition {
            Self::Nothing => Self::Nothing,
            condition => Self::Any(association.into(), Box::new(condition)),
        }
    }

    /// The opposite, in SQL's three values: where null makes a condition unknown, its opposite is unknown too.
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "it does implement it; criteria are read from left to right"
    )]
    pub fn not(self) -> Self {
        self.opposite()
    }

    /// Whether [`eval`](Self::eval) needs nothing but the record's own attributes.
    ///
    /// Each operator has both back ends; a condition on an association has the second one only for records that
    /// carry the whole association.
    pub fn is_local(&self) -> bool {
        self.fold(|tree, inner: Vec<bool>| !matches!(tree, Self::Any(..)) && inner.iter().all(|local| *local))
    }

    /// Adds a condition that the first one cannot undo.
    #[must_use]
    pub fn and_also(self, extra: Self) -> Self {
        Self::all_of([self, extra])
    }

    /// Whether it is known without asking the database that nothing matches.
    pub fn is_nothing(&self) -> bool {
        *self == Self::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn algebra_removes_what_decides_nothing() {
        let a = || Where::eq("a", 1);
        assert_eq!(Where::all_of([]), Where::All);
        assert_eq!(Where::any_of([]), Where::Nothing);
        assert_eq!(Where::all_of([a(), Where::Nothing]), Where::Nothing);
        assert_eq!(Where::any_of([a(), Where::All]), Where::All);
        assert_eq!(Where::all_of([a(), Where::All]), a());
    }

    #[test]
    fn a_negation_is_pushed_to_where_an_opposite_exists() {
        let (a, b) = (|| Where::eq("a", 1), || Where::Test("b".into(), Op::Lt, 2.into()));
        assert_eq!(Where::All.not(), Where::Nothing);
        assert_eq!(a().not(), Where::Test("a".into(), Op::Ne, 1.into()));
        assert_eq!(
            Where::And(vec![a(), b()]).not(),
            Where::Or(vec![a().not(), Where::Test("b".into(), Op::Ge, 2.into())])
        );
        assert_eq!(
            Where::none_of("a", vec![1.into(), 2.into()]).not(),
            Where::one_of("a", vec![1.into(), 2.into()])
        );
        let text = Where::Test("a".into(), Op::Contains, "x".into());
        assert_eq!(text.clone().not(), Where::Not(Box::new(text.clone())));
        assert_eq!(text.clone().not().not(), text);
        assert_eq!(Where::any("pets", Where::Nothing), Where::Nothing);
    }
}
