//! Names that fit every database.

/// The longest name that PostgreSQL keeps whole; the shortest of the three limits.
const LONGEST: usize = 63;

/// The name, shortened to what every database can hold; equal names stay equal, different ones different.
pub(crate) fn bounded(name: String) -> String {
    if name.len() <= LONGEST {
        return name;
    }
    let mark = format!("_{:08x}", hash(&name));
    let mut end = LONGEST - mark.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{mark}", &name[..end])
}

/// The name of the unique index that we make of these columns.
pub(crate) fn unique_index(table: &str, columns: &[&str]) -> String {
    bounded(format!("{table}_{}_unique", columns.join("_")))
}

/// The name of the index that we make of these columns where it is not unique.
pub(crate) fn plain_index(table: &str, columns: &[&str]) -> String {
    bounded(format!("{table}_{}_index", columns.join("_")))
}

/// The name of the constraint that we make of the foreign key in this column.
pub(crate) fn foreign_key(table: &str, column: &str) -> String {
    bounded(format!("{table}_{column}_fkey"))
}

/// FNV-1a: the standard hasher promises nothing over versions, and these names last as long as the tables.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_shortened_and_stay_different() {
        assert_eq!(unique_index("user", &["email"]), "user_email_unique");
        let long = |end: &str| bounded(format!("{}ü{end}", "x".repeat(53)));
        assert!(long("aaaaaaaaaaaa").len() <= LONGEST);
        assert_ne!(long("aaaaaaaaaaaa"), long("aaaaaaaaaaab"));
        assert_eq!(long("aaaaaaaaaaaa"), long("aaaaaaaaaaaa"));
    }
}
