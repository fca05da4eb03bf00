//! Numbers as they stand on the page. Widths stay put: decimals belong to the symbol, not to the value of the moment.

/// What stands where a number is not known.
pub(crate) const UNKNOWN: &str = "–";
const MOST_DECIMALS: usize = 8;

/// Decimals that it takes to write `value` exactly, at most eight.
pub(crate) fn decimals(value: f64) -> usize {
    let text = format!("{value}");
    let fraction = text
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.len());
    fraction.min(MOST_DECIMALS)
}

/// `64 120.50`, with thin spaces between thousands.
pub(crate) fn price(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return UNKNOWN.to_owned();
    }
    let text = format!("{value:.decimals$}");
    let (whole, fraction) = text
        .split_once('.')
        .map_or((text.as_str(), None), |(whole, fraction)| {
            (whole, Some(fraction))
        });
    let (sign, digits) = whole
        .strip_prefix('-')
        .map_or(("", whole), |digits| ("−", digits));
    let mut grouped = String::from(sign);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    if let Some(fraction) = fraction {
        grouped.push('.');
        grouped.push_str(fraction);
    }
    grouped
}

/// `+2.31`: fixed decimals and always a sign, unless it rounds to nothing.
pub(crate) fn signed(value: f64, decimals: usize) -> String {
    let text = price(value, decimals);
    let is_nothing = text
        .chars()
        .all(|letter| !letter.is_ascii_digit() || letter == '0');
    match text.strip_prefix('−') {
        Some(rest) if is_nothing => rest.to_owned(),
        None if value > 0.0 && !is_nothing => format!("+{text}"),
        _ => text,
    }
}

/// A probability: `0.0312`, and `< 0.0001` rather than a 0 that it is not.
pub(crate) fn p_value(p: f64) -> String {
    if p < 0.000_05 {
        "<\u{202f}0.0001".to_owned()
    } else {
        price(p, 4)
    }
}

/// `1.24 B`: three significant digits and a unit.
pub(crate) fn compact(value: f64) -> String {
    if !value.is_finite() {
        return UNKNOWN.to_owned();
    }
    let units = [(1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"), (1.0, "")];
    let size = value.abs();
    // 999.95 K would round to 1000 K: it belongs to the next unit.
    let (scale, unit) = units
        .into_iter()
        .find(|(scale, _)| size >= scale * 0.9995)
        .unwrap_or((1.0, ""));
    let scaled = value / scale;
    let decimals = match scaled.abs() {
        size if size >= 99.95 => 1,
        _ => 2,
    };
    let separator = if unit.is_empty() { "" } else { "\u{202f}" };
    format!("{scaled:.decimals$}{separator}{unit}").replace('-', "−")
}

/// A number of things: exact while it is short.
pub(crate) fn count(value: i64) -> String {
    if value.abs() < 100_000 {
        price(value as f64, 0)
    } else {
        compact(value as f64)
    }
}

/// How old something is: `3 s`, `12 min`, `5 h`, `2 d`.
pub(crate) fn age(age_ms: i64) -> String {
    let seconds = age_ms.max(0) / 1_000;
    let (count, unit) = match seconds {
        0..100 => (seconds, "s"),
        100..6_000 => (seconds / 60, "min"),
        6_000..172_800 => (seconds / 3_600, "h"),
        _ => (seconds / 86_400, "d"),
    };
    format!("{count}\u{202f}{unit}")
}

/// How long something takes, to two digits or more: `45 s`, `12.5 min`, `3.2 h`, `1.5 d`.
pub(crate) fn span(ms: i64) -> String {
    let units = [
        (86_400_000.0, "d"),
        (3_600_000.0, "h"),
        (60_000.0, "min"),
        (1_000.0, "s"),
    ];
    let size = ms as f64;
    let (scale, unit) = units
        .into_iter()
        .find(|(scale, _)| size >= *scale)
        .unwrap_or(units[3]);
    let decimals = usize::from(size / scale < 99.95);
    format!("{:.decimals$}\u{202f}{unit}", size / scale)
}

/// `12 ms`, `1.4 s`.
pub(crate) fn duration(ms: i64) -> String {
    if ms.abs() < 1_000 {
        format!("{ms}\u{202f}ms").replace('-', "−")
    } else if ms.abs() < 60_000 {
        format!("{:.1}\u{202f}s", ms as f64 / 1_000.0).replace('-', "−")
    } else {
        age(ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        text.replace('\u{202f}', " ").replace('−', "-")
    }

    #[test]
    fn thousands_are_set_apart_and_decimals_are_kept() {
        assert_eq!(plain(&price(64_120.5, 2)), "64 120.50");
        assert_eq!(plain(&price(-1_234_567.0, 0)), "-1 234 567");
        assert_eq!(plain(&price(999.0, 1)), "999.0");
        assert_eq!(price(f64::NAN, 2), UNKNOWN);
    }

    #[test]
    fn a_signed_number_has_a_sign_unless_it_rounds_to_nothing() {
        assert_eq!(plain(&signed(2.314, 2)), "+2.31");
        assert_eq!(plain(&signed(-2.316, 2)), "-2.32");
        assert_eq!(plain(&signed(-0.001, 2)), "0.00");
        assert_eq!(plain(&signed(0.001, 2)), "0.00");
    }

    #[test]
    fn a_small_probability_is_not_nothing() {
        assert_eq!(p_value(0.031_24), "0.0312");
        assert_eq!(plain(&p_value(0.000_02)), "< 0.0001");
    }

    #[test]
    fn decimals_are_those_that_the_number_needs() {
        assert_eq!(decimals(64_120.5), 1);
        assert_eq!(decimals(3.0), 0);
        assert_eq!(decimals(0.000_012_34), 8);
    }

    #[test]
    fn large_numbers_get_a_unit_and_never_a_thousand_of_one() {
        assert_eq!(plain(&compact(1_243_000_000.0)), "1.24 B");
        assert_eq!(plain(&compact(999_960.0)), "1.00 M");
        assert_eq!(plain(&compact(123_400.0)), "123.4 K");
        assert_eq!(plain(&compact(0.5)), "0.50");
    }

    #[test]
    fn counts_are_exact_until_they_are_long() {
        assert_eq!(plain(&count(763)), "763");
        assert_eq!(plain(&count(12_345)), "12 345");
        assert_eq!(plain(&count(1_234_567)), "1.23 M");
    }

    #[test]
    fn ages_grow_into_larger_units_and_are_never_negative() {
        assert_eq!(plain(&age(-500)), "0 s");
        assert_eq!(plain(&age(99_999)), "99 s");
        assert_eq!(plain(&age(240_000)), "4 min");
        assert_eq!(plain(&age(7_300_000)), "2 h");
        assert_eq!(plain(&age(3 * 86_400_000)), "3 d");
    }

    #[test]
    fn spans_are_told_in_the_largest_unit_that_fits() {
        assert_eq!(plain(&span(45_000)), "45.0 s");
        assert_eq!(plain(&span(750_000)), "12.5 min");
        assert_eq!(plain(&span(129_600_000)), "1.5 d");
        assert_eq!(plain(&span(9_000_000_000)), "104 d");
    }

    #[test]
    fn durations_are_precise_while_they_are_short() {
        assert_eq!(plain(&duration(12)), "12 ms");
        assert_eq!(plain(&duration(-12)), "-12 ms");
        assert_eq!(plain(&duration(1_440)), "1.4 s");
    }
}
