//! The catalogue of PostgreSQL; only the schema that comes first in the search path is ours.

pub(super) const TABLE: &str = "SELECT c.relname::text FROM pg_class AS c \
     JOIN pg_namespace AS n ON n.oid = c.relnamespace \
     WHERE n.nspname = current_schema() AND c.relname = $1 AND c.relkind IN ('r', 'p')";

pub(super) const COLUMNS: &str = "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), \
     EXISTS (SELECT 1 FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisprimary \
             AND a.attnum = ANY (i.indkey))::int, \
     COALESCE(l.collname::text, '') \
     FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid \
     JOIN pg_namespace AS n ON n.oid = c.relnamespace \
     LEFT JOIN pg_collation AS l ON l.oid = a.attcollation \
     WHERE n.nspname = current_schema() AND c.relname = $1 AND a.attnum > 0 AND NOT a.attisdropped \
     ORDER BY a.attnum";

pub(super) const INDEXES: &str = "SELECT i.relname::text, COALESCE(a.attname::text, '') \
     FROM pg_index AS x JOIN pg_class AS c ON c.oid = x.indrelid \
     JOIN pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_class AS i ON i.oid = x.indexrelid \
     CROSS JOIN LATERAL unnest(x.indkey) WITH ORDINALITY AS k (attnum, place) \
     LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum AND k.attnum > 0 \
     WHERE n.nspname = current_schema() AND c.relname = $1 \
     ORDER BY i.relname, k.place";

pub(super) const FOREIGN_KEYS: &str = "SELECT k.conname::text, a.attname::text, f.relname::text, b.attname::text, \
            k.confdeltype::text \
     FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid \
     JOIN pg_namespace AS n ON n.oid = c.relnamespace JOIN pg_class AS f ON f.oid = k.confrelid \
     JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1] \
     JOIN pg_attribute AS b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1] \
     WHERE n.nspname = current_schema() AND c.relname = $1 AND k.contype = 'f' \
     AND array_length(k.conkey, 1) = 1 ORDER BY k.conname";
