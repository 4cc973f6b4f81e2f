//! The catalogue of MySQL and MariaDB. The names are given anew, since MySQL 8 writes them in capitals.

pub(super) const TABLE: &str = "SELECT table_name AS name FROM information_schema.tables \
     WHERE table_schema = DATABASE() AND table_name = ? AND table_type = 'BASE TABLE'";

pub(super) const COLUMNS: &str = "SELECT column_name AS name, column_type AS declared, \
     column_key = 'PRI' AS is_key, COALESCE(collation_name, '') AS collation \
     FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? \
     ORDER BY ordinal_position";

pub(super) const INDEXES: &str = "SELECT index_name AS name, COALESCE(column_name, '') AS part \
     FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ? \
     ORDER BY index_name, seq_in_index";

pub(super) const FOREIGN_KEYS: &str = "SELECT k.constraint_name AS name, MIN(k.column_name) AS part, \
            MIN(k.referenced_table_name) AS target, MIN(k.referenced_column_name) AS target_key, \
            MIN(r.delete_rule) AS rule \
     FROM information_schema.key_column_usage AS k JOIN information_schema.referential_constraints AS r \
     ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name \
     AND r.table_name = k.table_name \
     WHERE k.table_schema = DATABASE() AND k.table_name = ? AND k.referenced_table_name IS NOT NULL \
     GROUP BY k.constraint_name HAVING COUNT(*) = 1 ORDER BY k.constraint_name";
