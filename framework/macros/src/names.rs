//! How names are written on either side: `order_id` in Rust, `orderId` on the wire.

use syn::Ident;

/// The name without the `r#` of a raw identifier.
pub(crate) fn plain(ident: &Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}

/// `order_id` becomes `orderId`; leading and doubled underscores vanish.
pub(crate) fn camel_case(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    for part in name.split('_').filter(|part| !part.is_empty()) {
        if camel.is_empty() {
            camel.push_str(part);
        } else {
            let mut letters = part.chars();
            camel.extend(letters.next().into_iter().flat_map(char::to_uppercase));
            camel.push_str(letters.as_str());
        }
    }
    camel
}

/// `; did you mean `x`?`, or nothing where no candidate is near.
pub(crate) fn did_you_mean(name: &str, candidates: &[&str]) -> String {
    candidates
        .iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(score, _)| *score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or_else(String::new, |(_, candidate)| format!("; did you mean `{candidate}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snake_case_becomes_camel_case() {
        assert_eq!(camel_case("order_id"), "orderId");
        assert_eq!(camel_case("name"), "name");
        assert_eq!(camel_case("_x__y_1"), "xY1");
        assert_eq!(camel_case("is_a_b"), "isAB");
    }

    #[test]
    fn a_near_name_is_proposed() {
        assert_eq!(did_you_mean("is_emial", &["is_email", "min"]), "; did you mean `is_email`?");
        assert_eq!(did_you_mean("zzz", &["is_email", "min"]), "");
    }
}
