//! Finding places in TOML texts, and what may have been meant.

/// `; did you mean `x`?`, or nothing where no candidate is near.
pub(crate) fn did_you_mean<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> String {
    let folded = name.to_lowercase();
    candidates
        .map(|candidate| (strsim::jaro_winkler(&folded, &candidate.to_lowercase()), candidate))
        .filter(|(score, _)| *score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or_else(String::new, |(_, candidate)| format!("; did you mean `{candidate}`?"))
}

/// The line of a key path in a TOML text, counted from one.
pub(super) fn line_of(text: &str, path: &[String]) -> Option<usize> {
    let document = toml_edit::Document::parse(text).ok()?;
    let mut item = document.as_item();
    let mut span = None;
    for key in path {
        let (found, next) = item.as_table_like()?.get_key_value(key)?;
        span = found.span().or_else(|| next.span()).or(span);
        item = next;
    }
    span.map(|s| text[..s.start].matches('\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_proposed_and_a_far_one_not() {
        assert_eq!(
            did_you_mean("trust_prox", ["trust_proxy", "cache"].into_iter()),
            "; did you mean `trust_proxy`?"
        );
        assert_eq!(did_you_mean("zzz", ["trust_proxy"].into_iter()), "");
    }

    #[test]
    fn keys_are_found_on_their_line() {
        let text = "a = 1\n\n[http]\nx = 2\ntrust = 3\n";
        assert_eq!(line_of(text, &["http".into(), "trust".into()]), Some(5));
        assert_eq!(line_of(text, &["http".into(), "none".into()]), None);
    }
}
