//! The order of explicit routes: static before parameter before wildcard, whatever the file's order.

use super::{Address, pattern::Segment};

/// Sorts addresses as Sails does; regular expressions stay right after the address that precedes them in the file.
pub(crate) fn sort<T>(routes: Vec<(Address, T)>) -> Vec<(Address, T)> {
    let mut groups: Vec<Vec<(Address, T)>> = Vec::new();
    let mut leading = Vec::new();
    for route in routes {
        let is_regex = route.0.pattern.segments().is_none();
        match groups.last_mut() {
            Some(group) if is_regex => group.push(route),
            None if is_regex => leading.push(route),
            _ => groups.push(vec![route]),
        }
    }
    groups.sort_by_cached_key(|group| place(&group[0].0));
    leading.into_iter().chain(groups.into_iter().flatten()).collect()
}

/// Where an address stands: behind all with a static segment if it has none, then by the ranks of its segments, then
/// those without a verb behind those with one. Equal places keep the file's order.
fn place(address: &Address) -> (bool, Vec<u8>, bool) {
    let segments = address.pattern.segments().unwrap_or_default();
    let dynamic = !segments.iter().any(|s| matches!(s, Segment::Static(_)));
    let mut ranks: Vec<u8> = segments.iter().map(rank).collect();
    // What a shorter address has in place of the next segment.
    ranks.push(if segments.contains(&Segment::Wildcard) { 4 } else { 0 });
    (dynamic, ranks, address.verb.is_none())
}

fn rank(segment: &Segment) -> u8 {
    match segment {
        Segment::Static(_) => 1,
        Segment::Param { .. } => 2,
        Segment::Wildcard => 3,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sorted(texts: &[&str]) -> Vec<String> {
        sort(texts.iter().map(|t| (Address::parse(t).unwrap(), ())).collect())
            .into_iter()
            .map(|(a, ())| a.to_string())
            .collect()
    }

    #[test]
    fn ht_35_a_static_segment_comes_before_a_parameter() {
        assert_eq!(sorted(&["/a/:x", "/a/b"]), ["/a/b", "/a/:x"]);
        assert_eq!(sorted(&["/a/b", "/a/:x"]), ["/a/b", "/a/:x"]);
    }

    #[test]
    fn ht_35_a_static_segment_comes_first_whatever_stands_between() {
        assert_eq!(sorted(&["/a/:x", "/c/d", "/a/b"]), ["/c/d", "/a/b", "/a/:x"]);
        // Every order of many addresses has one outcome for those that compete.
        let mut texts: Vec<String> = Vec::new();
        for folder in 0..12 {
            for tail in ["*", ":x", ":x/:y", "b", "b/:y", ":x/c", "b/c"] {
                texts.push(format!("/f{folder}/{tail}"));
            }
        }
        let mut seed = 7u64;
        for _ in 0..50 {
            for at in (1..texts.len()).rev() {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                texts.swap(at, (seed >> 33) as usize % (at + 1));
            }
            let sorted = sorted(&texts.iter().map(String::as_str).collect::<Vec<_>>());
            for folder in 0..12 {
                let start = format!("/f{folder}/");
                let mine: Vec<_> = sorted.iter().filter_map(|t| t.strip_prefix(&start)).collect();
                assert_eq!(mine, ["b", "b/c", "b/:y", ":x", ":x/c", ":x/:y", "*"]);
            }
        }
    }

    #[test]
    fn wildcards_and_all_dynamic_addresses_come_last() {
        assert_eq!(
            sorted(&["/*", "/wild/*", "/:x", "/classic/:k?", "GET /user/hello"])[3..],
            ["/:x".to_owned(), "/*".to_owned()]
        );
        assert_eq!(sorted(&["/a", "GET /a"]), ["GET /a", "/a"]);
    }
}
