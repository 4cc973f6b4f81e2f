//! SQL as text: what in it is code, what is quoted, what is a comment.

use std::ops::Range;

use crate::datastore::Dialect;

/// A piece of SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Code,
    /// A text or a name in quotes.
    Quoted,
    /// `-- …` up to the end of its line, or `/* … */`.
    Comment,
}

/// The pieces of a text, one after the other. What is not closed goes on to the end.
pub(super) fn pieces(dialect: Dialect, sql: &str) -> Vec<(Piece, Range<usize>)> {
    let mut pieces: Vec<(Piece, Range<usize>)> = vec![];
    let mut at = 0;
    while at < sql.len() {
        let (piece, length) = next(dialect, &sql[..at], &sql[at..]);
        match pieces.last_mut() {
            Some((Piece::Code, range)) if piece == Piece::Code => range.end += length,
            _ => pieces.push((piece, at..at + length)),
        }
        at += length;
    }
    pieces
}

fn next(dialect: Dialect, before: &str, rest: &str) -> (Piece, usize) {
    let mysql = dialect.is_mysql();
    let line = || rest.find('\n').unwrap_or(rest.len());
    match rest.as_bytes()[0] {
        b'\'' => {
            let escapes = mysql || (dialect == Dialect::Postgres && is_escaping(before));
            (Piece::Quoted, quoted(rest, b'\'', escapes))
        }
        b'"' => (Piece::Quoted, quoted(rest, b'"', mysql)),
        b'`' if dialect != Dialect::Postgres => (Piece::Quoted, quoted(rest, b'`', false)),
        b'[' if dialect == Dialect::Sqlite => {
            (Piece::Quoted, rest.find(']').map_or(rest.len(), |end| end + 1))
        }
        b'$' if dialect == Dialect::Postgres && !before.ends_with(is_word) => match dollar(rest) {
            Some(length) => (Piece::Quoted, length),
            None => (Piece::Code, 1),
        },
        // MySQL takes `--` for two signs where no space follows.
        b'-' if rest.starts_with("--")
            && (!mysql || rest[2..].chars().next().is_none_or(char::is_whitespace)) =>
        {
            (Piece::Comment, line())
        }
        b'#' if mysql => (Piece::Comment, line()),
        b'/' if rest.starts_with("/*") => (Piece::Comment, block(rest, dialect == Dialect::Postgres)),
        _ => (Piece::Code, rest.chars().next().map_or(1, char::len_utf8)),
    }
}

/// Whether a text that begins now has escapes: `E'…'`.
fn is_escaping(before: &str) -> bool {
    before.strip_suffix(['e', 'E']).is_some_and(|b| !b.ends_with(is_word))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// Bytes of what begins with a quote, both included. A doubled quote ends one text and begins the next.
fn quoted(text: &str, quote: u8, escapes: bool) -> usize {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|b| {
        let ends = b == quote && !escaped;
        escaped = escapes && b == b'\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

/// Bytes of `$tag$ … $tag$`.
fn dollar(text: &str) -> Option<usize> {
    let tag = text[1..].find('$').map(|end| &text[..end + 2])?;
    let name = &tag[1..tag.len() - 1];
    if name.starts_with(|c: char| c.is_ascii_digit())
        || !name.chars().all(|c| c.is_alphanumeric() || c == '_')
    {
        return None;
    }
    Some(text[tag.len()..].find(tag).map_or(text.len(), |end| tag.len() + end + tag.len()))
}

/// Bytes of `/* … */`.
fn block(text: &str, nests: bool) -> usize {
    let (mut at, mut depth) = (2, 1);
    while let Some(found) = text[at..].find(['*', '/']) {
        at += found;
        if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else if nests && text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else {
            at += 1;
        }
    }
    text.len()
}

/// The statements of a text, each from its first word to before its `;`.
///
/// None if one of them has statements inside, whose `;` do not end it: a trigger, a procedure.
pub(super) fn statements(dialect: Dialect, sql: &str) -> Option<Vec<&str>> {
    let mut statements = vec![];
    let mut start: Option<usize> = None;
    let mut end = 0;
    let mut close = |start: &mut Option<usize>, end: usize| {
        if let Some(start) = start.take() {
            statements.push(sql[start..end].trim_end());
        }
    };
    for (piece, range) in pieces(dialect, sql) {
        match piece {
            Piece::Comment => {}
            Piece::Quoted => {
                start.get_or_insert(range.start);
                end = range.end;
            }
            Piece::Code => {
                for (offset, c) in sql[range.clone()].char_indices() {
                    if c == ';' {
                        close(&mut start, range.start + offset);
                    } else if !c.is_whitespace() {
                        start.get_or_insert(range.start + offset);
                        end = range.start + offset + c.len_utf8();
                    }
                }
            }
        }
    }
    close(&mut start, end);
    if statements.iter().any(|s| holds_statements(s)) { None } else { Some(statements) }
}

fn holds_statements(statement: &str) -> bool {
    let head: Vec<String> = statement
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .take(12)
        .map(str::to_ascii_uppercase)
        .collect();
    let has = |word: &str| head.iter().any(|w| w == word);
    match head.first().map(String::as_str) {
        Some("BEGIN" | "DELIMITER") => true,
        Some("CREATE" | "ALTER") => {
            ["TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "PACKAGE"].iter().any(|w| has(w))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_text_is_pieces_from_its_begin_to_its_end(sql in "([-'\"`$\\[\\]/*#;\\\\\n eEé]|\\PC)*") {
            for dialect in [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql] {
                let joined: String = pieces(dialect, &sql).into_iter().map(|(_, range)| &sql[range]).collect();
                prop_assert_eq!(&joined, &sql);
                drop(statements(dialect, &sql));
            }
        }
    }

    #[test]
    fn statements_end_where_a_semicolon_is_code() {
        let sql = "-- one; two\nSELECT ';', \"a;b\" /* ; */ FROM t;\n\n;SELECT 'it''s;' ;  SELECT 3 -- end;";
        for dialect in [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql, Dialect::Mariadb] {
            let found = statements(dialect, sql).unwrap_or_default();
            assert_eq!(found.len(), 3, "{dialect:?} {found:?}");
            assert!(found[0].starts_with("SELECT ';'") && found[0].ends_with("FROM t"));
            assert_eq!(found[2], "SELECT 3");
        }
        assert_eq!(statements(Dialect::Mysql, r"SELECT 'a\';b'; SELECT 2").unwrap_or_default().len(), 2);
        assert_eq!(statements(Dialect::Postgres, r"SELECT 'a\'; SELECT 2").unwrap_or_default().len(), 2);
        assert_eq!(statements(Dialect::Postgres, r"SELECT E'a\';b'; SELECT 2").unwrap_or_default().len(), 2);
        assert_eq!(
            statements(Dialect::Postgres, "DO $x$ a; $y$ b; $x$; SELECT $1").unwrap_or_default().len(),
            2
        );
        assert_eq!(
            statements(Dialect::Mysql, "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN x; END"),
            None
        );
        for odd in ["'", "\"", "$$", "$", "/*", "--", "[", "`", "é'é", "/*/*/", "$é$"] {
            for dialect in [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql] {
                drop(statements(dialect, odd));
            }
        }
    }
}
