//! Names given on the command line, and the spellings that an app needs of them.

use heck::ToKebabCase;
use heck::ToSnakeCase;
use heck::ToTitleCase;
use heck::ToUpperCamelCase;

/// A checked name such as `user/sign-up`: folders and a last part, both kept in snake_case.
///
/// `userSignUp`, `UserSignUp`, `user-sign-up` and `user_sign_up` are one name; `/` and `.` separate folders, as in Sails.
/// Unlike Sails, files are snake_case, because they become Rust modules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    folders: Vec<String>,
    last: String,
}

/// Why a text is no name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum InvalidName {
    #[error("a name is missing: `{0}` has an empty part.")]
    Empty(String),
    #[error(
        "`{part}` in `{whole}` is not a valid name: it has to begin with a letter and may hold only the letters a to z, \
         digits, `-` and `_` (and `/` between folders)."
    )]
    Characters { whole: String, part: String },
    #[error("`{part}` is a keyword of Rust and cannot be a file or function there; choose another word.")]
    Keyword { part: String },
    #[error("`{part}` is a name that Topsail itself uses in {place}; choose another word.")]
    Taken { part: String, place: &'static str },
    #[error("`{whole}` has folders, but {what} lies directly in `{folder}`; give the last part alone.")]
    Folders { whole: String, what: &'static str, folder: &'static str },
    #[error("`{0}` is longer than {MAX_LENGTH} characters.")]
    TooLong(String),
}

/// File systems end at 255 bytes for one name; this leaves room for what is added.
const MAX_LENGTH: usize = 200;

impl Name {
    /// Reads a name; every part has to become a Rust identifier.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidName> {
        if text.len() > MAX_LENGTH {
            return Err(InvalidName::TooLong(text.chars().take(40).chain("…".chars()).collect()));
        }
        let mut parts =
            text.split(['/', '.']).map(|part| checked_part(text, part)).collect::<Result<Vec<_>, _>>()?;
        let last = parts.pop().ok_or_else(|| InvalidName::Empty(text.to_owned()))?;
        Ok(Self { folders: parts, last })
    }

    /// Reads a name that may not have folders, such as a model's.
    pub(crate) fn parse_flat(
        text: &str,
        what: &'static str,
        folder: &'static str,
    ) -> Result<Self, InvalidName> {
        let name = Self::parse(text)?;
        if name.folders.is_empty() {
            Ok(name)
        } else {
            Err(InvalidName::Folders { whole: text.to_owned(), what, folder })
        }
    }

    /// Refuses a last part that would hide what generated code needs from the prelude.
    pub(crate) fn not_one_of(
        self,
        taken: &[&str],
        spelled: fn(&Self) -> String,
        place: &'static str,
    ) -> Result<Self, InvalidName> {
        let part = spelled(&self);
        if taken.contains(&part.as_str()) {
            return Err(InvalidName::Taken { part, place });
        }
        Ok(self)
    }

    /// The last part in snake_case: a module, function or field.
    pub(crate) fn snake(&self) -> String {
        self.last.clone()
    }

    /// The last part in PascalCase: a struct.
    pub(crate) fn pascal(&self) -> String {
        self.last.to_upper_camel_case()
    }

    /// The last part as words for people: `Sign Up`.
    pub(crate) fn title(&self) -> String {
        self.last.to_title_case()
    }

    /// The last part in kebab-case.
    pub(crate) fn kebab(&self) -> String {
        self.last.to_kebab_case()
    }

    /// The file below its folder, without an ending: `user/sign_up`.
    pub(crate) fn file(&self) -> String {
        self.joined(|part| part.to_owned())
    }

    /// The identity by which routes and policies know it: `user/sign-up`.
    pub(crate) fn identity(&self) -> String {
        self.joined(|part| part.to_kebab_case())
    }

    /// The same folders with another last part.
    pub(crate) fn with_last(&self, last: &str) -> Self {
        Self { folders: self.folders.clone(), last: last.to_owned() }
    }

    fn joined(&self, spell: fn(&str) -> String) -> String {
        let parts: Vec<String> =
            self.folders.iter().map(String::as_str).chain([self.last.as_str()]).map(spell).collect();
        parts.join("/")
    }
}

/// Whether `word` is reserved in Rust 2024, so that a module, function or field cannot have it.
pub(crate) fn is_keyword(word: &str) -> bool {
    const KEYWORDS: &[&str] = &[
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do",
        "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
        "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self",
        "static", "struct", "super", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
        "virtual", "where", "while", "yield",
    ];
    KEYWORDS.contains(&word)
}

/// What the writer probably meant, if anything is near enough.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word.to_lowercase(), candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn checked_part(whole: &str, part: &str) -> Result<String, InvalidName> {
    if part.is_empty() {
        return Err(InvalidName::Empty(whole.to_owned()));
    }
    let good = part.starts_with(|c: char| c.is_ascii_alphabetic())
        && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if !good {
        return Err(InvalidName::Characters { whole: whole.to_owned(), part: part.to_owned() });
    }
    let snake = part.to_snake_case();
    if is_keyword(&snake) {
        return Err(InvalidName::Keyword { part: snake });
    }
    Ok(snake)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_spelling_folds_to_one_name() {
        for text in ["userSignUp", "UserSignUp", "user-sign-up", "user_sign_up"] {
            let name = Name::parse(text).unwrap();
            assert_eq!(name.file(), "user_sign_up", "{text}");
            assert_eq!(name.identity(), "user-sign-up", "{text}");
            assert_eq!(name.pascal(), "UserSignUp", "{text}");
            assert_eq!(name.title(), "User Sign Up", "{text}");
        }
    }

    #[test]
    fn slashes_and_dots_are_folders() {
        for text in ["admin/userStats/show-all", "admin.user-stats.showAll"] {
            let name = Name::parse(text).unwrap();
            assert_eq!(name.file(), "admin/user_stats/show_all");
            assert_eq!(name.identity(), "admin/user-stats/show-all");
            assert_eq!(name.snake(), "show_all");
        }
    }

    #[test]
    fn acronyms_and_digits_stay_readable() {
        assert_eq!(Name::parse("HTTPServer").unwrap().snake(), "http_server");
        assert_eq!(Name::parse("level2Boss").unwrap().snake(), "level2_boss");
    }

    #[test]
    fn what_cannot_be_an_identifier_is_refused_with_its_part() {
        assert_eq!(Name::parse("a//b"), Err(InvalidName::Empty("a//b".into())));
        assert_eq!(Name::parse(""), Err(InvalidName::Empty("".into())));
        assert!(matches!(Name::parse("2fast"), Err(InvalidName::Characters { .. })));
        assert!(matches!(Name::parse("../../etc"), Err(InvalidName::Empty(_))));
        assert!(matches!(Name::parse("größe"), Err(InvalidName::Characters { .. })));
        assert!(matches!(Name::parse("a b"), Err(InvalidName::Characters { .. })));
        assert_eq!(Name::parse("x/Type"), Err(InvalidName::Keyword { part: "type".into() }));
        assert!(matches!(Name::parse(&"x".repeat(201)), Err(InvalidName::TooLong(_))));
    }

    #[test]
    fn every_keyword_in_the_list_is_refused_by_the_parser_of_rust_too() {
        for word in ["type", "match", "async", "yield", "try"] {
            assert!(is_keyword(word));
            assert!(syn::parse_str::<syn::Ident>(word).is_err(), "{word}");
        }
    }

    #[test]
    fn a_near_word_is_suggested_and_a_far_one_is_not() {
        assert_eq!(did_you_mean("sting", ["string", "number"]), Some("string"));
        assert_eq!(did_you_mean("Boolaen", ["string", "boolean"]), Some("boolean"));
        assert_eq!(did_you_mean("zebra", ["string", "number"]), None);
    }
}
