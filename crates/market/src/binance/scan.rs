//! A JSON scanner that borrows: tokens are slices of the text, nothing is copied.
//!
//! It accepts exactly the JSON grammar (RFC 8259), to a depth of [`MAX_DEPTH`]. Strings are left as
//! they stand, escapes included; only keys are ever decoded, and only when they hold an escape.

use super::frame::Malformed;

/// Objects and arrays within each other beyond this are refused rather than followed.
pub(super) const MAX_DEPTH: usize = 64;

/// A string between its quotes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) raw: &'a str,
    pub(super) escaped: bool,
}

impl<'a> Text<'a> {
    /// The string itself, if it can be had without decoding.
    pub(super) fn plain(self) -> Option<&'a str> {
        (!self.escaped).then_some(self.raw)
    }

    /// Whether the decoded string is `name`.
    pub(super) fn is(self, name: &str) -> bool {
        if self.escaped {
            self.decoded().map(Result::ok).eq(name.chars().map(Some))
        } else {
            self.raw == name
        }
    }

    fn decoded(self) -> impl Iterator<Item = Result<char, LoneSurrogate>> + 'a {
        let mut rest = self.raw.chars();
        std::iter::from_fn(move || {
            let c = rest.next()?;
            if c != '\\' {
                return Some(Ok(c));
            }
            Some(match rest.next()? {
                'b' => Ok('\u{8}'),
                'f' => Ok('\u{c}'),
                'n' => Ok('\n'),
                'r' => Ok('\r'),
                't' => Ok('\t'),
                'u' => unicode_escape(&mut rest),
                other => Ok(other),
            })
        })
    }
}

struct LoneSurrogate;

/// The character of `\uXXXX` or of a surrogate pair; the scanner has checked the hex digits.
fn unicode_escape(rest: &mut std::str::Chars<'_>) -> Result<char, LoneSurrogate> {
    let high = hex4(rest).ok_or(LoneSurrogate)?;
    if !(0xD800..0xE000).contains(&high) {
        return char::from_u32(high).ok_or(LoneSurrogate);
    }
    let mut ahead = rest.clone();
    let low = match (ahead.next(), ahead.next()) {
        (Some('\\'), Some('u')) => hex4(&mut ahead).ok_or(LoneSurrogate)?,
        _ => return Err(LoneSurrogate),
    };
    if high >= 0xDC00 || !(0xDC00..0xE000).contains(&low) {
        return Err(LoneSurrogate);
    }
    *rest = ahead;
    char::from_u32(0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00)).ok_or(LoneSurrogate)
}

fn hex4(rest: &mut std::str::Chars<'_>) -> Option<u32> {
    (0..4).try_fold(0, |value, _| Some(value * 16 + rest.next()?.to_digit(16)?))
}

/// A JSON value; what is nested is only checked and skipped.
#[derive(Debug, Clone, Copy)]
pub(super) enum Token<'a> {
    Text(Text<'a>),
    /// Follows JSON's grammar of numbers.
    Number(&'a str),
    Bool(bool),
    Null,
    /// An object or an array.
    Nested,
}

impl Token<'_> {
    /// The integer, if it is one that `i64` holds; `1.0` and `1e3` are none.
    pub(super) fn integer(self) -> Option<i64> {
        match self {
            Self::Number(text) => integer(text.as_bytes()),
            _ => None,
        }
    }
}

fn integer(bytes: &[u8]) -> Option<i64> {
    let (negative, digits) = match bytes {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let mut value = 0_i64;
    for byte in digits {
        let digit = i64::from(byte.wrapping_sub(b'0'));
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_sub(digit)?;
    }
    // Counted downwards, as there is one more negative number than positive ones.
    if negative {
        Some(value)
    } else {
        value.checked_neg()
    }
}

/// Reads a text from left to right.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
        }
    }

    /// How far it has read, in bytes.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// What was read since `from`.
    pub(super) fn since(&self, from: usize) -> &'a str {
        &self.text[from..self.at]
    }

    pub(super) fn fail(&self, what: &'static str) -> Malformed {
        Malformed { at: self.at, what }
    }

    /// The next byte that is no white space, not consumed.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Succeeds if nothing but white space is left.
    pub(super) fn end(&mut self) -> Result<(), Malformed> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.fail("text after the end of the value")),
        }
    }

    /// Reads an object, calling `member` after each key's colon; it must read the value.
    #[inline]
    pub(super) fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, Text<'a>) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        self.enter()?;
        if self.peek() == Some(b'}') {
            return self.leave();
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.fail("expected a key"));
            }
            let key = self.key()?;
            if key.escaped && key.decoded().any(|c| c.is_err()) {
                return Err(self.fail("half a surrogate pair in a key"));
            }
            if self.peek() != Some(b':') {
                return Err(self.fail("expected a colon"));
            }
            self.at += 1;
            member(self, key)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => return self.leave(),
                _ => return Err(self.fail("expected a comma or the end of the object")),
            }
        }
    }

    /// Reads an array, calling `element` before each element; it must read it.
    pub(super) fn array(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        self.enter()?;
        if self.peek() == Some(b']') {
            return self.leave();
        }
        loop {
            element(self)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => return self.leave(),
                _ => return Err(self.fail("expected a comma or the end of the array")),
            }
        }
    }

    /// Reads any value.
    #[inline]
    pub(super) fn value(&mut self) -> Result<Token<'a>, Malformed> {
        match self.peek() {
            Some(b'"') => self.string().map(Token::Text),
            Some(b'-' | b'0'..=b'9') => self.number().map(Token::Number),
            Some(b't') => self.word("true", Token::Bool(true)),
            Some(b'f') => self.word("false", Token::Bool(false)),
            Some(b'n') => self.word("null", Token::Null),
            Some(b'{') => {
                self.object(|scanner, _| scanner.value().map(|_| ()))?;
                Ok(Token::Nested)
            }
            Some(b'[') => {
                self.array(|scanner| scanner.value().map(|_| ()))?;
                Ok(Token::Nested)
            }
            _ => Err(self.fail("expected a value")),
        }
    }

    fn enter(&mut self) -> Result<(), Malformed> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.fail("nested too deeply"));
        }
        self.at += 1;
        Ok(())
    }

    fn leave(&mut self) -> Result<(), Malformed> {
        self.depth -= 1;
        self.at += 1;
        Ok(())
    }

    /// Reads a string; the next byte is its opening quote.
    #[inline]
    fn string(&mut self) -> Result<Text<'a>, Malformed> {
        let bytes = self.text.as_bytes();
        let from = self.at + 1;
        let mut at = from;
        let mut escaped = false;
        loop {
            match bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.at = at;
                    at += self.escape_len()?;
                }
                Some(0..0x20) => {
                    self.at = at;
                    return Err(self.fail("control character in a string"));
                }
                Some(_) => at += 1,
                None => {
                    self.at = at;
                    return Err(self.fail("a string without end"));
                }
            }
        }
        self.at = at + 1;
        Ok(Text {
            raw: &self.text[from..at],
            escaped,
        })
    }

    /// Reads a key. Nearly all keys of the stream are one letter long.
    #[inline]
    fn key(&mut self) -> Result<Text<'a>, Malformed> {
        if let Some([_, letter, b'"', ..]) = self.text.as_bytes().get(self.at..)
            && letter.is_ascii_alphanumeric()
        {
            let from = self.at + 1;
            self.at += 3;
            return Ok(Text {
                raw: &self.text[from..=from],
                escaped: false,
            });
        }
        self.string()
    }

    /// Length of the escape that starts here.
    fn escape_len(&self) -> Result<usize, Malformed> {
        let rest = &self.text.as_bytes()[self.at + 1..];
        match rest {
            [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => Ok(2),
            [b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(|h| h.is_ascii_hexdigit()) => Ok(6),
            _ => Err(self.fail("no such escape")),
        }
    }

    #[inline]
    fn number(&mut self) -> Result<&'a str, Malformed> {
        let bytes = self.text.as_bytes();
        let from = self.at;
        let digits = |mut at: usize| {
            while bytes.get(at).is_some_and(u8::is_ascii_digit) {
                at += 1;
            }
            at
        };
        let whole = from + usize::from(bytes[from] == b'-');
        let mut at = digits(whole);
        if at == whole || (bytes[whole] == b'0' && at > whole + 1) {
            return Err(self.fail("no number"));
        }
        if bytes.get(at) == Some(&b'.') {
            let fraction = at + 1;
            at = digits(fraction);
            if at == fraction {
                return Err(self.fail("no number"));
            }
        }
        if matches!(bytes.get(at), Some(b'e' | b'E')) {
            let exponent = at + 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
            at = digits(exponent);
            if at == exponent {
                return Err(self.fail("no number"));
            }
        }
        self.at = at;
        Ok(&self.text[from..at])
    }

    fn word(&mut self, word: &str, token: Token<'a>) -> Result<Token<'a>, Malformed> {
        if !self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            return Err(self.fail("expected a value"));
        }
        self.at += word.len();
        Ok(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Token<'_>, Malformed> {
        let mut scanner = Scanner::new(text);
        let token = scanner.value()?;
        scanner.end()?;
        Ok(token)
    }

    #[test]
    fn integers_are_read_up_to_the_limits_of_i64_and_not_beyond() {
        for (text, value) in [
            ("0", Some(0)),
            ("-0", Some(0)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("-9223372036854775809", None),
            ("99999999999999999999999", None),
            ("1.0", None),
            ("1e3", None),
            ("\"1\"", None),
        ] {
            assert_eq!(read(text).unwrap().integer(), value, "{text}");
        }
    }

    #[test]
    fn the_grammar_is_that_of_serde_json() {
        for text in [
            "",
            " ",
            "{",
            "}",
            "[",
            "[]",
            "[1,]",
            "[1 2]",
            "{}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "nul",
            "null",
            "nulll",
            "tru",
            "true",
            "01",
            "-",
            "-1",
            "1.",
            ".1",
            "1e",
            "1e+",
            "1e+5",
            "+1",
            "\"",
            "\"\\\"",
            "\"\\x\"",
            "\"\\u00\"",
            "\"\\u0041\"",
            "\"\n\"",
            "\"é\"",
            "[[[{}]]]",
            "1 1",
            "\u{feff}1",
            "'a'",
            "[1]x",
            " [ 1 , { \"a\" : null } ] ",
        ] {
            let expected = serde_json::from_str::<serde_json::Value>(text).is_ok();
            assert_eq!(read(text).is_ok(), expected, "{text:?}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_rather_than_followed() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(
            read(&nested(MAX_DEPTH + 1)).unwrap_err().what,
            "nested too deeply"
        );
        assert!(read(&"[".repeat(1_000_000)).is_err());
    }

    #[test]
    fn escaped_strings_compare_by_what_they_say() {
        for (text, name) in [
            (r#""\u0070""#, "p"),
            (r#""a\/b""#, "a/b"),
            (r#""\ud83d\ude00\n""#, "😀\n"),
        ] {
            let Token::Text(text) = read(text).unwrap() else {
                panic!("no string")
            };
            assert!(text.is(name) && !text.is("x"), "{name}");
            assert_eq!(text.plain(), None);
        }
        assert!(read(r#"{"\ud83d":1}"#).is_err());
    }
}
