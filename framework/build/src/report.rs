//! What a check has found, with the places in the user's own files.

use std::fmt;

/// A place in a file of the app: path from the package's folder, line and column counted from one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, from the package's folder.
    pub file: String,
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl Place {
    pub(crate) fn new(file: &str, line: usize, column: usize) -> Self {
        Self { file: file.to_owned(), line, column }
    }

    /// The very beginning of a file.
    pub(crate) fn start(file: &str) -> Self {
        Self::new(file, 1, 1)
    }

    /// The place of a byte of the file's text.
    pub(crate) fn in_text(file: &str, text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self::new(file, before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// The place where a piece of parsed Rust begins.
    pub(crate) fn in_rust(file: &str, span: proc_macro2::Span) -> Self {
        let start = span.start();
        Self::new(file, start.line, start.column + 1)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Something wrong, or suspicious, at a place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What, and the remedy.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Everything that [`check`](crate::check) has to say, ordered by place.
#[derive(Debug, Default)]
pub struct Report {
    /// What fails the build.
    pub errors: Vec<Problem>,
    /// What does not.
    pub warnings: Vec<Problem>,
}

impl Report {
    pub(crate) fn error(&mut self, place: Place, message: impl Into<String>) {
        self.errors.push(Problem { place, message: message.into() });
    }

    pub(crate) fn warning(&mut self, place: Place, message: impl Into<String>) {
        self.warnings.push(Problem { place, message: message.into() });
    }

    pub(crate) fn sort(&mut self) {
        for list in [&mut self.errors, &mut self.warnings] {
            list.sort();
            list.dedup();
        }
    }
}
