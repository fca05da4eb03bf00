//! Exact decimals: an integer mantissa and the number of digits after the point.

/// Appends `mantissa · 10^-scale` with exactly `scale` digits after the point, as the exchange
/// writes prices and quantities. `mantissa` must not be negative.
pub(crate) fn push_decimal(out: &mut Vec<u8>, mantissa: i128, scale: u32) {
    let Ok(small) = u64::try_from(mantissa) else {
        return push_large(out, mantissa, scale);
    };
    let mut digits = [b'0'; 40];
    let mut at = digits.len();
    let (mut rest, mut written) = (small, 0);
    while rest > 0 || written <= scale {
        if written == scale && scale > 0 {
            at -= 1;
            digits[at] = b'.';
        }
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        written += 1;
    }
    out.extend_from_slice(&digits[at..]);
}

fn push_large(out: &mut Vec<u8>, mantissa: i128, scale: u32) {
    let (unit, width) = (10_i128.pow(scale), scale as usize);
    let text = if scale == 0 {
        mantissa.to_string()
    } else {
        format!("{}.{:0width$}", mantissa / unit, mantissa % unit)
    };
    out.extend_from_slice(text.as_bytes());
}

/// Appends an unsigned integer.
pub(crate) fn push_u64(out: &mut Vec<u8>, value: u64) {
    push_decimal(out, i128::from(value), 0);
}

/// [`push_decimal`] into a string of its own.
pub(crate) fn decimal(mantissa: i128, scale: u32) -> String {
    let mut out = Vec::with_capacity(24);
    push_decimal(&mut out, mantissa, scale);
    String::from_utf8(out).expect("digits and a point are ASCII")
}

/// Reads a plain non-negative decimal: its digits as an integer and how many follow the point.
/// `None` for anything else, or for more than 18 digits.
pub(crate) fn parse_decimal(text: &str) -> Option<(i64, u32)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.len() + fraction.len();
    if whole.is_empty() || digits > 18 || (text.contains('.') && fraction.is_empty()) {
        return None;
    }
    let mut mantissa = 0_i64;
    for byte in whole.bytes().chain(fraction.bytes()) {
        if !byte.is_ascii_digit() {
            return None;
        }
        mantissa = mantissa * 10 + i64::from(byte - b'0');
    }
    Some((mantissa, fraction.len() as u32))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decimals_are_written_as_the_exchange_writes_them() {
        assert_eq!(decimal(6_499_090, 2), "64990.90");
        assert_eq!(decimal(2, 3), "0.002");
        assert_eq!(decimal(0, 5), "0.00000");
        assert_eq!(decimal(12, 0), "12");
        assert_eq!(decimal(0, 0), "0");
        assert_eq!(
            decimal(123_456_789_012_345_678_901_234, 5),
            "1234567890123456789.01234"
        );
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(mantissa in 0..1_000_000_000_000_000_i64, scale in 0..8_u32) {
            let text = decimal(i128::from(mantissa), scale);
            prop_assert_eq!(parse_decimal(&text), Some((mantissa, scale)));
        }

        #[test]
        fn reading_never_panics(text in "[-0-9.eE ]{0,24}") {
            let _ = parse_decimal(&text);
        }
    }
}
