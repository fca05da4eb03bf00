//! Decimal text to the nearest `f64`.

/// Powers of ten that `f64` holds exactly.
const EXACT_POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Integers up to here are exact in `f64`.
const EXACT_INTEGERS: u64 = 1 << 53;

/// The `f64` nearest to a decimal number, or `None` if the text is none.
///
/// The grammar is JSON's, with leading zeros tolerated: `-`, digits, optionally `.` and digits,
/// optionally an exponent. No `inf`, no `nan`, no `+1`, no `.5`. What overflows is infinite.
///
/// A quotient of two exact numbers is rounded once, so the short way gives the same bits as the
/// standard library's parser (Clinger 1990); everything else is left to that parser.
pub(super) fn parse(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let negative = bytes.first() == Some(&b'-');
    let mut at = usize::from(negative);

    let mut mantissa = 0_u64;
    let mut read_digits = |at: &mut usize| {
        let from = *at;
        while let Some(digit) = bytes.get(*at).filter(|byte| byte.is_ascii_digit()) {
            // Wraps only after 19 digits, and then the mantissa is not used.
            mantissa = mantissa
                .wrapping_mul(10)
                .wrapping_add(u64::from(digit - b'0'));
            *at += 1;
        }
        *at - from
    };
    let whole = read_digits(&mut at);
    let mut fraction = 0;
    if bytes.get(at) == Some(&b'.') {
        at += 1;
        fraction = read_digits(&mut at);
        if fraction == 0 {
            return None;
        }
    }
    if whole == 0 {
        return None;
    }
    if at == bytes.len() && whole + fraction <= 19 && mantissa <= EXACT_INTEGERS {
        #[expect(clippy::cast_precision_loss, reason = "exact up to EXACT_INTEGERS")]
        let value = mantissa as f64 / EXACT_POWERS[fraction];
        return Some(if negative { -value } else { value });
    }
    if at < bytes.len() {
        exponent(&bytes[at..])?;
    }
    text.parse().ok()
}

/// Whether the rest of a number is an exponent.
fn exponent(rest: &[u8]) -> Option<()> {
    let rest = rest
        .strip_prefix(b"e")
        .or_else(|| rest.strip_prefix(b"E"))?;
    let digits = rest
        .strip_prefix(b"+")
        .or_else(|| rest.strip_prefix(b"-"))
        .unwrap_or(rest);
    (!digits.is_empty() && digits.iter().all(u8::is_ascii_digit)).then_some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse;

    #[test]
    fn text_that_is_no_decimal_number_is_refused() {
        for bad in [
            "", "-", ".", ".5", "5.", "+1", "1.2.3", "inf", "nan", "1e", "1e+", "0x1", " 1", "1 ",
            "1,5", "١",
        ] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn limits_and_exponents_are_read_like_the_standard_library_reads_them() {
        for text in [
            "9007199254740993",
            "9007199254740992",
            "0.1",
            "-0.0",
            "1e5",
            "2.5E-3",
            "1e400",
            "1e-400",
            "00012.50",
            "99999999999999999999",
            "0.30000000000000004",
            "123456789012345678.9",
            "1e+2",
        ] {
            let expected: f64 = text.parse().unwrap();
            assert_eq!(
                parse(text).map(f64::to_bits),
                Some(expected.to_bits()),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn every_decimal_has_the_bits_that_the_standard_library_gives(text in r"-?[0-9]{1,22}(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,3})?") {
            let expected: f64 = text.parse().unwrap();
            prop_assert_eq!(parse(&text).map(f64::to_bits), Some(expected.to_bits()));
        }

        #[test]
        fn arbitrary_text_never_panics_and_is_a_number_only_if_the_standard_library_agrees(text in r"[-+.eE0-9infa]{0,12}") {
            if let Some(value) = parse(&text) {
                prop_assert_eq!(value.to_bits(), text.parse::<f64>().unwrap().to_bits());
            }
        }
    }
}
