//! The cells of one row.

use std::io::Write;

use chrono::{DateTime, SecondsFormat};

/// A row while it is written.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    out: &'a mut Vec<u8>,
    begun: bool,
}

impl<'a> Row<'a> {
    pub(super) const fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, begun: false }
    }

    pub(super) fn end(self) {
        self.out.push(b'\n');
    }

    fn separate(&mut self) {
        if self.begun {
            self.out.push(b',');
        }
        self.begun = true;
    }

    fn write(&mut self, text: std::fmt::Arguments<'_>) {
        self.separate();
        self.out
            .write_fmt(text)
            .expect("memory takes what is written");
    }

    /// A cell without a value.
    pub(crate) fn empty(&mut self) {
        self.separate();
    }

    /// Text. What a spreadsheet would take for a formula gets an apostrophe before it.
    pub(crate) fn text(&mut self, text: &str) {
        self.separate();
        let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let quoted = text.contains([',', '"', '\n', '\r', '\t', ';']);
        if quoted {
            self.out.push(b'"');
        }
        if formula {
            self.out.push(b'\'');
        }
        if quoted {
            self.out.extend(text.replace('"', "\"\"").bytes());
            self.out.push(b'"');
        } else {
            self.out.extend(text.bytes());
        }
    }

    /// A whole number.
    pub(crate) fn integer(&mut self, value: i64) {
        self.write(format_args!("{value}"));
    }

    /// The shortest text that reads back as the same number; empty for what is none.
    pub(crate) fn number(&mut self, value: f64) {
        let size = value.abs();
        if !value.is_finite() {
            self.empty();
        } else if size != 0.0 && !(1e-7..1e21).contains(&size) {
            self.write(format_args!("{value:e}"));
        } else {
            self.write(format_args!("{value}"));
        }
    }

    /// A number that may be missing.
    pub(crate) fn optional(&mut self, value: Option<f64>) {
        match value {
            Some(value) => self.number(value),
            None => self.empty(),
        }
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, value: bool) {
        self.write(format_args!("{value}"));
    }

    /// Milliseconds since the epoch, as RFC 3339.
    pub(crate) fn time(&mut self, ms: i64) {
        match DateTime::from_timestamp_millis(ms) {
            Some(time) => {
                let digits = if ms.rem_euclid(1_000) == 0 {
                    SecondsFormat::Secs
                } else {
                    SecondsFormat::Millis
                };
                self.write(format_args!("{}", time.to_rfc3339_opts(digits, true)));
            }
            None => self.empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;

    fn cell(write: impl FnOnce(&mut Row<'_>)) -> String {
        let mut out = Vec::new();
        write(&mut Row::new(&mut out));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn text_that_could_be_a_formula_is_neutralised_and_numbers_are_not() {
        for (text, written) in [
            ("BTCUSDT", "BTCUSDT"),
            ("=1+1", "'=1+1"),
            ("+A1", "'+A1"),
            ("-A1", "'-A1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("=cmd|\"x\",1", "\"'=cmd|\"\"x\"\",1\""),
            ("a,b", "\"a,b\""),
            ("a\nb", "\"a\nb\""),
            ("", ""),
        ] {
            assert_eq!(cell(|row| row.text(text)), written);
        }
        assert_eq!(cell(|row| row.number(-1.5)), "-1.5");
    }

    #[test]
    fn every_number_reads_back_to_its_last_bit() {
        let mut rng = rand::rng();
        let edges = [
            0.0,
            -0.0,
            1e21,
            1e-7,
            f64::MIN_POSITIVE,
            5e-324,
            f64::MAX,
            0.1 + 0.2,
        ];
        let random = (0..10_000).map(|_| f64::from_bits(rng.random()));
        for value in edges
            .into_iter()
            .chain(random)
            .filter(|value| value.is_finite())
        {
            let text = cell(|row| row.number(value));
            assert_eq!(
                text.parse::<f64>().unwrap().to_bits(),
                value.to_bits(),
                "{text}"
            );
            assert!(text.len() < 30, "{text}");
        }
        assert_eq!(cell(|row| row.number(f64::NAN)), "");
    }

    #[test]
    fn times_are_rfc_3339() {
        assert_eq!(
            cell(|row| row.time(1_723_075_200_000)),
            "2024-08-08T00:00:00Z"
        );
        assert_eq!(
            cell(|row| row.time(1_723_075_200_007)),
            "2024-08-08T00:00:00.007Z"
        );
        assert_eq!(cell(|row| row.time(-1)), "1969-12-31T23:59:59.999Z");
        assert_eq!(cell(|row| row.time(i64::MAX)), "");
    }
}
