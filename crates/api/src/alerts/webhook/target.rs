//! The receiver of a webhook, as a rule names it.

use std::net::IpAddr;

use reqwest::Url;

use super::{Reach, address::is_public};

const MOST_BYTES: usize = 2_048;

/// A URL that may be sent to, as far as it can be told without looking its name up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target(Url);

/// Why a URL may not be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadTarget {
    #[error("is no URL such as https://example.com/hook")]
    NoUrl,
    #[error("is longer than {MOST_BYTES} bytes")]
    TooLong,
    #[error("does not begin with https://, which keeps the event and the receiver's identity safe")]
    NotEncrypted,
    #[error("holds a user name or a password; use the secret, which signs what is sent")]
    Credentials,
    #[error("names an address that is not public")]
    NotPublic,
}

impl Target {
    pub(crate) fn parse(text: &str, reach: Reach) -> Result<Self, BadTarget> {
        if text.len() > MOST_BYTES {
            return Err(BadTarget::TooLong);
        }
        let url = Url::parse(text).map_err(|_| BadTarget::NoUrl)?;
        match url.scheme() {
            "https" => {}
            "http" if reach == Reach::Anywhere => {}
            "http" => return Err(BadTarget::NotEncrypted),
            _ => return Err(BadTarget::NoUrl),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadTarget::Credentials);
        }
        let host = url.host_str().ok_or(BadTarget::NoUrl)?;
        // The parser has brought every way to write an address into this one form.
        let literal = host.trim_start_matches('[').trim_end_matches(']');
        let is_literal_private = literal.parse::<IpAddr>().is_ok_and(|ip| !is_public(ip));
        let name = host.trim_end_matches('.').to_ascii_lowercase();
        let is_local = name == "localhost" || name.ends_with(".localhost");
        if reach == Reach::Public && (is_literal_private || is_local) {
            return Err(BadTarget::NotPublic);
        }
        Ok(Self(url))
    }

    pub(crate) const fn url(&self) -> &Url {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_names_and_addresses_over_https_are_taken() {
        for text in [
            "https://example.com/hook?x=1",
            "https://example.com:8443/",
            "https://8.8.8.8/",
            "https://[2606:4700::1111]/",
        ] {
            assert!(Target::parse(text, Reach::Public).is_ok(), "{text}");
        }
    }

    #[test]
    fn an_address_of_this_machine_is_refused_however_it_is_written() {
        for text in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://[::1]/",
            "https://[::ffff:7f00:1]/",
            "https://169.254.169.254/latest/meta-data",
            "https://localhost/",
            "https://LOCALHOST./",
            "https://a.localhost/",
            "https://１２７.０.０.１/",
        ] {
            assert_eq!(
                Target::parse(text, Reach::Public),
                Err(BadTarget::NotPublic),
                "{text}"
            );
            assert!(Target::parse(text, Reach::Anywhere).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_no_url_or_gives_itself_away_is_refused() {
        for (text, error) in [
            ("", BadTarget::NoUrl),
            ("example.com", BadTarget::NoUrl),
            ("ftp://example.com/", BadTarget::NoUrl),
            ("file:///etc/passwd", BadTarget::NoUrl),
            ("https://", BadTarget::NoUrl),
            ("http://example.com/", BadTarget::NotEncrypted),
            ("https://user@example.com/", BadTarget::Credentials),
            ("https://:secret@example.com/", BadTarget::Credentials),
        ] {
            assert_eq!(Target::parse(text, Reach::Public), Err(error), "{text}");
        }
        let long = format!("https://example.com/{}", "a".repeat(MOST_BYTES));
        assert_eq!(Target::parse(&long, Reach::Public), Err(BadTarget::TooLong));
    }
}
