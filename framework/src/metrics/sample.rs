//! One number that was read.

/// What a number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only grows, and begins at 0 with each lift.
    Counter,
    /// It is how much there is at the moment.
    Gauge,
}

/// One number of an app, named as Prometheus wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sample {
    /// Its name: `topsail_http_requests_total`. Samples that differ only in their label have the same.
    pub name: &'static str,
    /// What it counts, in a sentence.
    pub help: &'static str,
    /// Does it only grow?
    pub kind: Kind,
    /// What tells it from others of its name: `("status", "2xx")`.
    pub label: Option<(&'static str, &'static str)>,
    /// The number.
    pub value: u64,
}
