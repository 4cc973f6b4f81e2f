//! What becomes of records when the record they point at is destroyed.

/// The rule of a foreign key for the destroy of the record it points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDelete {
    /// The destroy is an error as long as a record points there.
    Restrict,
    /// The records that point there are destroyed too.
    Cascade,
    /// The records that point there point nowhere then.
    SetNull,
}
