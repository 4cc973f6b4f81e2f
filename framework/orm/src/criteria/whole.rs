//! Whole-number attributes compared with any number.
//!
//! A value is bound as a whole number or not at all: drivers keep a prepared statement by its text, so the same text
//! must never come with a value of another type, and a database that compares as doubles would not be exact.

use sea_query::{Expr, ExprTrait};
use serde_json::Value;

use super::Op;

/// A comparison of a whole number with what it can be compared with.
pub(super) enum Comparison {
    /// With a whole number.
    With(Op, i64),
    /// Every number satisfies it; null does not.
    Always,
    /// No number satisfies it.
    Never,
}

impl Comparison {
    /// The comparison with a value that is no whole number of 64 bits.
    pub(super) fn new(op: Op, value: &Value) -> Self {
        if let Some(whole) = exact(value) {
            return Self::With(op, whole);
        }
        let Some(f) = value.as_f64() else { return Self::Never };
        let (above, below) = (f >= BEYOND, f < -BEYOND);
        match op {
            Op::Ne => Self::Always,
            Op::Lt | Op::Le if above => Self::Always,
            Op::Gt | Op::Ge if below => Self::Always,
            Op::Lt | Op::Le | Op::Gt | Op::Ge if above || below => Self::Never,
            #[allow(clippy::cast_possible_truncation, reason = "within i64, as was checked")]
            Op::Lt | Op::Le => Self::With(Op::Le, f.floor() as i64),
            #[allow(clippy::cast_possible_truncation, reason = "within i64, as was checked")]
            Op::Gt | Op::Ge => Self::With(Op::Gt, f.floor() as i64),
            _ => Self::Never,
        }
    }
}

const BEYOND: f64 = 9_223_372_036_854_775_808.0;

/// The value if it is a whole number of 64 bits.
pub(crate) fn exact(value: &Value) -> Option<i64> {
    if let Some(n) = value.as_i64() {
        return Some(n);
    }
    let f = value.as_f64().filter(|f| f.fract() == 0.0 && (-BEYOND..BEYOND).contains(f))?;
    #[allow(clippy::cast_possible_truncation, reason = "whole and within i64")]
    Some(f as i64)
}

/// True for every value but null, for which it is unknown.
pub(super) fn always(column: Expr) -> Expr {
    column.clone().eq(column)
}

/// False for every value but null, for which it is unknown.
pub(super) fn never(column: Expr) -> Expr {
    column.clone().ne(column)
}
