//! Patterns of `like`.

/// A pattern: literal pieces with "anything" between them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    pieces: Vec<String>,
}

impl Pattern {
    /// Reads a pattern in which `%` stands for anything and `\%` for a percent sign.
    pub(crate) fn new(text: &str) -> Self {
        let mut pieces = vec![String::new()];
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '%' => pieces.push(String::new()),
                '\\' if chars.peek() == Some(&'%') => {
                    chars.next();
                    last(&mut pieces).push('%');
                }
                c => last(&mut pieces).push(c),
            }
        }
        // Neighbouring wildcards say no more than one.
        let end = pieces.len() - 1;
        let mut kept: Vec<String> = vec![];
        for (i, piece) in pieces.into_iter().enumerate() {
            if i == 0 || i == end || !piece.is_empty() {
                kept.push(piece);
            }
        }
        Self { pieces: kept }
    }

    /// Whether everything matches.
    pub(crate) fn is_anything(&self) -> bool {
        self.pieces.len() > 1 && self.pieces.iter().all(String::is_empty)
    }

    /// The pattern in SQLite's GLOB, the one operator there that heeds letter case.
    pub(crate) fn to_glob(&self) -> String {
        let escaped = |piece: &String| {
            piece.chars().fold(String::new(), |mut out, c| {
                if matches!(c, '*' | '?' | '[') {
                    out.extend(['[', c, ']']);
                } else {
                    out.push(c);
                }
                out
            })
        };
        self.pieces.iter().map(escaped).collect::<Vec<_>>().join("*")
    }

    /// The pattern in SQL's LIKE; `literal` makes a text match itself only.
    pub(crate) fn to_like(&self, literal: fn(&str) -> String) -> String {
        self.pieces.iter().map(|piece| literal(piece)).collect::<Vec<_>>().join("%")
    }

    /// Whether the text matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let [first, middle @ .., last] = self.pieces.as_slice() else {
            return self.pieces.first().is_some_and(|p| p == text);
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
        for piece in middle {
            match rest.find(piece.as_str()) {
                Some(at) => rest = &rest[at + piece.len()..],
                None => return false,
            }
        }
        rest.ends_with(last.as_str())
    }
}

fn last(pieces: &mut [String]) -> &mut String {
    pieces.last_mut().expect("a pattern has at least one piece")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_is_the_only_wildcard() {
        for (pattern, text, matches) in [
            ("a%", "abc", true),
            ("a%", "bc", false),
            ("%b%", "abc", true),
            ("a_c", "abc", false),
            ("a_c", "a_c", true),
            ("100\\%", "100%", true),
            ("100\\%", "100x", false),
            ("%a%a%", "a", false),
            ("%a%a", "aba", true),
            ("A%", "abc", false),
            ("abc", "abc", true),
        ] {
            assert_eq!(Pattern::new(pattern).matches(text), matches, "{pattern} on {text}");
        }
        assert!(Pattern::new("%%").is_anything());
        assert_eq!(Pattern::new("*[a]?%").to_glob(), "[*][[]a][?]*");
    }
}
