//! Bytes that are equal for criteria that say the same.

use std::hash::{Hash, Hasher};

use serde_json::Value;

use super::{Criteria, Where};
use crate::values::coerce;

impl Where {
    /// Bytes that are equal for trees that say the same in another order.
    ///
    /// Stable over restarts and machines, so that they can name a query elsewhere. Equal trees have equal bytes.
    pub fn canonical(&self) -> Vec<u8> {
        self.fold(|tree, inner| {
            let mut out = vec![];
            match tree {
                Self::All => out.extend(b"all"),
                Self::Nothing => out.extend(b"nothing"),
                Self::And(_) => group(&mut out, "and", inner),
                Self::Or(_) => group(&mut out, "or", inner),
                Self::Not(_) => group(&mut out, "not", inner),
                Self::Test(attr, op, value) => {
                    out.extend(format!("({attr:?} {} {})", op.as_str(), plain(value)).into_bytes());
                }
                Self::In(attr, values) => list(&mut out, "in", attr, values),
                Self::NotIn(attr, values) => list(&mut out, "nin", attr, values),
                Self::Any(attr, _) => {
                    out.extend(format!("({attr:?} any ").into_bytes());
                    out.extend(inner.concat());
                    out.push(b')');
                }
            }
            out
        })
    }
}

/// Order and repetition of the parts say nothing.
fn group(out: &mut Vec<u8>, sign: &str, mut parts: Vec<Vec<u8>>) {
    parts.sort();
    parts.dedup();
    out.extend(format!("({sign}").into_bytes());
    for part in parts {
        out.push(b' ');
        out.extend(part);
    }
    out.push(b')');
}

fn list(out: &mut Vec<u8>, sign: &str, attr: &str, values: &[Value]) {
    let mut values: Vec<_> = values.iter().map(plain).collect();
    values.sort();
    values.dedup();
    out.extend(format!("({attr:?} {sign} [{}])", values.join(",")).into_bytes());
}

/// Numbers that compare as equal are written alike: `5.0` is `5`, and there is one zero.
fn plain(value: &Value) -> String {
    match value.as_f64() {
        Some(f) if value.is_f64() => coerce::json_number(f).to_string(),
        _ => value.to_string(),
    }
}

impl Criteria {
    /// As [`Where::canonical`], for the whole: also in what order, how many, and with what beside them.
    pub fn canonical(&self) -> Vec<u8> {
        let Self { where_, sort, limit, skip, select, omit, populate } = self;
        let mut out = where_.canonical();
        let sort: Vec<_> =
            sort.iter().map(|o| format!("{:?}{}", o.attr, if o.desc { "-" } else { "+" })).collect();
        out.extend(format!(" sort [{}] limit {limit:?} skip {}", sort.join(","), skip.unwrap_or(0)).bytes());
        let sorted = |names: &[super::Name]| {
            let mut names: Vec<_> = names.iter().map(|n| format!("{n:?}")).collect();
            names.sort();
            names.dedup();
            names.join(",")
        };
        let select = select.as_deref().map_or_else(|| "*".into(), sorted);
        out.extend(format!(" select [{select}] omit [{}]", sorted(omit)).bytes());
        let shown = populate.iter().map(|p| {
            let mut one = format!("{:?} ", p.attr).into_bytes();
            one.extend(p.criteria.canonical());
            one
        });
        out.push(b' ');
        group(&mut out, "populate", shown.collect());
        out
    }
}

impl Hash for Where {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Equal trees have equal canonical bytes.
        self.canonical().hash(state);
    }
}

impl Hash for Criteria {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.canonical().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::criteria::{Order, Populate};

    #[test]
    fn a1_canonical_bytes_ignore_order_and_repetition() {
        let (a, b) = (Where::eq("a", 1), Where::one_of("b", vec![2.into(), 1.into()]));
        let c = Where::one_of("b", vec![1.into(), 2.into(), 2.into()]);
        assert_eq!(Where::And(vec![a.clone(), b]).canonical(), Where::And(vec![c, a.clone(), a]).canonical());
    }

    #[test]
    fn a1_numbers_that_are_equal_have_equal_bytes() {
        for (a, b) in [(Value::from(5), Value::from(5.0)), (Value::from(0), Value::from(-0.0))] {
            assert_eq!(Where::eq("a", a).canonical(), Where::eq("a", b).canonical());
        }
        assert_ne!(Where::eq("a", 5).canonical(), Where::eq("a", 5.5).canonical());
        assert_ne!(Where::eq("a", 5).canonical(), Where::eq("a", "5").canonical());
    }

    #[test]
    fn a1_what_differs_has_other_bytes() {
        let trees = [
            Where::eq("a", 1),
            Where::eq("a", 1).not(),
            Where::eq("a b", 1),
            Where::eq("a", "1) (b = 1"),
            Where::any("a", Where::eq("b", 1)),
            Where::any("a", Where::eq("b", 1)).not(),
            Where::And(vec![Where::eq("a", 1), Where::eq("b", 1)]),
            Where::Or(vec![Where::eq("a", 1), Where::eq("b", 1)]),
            Where::In("a".into(), vec![1.into(), 2.into()]),
            Where::NotIn("a".into(), vec![1.into(), 2.into()]),
        ];
        for (i, a) in trees.iter().enumerate() {
            assert!(trees[i + 1..].iter().all(|b| a.canonical() != b.canonical()), "{a:?}");
        }
        let sorted = |attr: &'static str, desc| Criteria {
            sort: vec![Order { attr: attr.into(), desc }],
            ..Criteria::default()
        };
        let shown = |limit| Criteria {
            populate: vec![Populate {
                criteria: Criteria { limit, ..Criteria::default() },
                ..Populate::new("pets")
            }],
            ..Criteria::default()
        };
        let all = [
            Criteria::default(),
            sorted("a", false),
            sorted("a", true),
            Criteria { limit: Some(1), ..Criteria::default() },
            Criteria { skip: Some(1), ..Criteria::default() },
            Criteria { select: Some(vec![]), ..Criteria::default() },
            Criteria { omit: vec!["a".into()], ..Criteria::default() },
            shown(None),
            shown(Some(1)),
        ];
        for (i, a) in all.iter().enumerate() {
            assert!(all[i + 1..].iter().all(|b| a.canonical() != b.canonical()), "{a:?}");
        }
        let names = |a: &'static str, b: &'static str| Criteria {
            select: Some(vec![a.into(), b.into()]),
            ..Criteria::default()
        };
        assert_eq!(names("a", "b").canonical(), names("b", "a").canonical());
    }
}
