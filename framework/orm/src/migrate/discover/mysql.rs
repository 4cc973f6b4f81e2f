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
