//! Settings of who may do what.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use anyhow::{Context, ensure};
use clap::Args;
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};

/// Shorter tokens can be guessed.
const LEAST_TOKEN_CHARS: usize = 16;

/// Settings of who may do what, as flags and environment variables; the launcher takes the same.
#[derive(Debug, Clone, Default, Args)]
pub struct AccessArgs {
    /// Names in `Host` that are answered besides localhost, 127.0.0.1, `[::1]` and the bound address,
    /// separated by commas; `*` answers all.
    #[arg(long, env = "ALLOWED_HOSTS", value_delimiter = ',')]
    pub allowed_hosts: Vec<String>,

    /// Token that every call that changes something must show; at least 16 characters. Default: none is
    /// needed. (A flag is seen by other users of the machine: better the variable, or the file.)
    #[arg(
        long,
        env = "API_TOKEN",
        hide_env_values = true,
        conflicts_with = "api_token_file"
    )]
    pub api_token: Option<SecretString>,

    /// File that holds the token instead.
    #[arg(long, env = "API_TOKEN_FILE")]
    pub api_token_file: Option<PathBuf>,

    /// Whether the token is needed for reading, too.
    #[arg(long, env = "API_TOKEN_READS")]
    pub api_token_reads: bool,

    /// Addresses of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed, as networks
    /// (10.0.0.0/8) separated by commas. Default: none is.
    #[arg(long, env = "TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<IpNet>,

    /// Address that others reach this server at, where it is not the bound one: what a container's port is
    /// published at. Decides whether the log warns that there is no token.
    #[arg(long, env = "PUBLISHED_AT")]
    pub published_at: Option<IpAddr>,
}

impl AccessArgs {
    /// The token, if one is set.
    ///
    /// # Errors
    /// When its file cannot be read, or it is none that could be kept secret or sent. An empty one is an error as
    /// well: it is more likely a secret that did not arrive than the wish to have none.
    pub(crate) fn token(&self) -> anyhow::Result<Option<SecretString>> {
        let token = match (&self.api_token, &self.api_token_file) {
            (Some(token), _) => token.clone(),
            (None, Some(file)) => {
                let text = std::fs::read_to_string(file)
                    .with_context(|| format!("cannot read API_TOKEN_FILE, {}", file.display()))?;
                SecretString::from(text.trim_end_matches(['\r', '\n']))
            }
            (None, None) => {
                ensure!(
                    !self.api_token_reads,
                    "API_TOKEN_READS is set, and no API_TOKEN that reads could need"
                );
                return Ok(None);
            }
        };
        let text = token.expose_secret();
        ensure!(
            text.len() >= LEAST_TOKEN_CHARS && text.bytes().all(|byte| byte.is_ascii_graphic()),
            "API_TOKEN must have at least {LEAST_TOKEN_CHARS} characters, all of them printable ASCII without \
             spaces; `openssl rand -hex 32` makes one. To go without, do not set it at all."
        );
        Ok(Some(token))
    }

    /// Says in the log when everybody who can reach the server may do everything.
    pub(crate) fn warn_if_open(&self, bound: SocketAddr) {
        if let Some(address) = self.open_address(bound) {
            tracing::warn!(
                event = "open_to_the_network",
                %address,
                "NO API_TOKEN IS SET: whoever can reach this address can read everything here and change \
                 everything. Set API_TOKEN, or take 127.0.0.1 instead."
            );
        }
    }

    fn open_address(&self, bound: SocketAddr) -> Option<IpAddr> {
        let without_token = self.api_token.is_none() && self.api_token_file.is_none();
        let address = self.published_at.unwrap_or(bound.ip());
        (without_token && !address.is_loopback()).then_some(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(token: &str) -> AccessArgs {
        AccessArgs {
            api_token: Some(token.into()),
            ..AccessArgs::default()
        }
    }

    #[test]
    fn a_token_is_long_enough_and_can_be_sent_or_it_is_an_error_that_does_not_show_it() {
        assert!(with("0123456789abcdef").token().unwrap().is_some());
        for bad in ["", "short", "sixteen chars and", "0123456789abcdeé"] {
            let error = format!("{:#}", with(bad).token().unwrap_err());
            assert!(bad.is_empty() || !error.contains(bad), "{error}");
        }
        assert!(!format!("{:?}", with("0123456789abcdef")).contains("0123456789"));
    }

    #[test]
    fn a_token_can_come_from_a_file_with_a_newline_at_its_end() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "0123456789abcdef\n").unwrap();
        let args = AccessArgs {
            api_token_file: Some(file.path().to_owned()),
            ..AccessArgs::default()
        };
        let token = args.token().unwrap().unwrap();
        assert_eq!(token.expose_secret(), "0123456789abcdef");
    }

    #[test]
    fn a_server_is_open_where_others_reach_it_without_a_token() {
        let all = "0.0.0.0:8000".parse().unwrap();
        let published_at = |address: &str| AccessArgs {
            published_at: Some(address.parse().unwrap()),
            ..AccessArgs::default()
        };
        let open = |args: AccessArgs, bound| args.open_address(bound).is_some();
        assert!(open(AccessArgs::default(), all));
        assert!(!open(
            AccessArgs::default(),
            "127.0.0.1:8000".parse().unwrap()
        ));
        assert!(!open(published_at("127.0.0.1"), all));
        assert!(open(published_at("192.0.2.7"), all));
        assert!(!open(with("0123456789abcdef"), all));
    }

    #[test]
    fn reads_cannot_need_a_token_that_there_is_not() {
        let args = AccessArgs {
            api_token_reads: true,
            ..AccessArgs::default()
        };
        assert!(args.token().is_err());
        assert!(AccessArgs::default().token().unwrap().is_none());
    }
}
