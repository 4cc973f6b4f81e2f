//! The tree of a `where`.

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

    pub(crate) fn is_order(self) -> bool {
        matches!(self, Self::Lt | Self::Le | Self::Gt | Self::Ge)
    }
}

/// Which records. Text compares byte by byte on every database.
#[derive(Clone, Debug, Default, PartialEq)]
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
}

impl Where {
    /// The attribute equals the value.
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
        for part in parts {
            match part {
                Self::All => {}
                Self::Nothing => return Self::Nothing,
                Self::And(inner) => all.extend(inner),
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
        for part in parts {
            match part {
                Self::Nothing => {}
                Self::All => return Self::All,
                Self::Or(inner) => any.extend(inner),
                part => any.push(part),
            }
        }
        match any.len() {
            0 => Self::Nothing,
            1 => any.remove(0),
            _ => Self::Or(any),
        }
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

    /// Bytes that are equal for trees that say the same in another order.
    pub fn canonical(&self) -> Vec<u8> {
        let group = |sign: &str, parts: &[Self]| {
            let mut parts: Vec<_> = parts.iter().map(Self::canonical).collect();
            parts.sort();
            parts.dedup();
            let mut out = format!("({sign}").into_bytes();
            for p in parts {
                out.push(b' ');
                out.extend(p);
            }
            out.push(b')');
            out
        };
        let list = |sign: &str, attr: &str, values: &[Value]| {
            let mut values: Vec<_> = values.iter().map(Value::to_string).collect();
            values.sort();
            values.dedup();
            format!("({attr:?} {sign} [{}])", values.join(",")).into_bytes()
        };
        match self {
            Self::All => b"all".to_vec(),
            Self::Nothing => b"nothing".to_vec(),
            Self::And(parts) => group("and", parts),
            Self::Or(parts) => group("or", parts),
            Self::Test(attr, op, value) => format!("({attr:?} {} {value})", op.as_str()).into_bytes(),
            Self::In(attr, values) => list("in", attr, values),
            Self::NotIn(attr, values) => list("nin", attr, values),
        }
    }
}

impl std::hash::Hash for Where {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        // Equal trees have equal canonical bytes.
        self.canonical().hash(state);
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
    fn canonical_bytes_ignore_order() {
        let (a, b) = (Where::eq("a", 1), Where::one_of("b", vec![2.into(), 1.into()]));
        let c = Where::one_of("b", vec![1.into(), 2.into()]);
        assert_eq!(Where::And(vec![a.clone(), b]).canonical(), Where::And(vec![c, a]).canonical());
    }
}
