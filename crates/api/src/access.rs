//! Who may do what: the token, and the cookie that a browser is given for it.
//!
//! Nothing about a session is stored. Its cookie says until when it is good, under a signature with a key that is
//! derived from the token: every server with that token understands it, after a restart too, and none does once
//! the token is another.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use rand::RngExt;
use ring::hmac::{self, HMAC_SHA256, Key};
use secrecy::{ExposeSecret, SecretString};

/// Name of the cookie.
const COOKIE: &str = "spreadscope_session";
/// How long a session is good for.
const SESSION: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Tells sessions of this form from those of other versions.
const VERSION: &str = "1";

/// What a token is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Demand {
    /// Nothing: there is none.
    Nothing,
    /// Whatever changes something.
    Writes,
    /// Reading, too.
    Everything,
}

/// How a request shows that it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// With the token itself.
    Token,
    /// With the cookie of a session that ends then, ms since the epoch.
    Session(i64),
    /// It shows nothing.
    Stranger,
    /// It shows something that is wrong, or no longer right.
    Refused,
}

/// The keys. `Debug` does not show them.
#[derive(Debug)]
pub(crate) struct Access {
    demand: Demand,
    keys: Option<Keys>,
}

struct Keys {
    token: hmac::Tag,
    token_key: Key,
    session_key: Key,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl Keys {
    fn of(token: &SecretString) -> Self {
        let master = Key::new(HMAC_SHA256, token.expose_secret().as_bytes());
        let derive = |purpose: &[u8]| Key::new(HMAC_SHA256, hmac::sign(&master, purpose).as_ref());
        let token_key = derive(b"spreadscope token");
        Self {
            token: hmac::sign(&token_key, token.expose_secret().as_bytes()),
            session_key: derive(b"spreadscope session"),
            token_key,
        }
    }

    /// Compares without telling by its time how much was right, nor how long the token is.
    fn is_token(&self, given: &[u8]) -> bool {
        hmac::verify(&self.token_key, given, self.token.as_ref()).is_ok()
    }

    fn session_end(&self, cookie: &str, now_ms: i64) -> Option<i64> {
        let (signed, signature) = cookie.rsplit_once('.')?;
        hmac::verify(&self.session_key, signed.as_bytes(), &from_hex(signature)?).ok()?;
        let end_ms = signed.strip_prefix(VERSION)?.strip_prefix('.')?;
        let end_ms: i64 = end_ms.split('.').next()?.parse().ok()?;
        (end_ms > now_ms).then_some(end_ms)
    }
}

impl Access {
    /// Without a token everybody may do everything.
    pub(crate) fn new(token: Option<&SecretString>, reads: bool) -> Self {
        Self {
            demand: match token {
                None => Demand::Nothing,
                Some(_) if reads => Demand::Everything,
                Some(_) => Demand::Writes,
            },
            keys: token.map(Keys::of),
        }
    }

    pub(crate) const fn demand(&self) -> Demand {
        self.demand
    }

    /// Whether that is the token.
    pub(crate) fn is_token(&self, given: &str) -> bool {
        self.keys
            .as_ref()
            .is_some_and(|keys| keys.is_token(given.as_bytes()))
    }

    /// What a request with these headers has to show. A token that is given must be right, whatever the cookie.
    pub(crate) fn standing(&self, headers: &HeaderMap, now_ms: i64) -> Standing {
        let Some(keys) = &self.keys else {
            return Standing::Stranger;
        };
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let token = bearer(value.as_bytes());
            return match token.is_some_and(|token| keys.is_token(token)) {
                true => Standing::Token,
                false => Standing::Refused,
            };
        }
        let mut known = false;
        for cookie in cookies(headers) {
            known = true;
            if let Some(end_ms) = keys.session_end(cookie, now_ms) {
                return Standing::Session(end_ms);
            }
        }
        if known {
            Standing::Refused
        } else {
            Standing::Stranger
        }
    }

    /// A new session from `now_ms`: its end, and the header that makes a browser keep it.
    pub(crate) fn open_session(&self, now_ms: i64, https: bool) -> Option<(i64, HeaderValue)> {
        let keys = self.keys.as_ref()?;
        let end_ms = now_ms + SESSION.as_millis() as i64;
        let signed = format!("{VERSION}.{end_ms}.{:032x}", rand::rng().random::<u128>());
        let signature = to_hex(hmac::sign(&keys.session_key, signed.as_bytes()).as_ref());
        let value = format!("{signed}.{signature}");
        Some((end_ms, set_cookie(&value, SESSION.as_secs(), https)))
    }
}

/// The header that makes a browser forget its session.
pub(crate) fn end_session(https: bool) -> HeaderValue {
    set_cookie("", 0, https)
}

fn set_cookie(value: &str, max_age_s: u64, https: bool) -> HeaderValue {
    let secure = if https { "; Secure" } else { "" };
    let text =
        format!("{COOKIE}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Strict{secure}");
    let mut header = HeaderValue::from_str(&text).expect("digits, letters and dots");
    header.set_sensitive(true);
    header
}

fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(7)?;
    scheme
        .eq_ignore_ascii_case(b"bearer ")
        .then(|| token.trim_ascii())
}

/// The values of all cookies of our name; several can come, of other paths or ports.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, value)| *name == COOKIE && !value.is_empty())
        .map(|(_, value)| value)
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let digit = |digit: u8| char::from(digit).to_digit(16);
    let byte = |pair: &[u8]| Some((digit(pair[0])? * 16 + digit(pair[1])?) as u8);
    digits.chunks_exact(2).map(byte).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "a-token-of-some-length";

    fn access(token: &str) -> Access {
        Access::new(Some(&SecretString::from(token)), false)
    }

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    fn cookie_of(access: &Access, now_ms: i64) -> String {
        let (_, header) = access.open_session(now_ms, false).unwrap();
        let text = header.to_str().unwrap();
        assert!(text.contains("; HttpOnly; SameSite=Strict"), "{text}");
        text.split(';').next().unwrap().to_owned()
    }

    #[test]
    fn the_token_is_right_to_the_last_letter_or_wrong() {
        let access = access(TOKEN);
        let standing = |value: &str| access.standing(&headers(header::AUTHORIZATION, value), 0);
        assert_eq!(standing(&format!("Bearer {TOKEN}")), Standing::Token);
        assert_eq!(standing(&format!("bearer  {TOKEN}")), Standing::Token);
        for wrong in [
            "Bearer",
            "Bearer ",
            "Bearer a-token-of-some-lengt",
            "Bearer a-token-of-some-length1",
            "Basic YTpi",
            TOKEN,
        ] {
            assert_eq!(standing(wrong), Standing::Refused, "{wrong}");
        }
        assert_eq!(access.standing(&HeaderMap::new(), 0), Standing::Stranger);
    }

    #[test]
    fn a_session_is_good_on_every_server_with_the_token_until_it_ends_and_on_no_other() {
        let cookie = cookie_of(&access(TOKEN), 1_000);
        assert!(!cookie.contains(TOKEN));
        let standing = |token: &str, cookie: &str, now_ms| {
            access(token).standing(&headers(header::COOKIE, cookie), now_ms)
        };
        let end_ms = 1_000 + SESSION.as_millis() as i64;
        assert_eq!(standing(TOKEN, &cookie, 1_000), Standing::Session(end_ms));
        let among_others = format!("a=b; {cookie}; {COOKIE}=old");
        assert_eq!(
            standing(TOKEN, &among_others, end_ms - 1),
            Standing::Session(end_ms)
        );
        assert_eq!(standing(TOKEN, &cookie, end_ms), Standing::Refused);
        assert_eq!(
            standing("another-token-than-that", &cookie, 1_000),
            Standing::Refused
        );
        // Whoever changes anything of it has nothing.
        let later = cookie.replacen(&end_ms.to_string(), &(end_ms + 1).to_string(), 1);
        assert_ne!(later, cookie);
        assert_eq!(standing(TOKEN, &later, 1_000), Standing::Refused);
        assert_ne!(
            cookie_of(&access(TOKEN), 1_000),
            cookie,
            "two sessions are never the same"
        );
    }

    #[test]
    fn a_cookie_is_secure_where_the_browser_came_by_tls() {
        let access = access(TOKEN);
        let text = |https| access.open_session(0, https).unwrap().1;
        assert!(text(true).to_str().unwrap().ends_with("; Secure"));
        assert!(!text(false).to_str().unwrap().contains("Secure"));
        assert!(end_session(true).to_str().unwrap().contains("Max-Age=0"));
    }

    proptest! {
        #[test]
        fn no_cookie_that_was_not_given_out_is_good(value in "[!-~]{0,120}") {
            let headers = headers(header::COOKIE, &format!("{COOKIE}={value}"));
            let standing = access(TOKEN).standing(&headers, 0);
            prop_assert!(matches!(standing, Standing::Refused | Standing::Stranger));
        }

        #[test]
        fn no_bytes_make_it_panic(value in proptest::collection::vec(32_u8..=255, 0..120)) {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                let access = access(TOKEN);
                for name in [header::COOKIE, header::AUTHORIZATION] {
                    access.standing(&HeaderMap::from_iter([(name, value.clone())]), 0);
                }
            }
        }
    }
}
