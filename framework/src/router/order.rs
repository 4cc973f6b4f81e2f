//! The order of explicit routes: static before parameter before wildcard, whatever the file's order.

use super::{Address, pattern::Segment};
use std::cmp::Ordering;

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
    groups.sort_by(|a, b| compare(&a[0].0, &b[0].0));
    leading.into_iter().chain(groups.into_iter().flatten()).collect()
}

fn compare(a: &Address, b: &Address) -> Ordering {
    let (left, right) = (segments(a), segments(b));
    let has_static = |s: &[Segment]| s.iter().any(|s| matches!(s, Segment::Static(_)));
    has_static(right).cmp(&has_static(left)).then_with(|| {
        let mut wild = (false, false);
        for at in 0..left.len().max(right.len()) {
            let (l, r) = (rank(left.get(at), &mut wild.0), rank(right.get(at), &mut wild.1));
            match l.cmp(&r) {
                Ordering::Equal => {}
                other => return other,
            }
            if let (Some(Segment::Static(l)), Some(Segment::Static(r))) = (left.get(at), right.get(at)) {
                if l != r {
                    // Different places in the tree never compete: keep the file's order.
                    return Ordering::Equal;
                }
            }
        }
        a.verb.is_none().cmp(&b.verb.is_none())
    })
}

fn segments(address: &Address) -> &[Segment] {
    address.pattern.segments().unwrap_or_default()
}

fn rank(segment: Option<&Segment>, wild: &mut bool) -> u8 {
    match segment {
        None if *wild => 4,
        None => 0,
        Some(Segment::Static(_)) => 1,
        Some(Segment::Param { .. }) => 2,
        Some(Segment::Wildcard) => {
            *wild = true;
            3
        }
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
    fn wildcards_and_all_dynamic_addresses_come_last() {
        assert_eq!(
            sorted(&["/*", "/wild/*", "/:x", "/classic/:k?", "GET /user/hello"])[3..],
            ["/:x".to_owned(), "/*".to_owned()]
        );
        assert_eq!(sorted(&["/a", "GET /a"]), ["GET /a", "/a"]);
    }
}
