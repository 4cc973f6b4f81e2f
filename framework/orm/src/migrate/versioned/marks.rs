//! Comments that say that the statement below them loses data: `-- destructive: drops the table "user"`.

use super::text::{Piece, pieces};
use crate::datastore::Dialect;

const WORD: &str = "destructive:";

/// The comment for a step.
pub(super) fn mark(loss: &str) -> String {
    format!("-- {WORD} {loss}")
}

/// What the marks of a script say. Only a comment that is alone on its line counts, and no text in quotes that looks
/// like one.
pub(super) fn marks(dialect: Dialect, sql: &str) -> Vec<&str> {
    pieces(dialect, sql)
        .into_iter()
        .filter(|(piece, _)| *piece == Piece::Comment)
        .filter(|(_, range)| sql[..range.start].rsplit('\n').next().is_none_or(|line| line.trim().is_empty()))
        .filter_map(|(_, range)| sql[range].strip_prefix("--")?.trim().strip_prefix(WORD).map(str::trim))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_comment_that_is_alone_on_its_line_is_a_mark() {
        let sql = "  -- destructive: drops `a`\nDROP TABLE a;\n\
                   SELECT 1; -- destructive: no\n\
                   INSERT INTO t VALUES ('\n-- destructive: no\n');\n\
                   /*\n-- destructive: no\n*/\n\
                   -- not destructive: no\n\
                   -- destructive: drops `b`\r\nDROP TABLE b";
        for dialect in [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql, Dialect::Mariadb] {
            assert_eq!(marks(dialect, sql), ["drops `a`", "drops `b`"], "{dialect:?}");
        }
        let tricky = "SELECT $$\n-- destructive: no\n$$;\n";
        assert!(marks(Dialect::Postgres, tricky).is_empty());
        let tricky = "SELECT 'a\\'\n-- destructive: no\n';";
        assert!(marks(Dialect::Mysql, tricky).is_empty());
        assert_eq!(marks(Dialect::Postgres, "SELECT 'a\\'\n-- destructive: yes\n;"), ["yes"]);
    }
}
