//! Sends events to the receivers that rules name, and to nobody else: over HTTPS, to public addresses, without
//! following redirects, and within bounds of time and size.
//!
//! A delivery is a POST of the event as JSON. The header `x-spreadscope-signature` is
//! `t=<seconds since the epoch>,v1=<hex>`, where the latter is the HMAC-SHA256, under the rule's secret, of
//! `<the same seconds>.<body>`. `x-spreadscope-event` is the event's id: a delivery whose answer was lost comes again
//! under the same one.

mod address;
mod signature;
mod target;

use std::{error::Error, sync::Arc, time::Duration};

use anyhow::Context;
use api_types::AlertEvent;
use reqwest::{Client, header, redirect};

pub(crate) use target::Target;

use self::address::{PublicOnly, Refused};
use crate::convert;

/// From the look-up of the name to the head of the answer.
const TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest text of a failure that is kept.
const MOST_ERROR_CHARS: usize = 200;

/// Who may be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Public addresses, over HTTPS.
    Public,
    /// Any address, also without encryption: for receivers on the same machine, in tests.
    Anywhere,
}

/// Sends deliveries. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    client: Client,
    reach: Reach,
}

/// Why an attempt failed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) http_status: Option<u16>,
    pub(crate) error: String,
    /// Whether another attempt may end otherwise.
    pub(crate) again: bool,
}

impl Sender {
    /// # Errors
    /// When no client can be made, for want of certificates.
    pub(crate) fn new(reach: Reach) -> anyhow::Result<Self> {
        // Whoever was first has chosen the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent(concat!("spreadscope/", env!("CARGO_PKG_VERSION")))
            .https_only(reach == Reach::Public)
            // A redirect would lead to where nobody has looked.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .dns_resolver(Arc::new(PublicOnly(reach)))
            // A connection that is kept would outlive the look-up that allowed it.
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .build()
            .context("webhooks cannot be sent")?;
        Ok(Self { client, reach })
    }

    /// One attempt; the status of the answer if that is 2xx. The body of the answer is not read.
    pub(crate) async fn send(
        &self,
        url: &str,
        secret: Option<&str>,
        event: &AlertEvent,
        attempt: i32,
    ) -> Result<u16, Failure> {
        // Once more, for rules of a time when other addresses were allowed.
        let target = Target::parse(url, self.reach).map_err(|error| Failure {
            http_status: None,
            error: error.to_string(),
            again: false,
        })?;
        let body = serde_json::to_vec(event).expect("an event is text and numbers");
        let mut request = self
            .client
            .post(target.url().clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-spreadscope-event", event.id)
            .header("x-spreadscope-attempt", attempt);
        if let Some(secret) = secret {
            let signature = signature::sign(secret, convert::now_ms() / 1_000, &body);
            request = request.header("x-spreadscope-signature", signature);
        }
        match request.body(body).send().await {
            Ok(answer) if answer.status().is_success() => Ok(answer.status().as_u16()),
            Ok(answer) => Err(Failure {
                http_status: Some(answer.status().as_u16()),
                error: format!("the receiver answered {}", answer.status()),
                again: true,
            }),
            Err(error) => Err(failure(&error)),
        }
    }
}

fn failure(error: &reqwest::Error) -> Failure {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let refused = cause.is::<Refused>();
    let text = if error.is_timeout() {
        format!("no answer within {} s", TIMEOUT.as_secs())
    } else {
        // The outermost text names the URL, which may hold a token.
        cause.to_string()
    };
    Failure {
        http_status: None,
        error: text.chars().take(MOST_ERROR_CHARS).collect(),
        again: !refused,
    }
}

#[cfg(test)]
mod tests;
