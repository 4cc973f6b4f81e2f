//! Moments: milliseconds since 1970, and ISO 8601 text.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::model::Kind;

const DAY_MS: i64 = 86_400_000;

/// Now, in milliseconds since 1970.
pub(crate) fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|d| i64::try_from(d.as_millis()).ok())
        .unwrap_or_default()
}

/// A moment as an attribute of this kind stores it.
pub(crate) fn stamp(kind: Kind, ms: i64) -> Value {
    if kind == Kind::Text { iso(ms).into() } else { ms.into() }
}

/// `2026-01-31T23:59:59.123Z`.
pub(crate) fn iso(ms: i64) -> String {
    let (days, rest) = (ms.div_euclid(DAY_MS), ms.rem_euclid(DAY_MS));
    let (y, m, d) = date_of(days);
    let (h, min, s, milli) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60, rest % 1000);
    format!("{y:04}-{m:02}-{d:02}T{h:02}:{min:02}:{s:02}.{milli:03}Z")
}

/// The moment that a number of milliseconds or an ISO 8601 text stands for.
pub(crate) fn moment(value: &Value) -> Option<i64> {
    match value {
        #[allow(clippy::cast_possible_truncation, reason = "`as` saturates, which is right for a comparison")]
        Value::Number(n) => n.as_i64().or_else(|| n.as_f64().map(|f| f as i64)),
        Value::String(s) => parse(s.trim()),
        _ => None,
    }
}

fn parse(s: &str) -> Option<i64> {
    let (date, time) = match s.split_once(['T', 't', ' ']) {
        Some((d, t)) => (d, Some(t)),
        None => (s, None),
    };
    let mut parts = date.splitn(3, '-');
    let (y, m, d) = (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let days = days_to(y, m, d);
    if date_of(days) != (y, m, d) {
        return None;
    }
    let Some(time) = time else { return Some(days * DAY_MS) };
    let (clock, offset) = match time.find(['Z', 'z', '+', '-']) {
        Some(at) => (&time[..at], offset_ms(&time[at..])?),
        None => (time, 0),
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut parts = clock.splitn(3, ':');
    let (h, min) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let sec = parts.next().map_or(Some(0), |s| digits(s, 2))?;
    if h > 23 || min > 59 || sec > 60 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let milli: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    Some(days * DAY_MS + h * 3_600_000 + min * 60_000 + sec * 1000 + milli - offset)
}

fn offset_ms(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits_only: String = zone.get(1..)?.chars().filter(|c| *c != ':').collect();
    let h = digits(digits_only.get(..2)?, 2)?;
    let m = if digits_only.len() == 4 { digits(digits_only.get(2..)?, 2)? } else { 0 };
    Some(sign * (h * 3_600_000 + m * 60_000))
}

fn digits(s: &str, len: usize) -> Option<i64> {
    (s.len() == len && s.bytes().all(|b| b.is_ascii_digit())).then(|| s.parse().ok()).flatten()
}

/// Days since 1970 to a date of the Gregorian calendar, by eras of 400 years that begin in March.
fn date_of(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn days_to(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let from_march = (month + 9) % 12;
    let day_of_year = (153 * from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn iso_text_and_milliseconds_agree() {
        for ms in [0, 1, 951_782_400_000, 1_709_164_799_999, 4_102_444_800_000, -1] {
            assert_eq!(moment(&json!(iso(ms))), Some(ms), "{}", iso(ms));
        }
        assert_eq!(iso(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(moment(&json!("2020-01-01T02:00:00+02:00")), moment(&json!("2020-01-01")));
        assert_eq!(moment(&json!("2021-02-29")), None);
        assert_eq!(moment(&json!("soon")), None);
    }
}
