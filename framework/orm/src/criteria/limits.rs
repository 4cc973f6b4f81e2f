//! How large criteria may be.

/// What one `where` may cost, whichever door it comes through.
///
/// The wire has `blueprints.max_criteria_nodes` and its siblings for this ([`Limits`]); the app's own code has
/// `models.max_criteria_nodes` and its siblings, and [`Meta::where_limits`](crate::Meta::where_limits) for one query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WhereLimits {
    /// Tests and groups; a condition on associated records counts as ten.
    pub nodes: usize,
    /// Levels of `and` and `or`.
    pub depth: usize,
    /// Values in all lists together.
    pub values: usize,
}

impl WhereLimits {
    /// What every database takes in one statement; greater limits are lowered to these.
    ///
    /// Expressions of SQLite have 1000 levels. Its statements have 32,766 values, of which the keys of a populate may need
    /// 10,000.
    pub const MOST: Self = Self { nodes: 900, depth: 100, values: 20_000 };

    /// These, where they are not beyond [`MOST`](Self::MOST).
    pub(super) fn bearable(self) -> Self {
        Self {
            nodes: self.nodes.min(Self::MOST.nodes),
            depth: self.depth.min(Self::MOST.depth),
            values: self.values.min(Self::MOST.values),
        }
    }
}

impl Default for WhereLimits {
    fn default() -> Self {
        Self { nodes: 200, depth: 25, values: 10_000 }
    }
}

/// What criteria from the wire may cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Tests and groups in one `where`; a condition on associated records counts as ten.
    pub nodes: usize,
    /// Nested `and`/`or`.
    pub depth: usize,
    /// Values in all lists of one `where` together.
    pub values: usize,
    /// The greatest `limit`, and the greatest number of values in one list.
    pub page: u64,
    /// Levels of populate.
    pub populate_depth: usize,
    /// Bytes of one text.
    pub text: usize,
    /// Whether conditions may be put on associated records. They tell a client about records that it may not be
    /// able to read, so they are off by default.
    pub association_filters: bool,
}

impl Limits {
    pub(super) fn of_where(&self) -> WhereLimits {
        WhereLimits { nodes: self.nodes, depth: self.depth, values: self.values }
    }
}

impl Default for Limits {
    fn default() -> Self {
        let WhereLimits { nodes, depth, values } = WhereLimits::default();
        Self {
            nodes,
            depth,
            values,
            page: 1000,
            populate_depth: 3,
            text: 16 * 1024,
            association_filters: false,
        }
    }
}
