//! One call: weight first, then the request, then what the status means.

use std::{sync::Arc, time::Duration};

use market::binance::{
    request::{RestRequest, USED_WEIGHT_HEADER, WEIGHT_PER_MINUTE},
    rest::{error_body, is_restricted_location},
};
use reqwest::{Response, header::RETRY_AFTER};

use super::{RestError, WeightBudget};
use crate::venue::Urgency;

/// The largest reply is the list of all markets, around a megabyte.
const MAX_REPLY_BYTES: usize = 16 << 20;

/// A call that is given up costs its weight all the same, so slow answers are waited for.
const REPLY_TIMEOUT: Duration = Duration::from_secs(60);

/// When the exchange does not say for how long.
const LIMITED: Duration = Duration::from_secs(60);
const BANNED: Duration = Duration::from_secs(300);

/// Calls the exchange within its limits. Cheap to clone; clones share the weight.
#[derive(Debug, Clone)]
pub struct RestClient {
    http: reqwest::Client,
    base: String,
    budget: Arc<WeightBudget>,
}

impl RestClient {
    /// `base` without a path, as `https://fapi.binance.com`.
    ///
    /// # Errors
    /// When no TLS is to be had on this machine.
    pub fn new(base: &str) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .timeout(REPLY_TIMEOUT)
            .user_agent(concat!("spreadscope/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self {
            http,
            base: base.trim_end_matches('/').to_owned(),
            budget: Arc::new(WeightBudget::new(WEIGHT_PER_MINUTE)),
        })
    }

    /// The weight that it may spend.
    #[must_use]
    pub fn budget(&self) -> &WeightBudget {
        &self.budget
    }

    /// Makes one call, waiting for its weight first. Does not try again: the caller knows whether
    /// that is worth it.
    ///
    /// # Errors
    /// [`RestError`]; after [`RestError::Limited`] and [`RestError::Restricted`] the next call
    /// waits by itself.
    pub async fn get(&self, call: &RestRequest, urgency: Urgency) -> Result<String, RestError> {
        self.budget.spend(call.weight, urgency).await;
        let result = self.get_now(call).await;
        if let Err(error) = &result {
            metrics::counter!("ingestor_rest_errors_total", "kind" => error.kind()).increment(1);
            if let RestError::Limited { retry_after, .. } = error {
                self.budget.block(*retry_after);
            }
        }
        metrics::counter!("ingestor_rest_calls_total").increment(1);
        metrics::gauge!("ingestor_rest_weight_used").set(f64::from(self.budget.used()));
        result
    }

    async fn get_now(&self, call: &RestRequest) -> Result<String, RestError> {
        let response = self
            .http
            .get(format!("{}{}", self.base, call.path))
            .send()
            .await
            .map_err(|error| network(&error))?;
        if let Some(used) = header_u32(&response, USED_WEIGHT_HEADER) {
            self.budget.observe(used);
        }
        let status = response.status().as_u16();
        let retry_after =
            header_u32(&response, RETRY_AFTER.as_str()).map(|s| Duration::from_secs(s.into()));
        if response.status().is_success() {
            return body(response).await;
        }
        let text = body(response).await.unwrap_or_default();
        Err(refusal(status, retry_after, &text))
    }
}

/// What a status other than success means.
fn refusal(status: u16, retry_after: Option<Duration>, body: &str) -> RestError {
    if status == 451 || is_restricted_location(body) {
        return RestError::Restricted { status };
    }
    match status {
        429 => RestError::Limited {
            status,
            retry_after: retry_after.unwrap_or(LIMITED),
        },
        418 | 403 => RestError::Limited {
            status,
            retry_after: retry_after.unwrap_or(BANNED),
        },
        400..500 => {
            let said = error_body(body);
            RestError::Refused {
                status,
                code: said.as_ref().map(|said| said.code),
                message: said.map_or_else(|| body.chars().take(200).collect(), |said| said.msg),
            }
        }
        _ => RestError::Server { status },
    }
}

async fn body(mut response: Response) -> Result<String, RestError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| network(&error))? {
        if bytes.len() + chunk.len() > MAX_REPLY_BYTES {
            return Err(RestError::TooLarge {
                limit: MAX_REPLY_BYTES,
            });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn header_u32(response: &Response, name: &str) -> Option<u32> {
    response
        .headers()
        .get(name)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()
}

/// The innermost cause says most ("connection refused"), the outer ones only that it was HTTP.
fn network(error: &reqwest::Error) -> RestError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    RestError::Network(cause.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_says_what_can_be_done() {
        let body = r#"{"code":0,"msg":"Service unavailable from a restricted location according to 'b. Eligibility'"}"#;
        for (status, text) in [(451, ""), (451, body), (403, body), (200, body)] {
            let error = refusal(status, None, text);
            assert!(matches!(error, RestError::Restricted { .. }), "{error}");
            assert!(error.to_string().contains("does not serve this location"));
        }
        let after = Some(Duration::from_secs(7));
        for (status, expected) in [(429, LIMITED), (418, BANNED), (403, BANNED)] {
            let wait = |after| match refusal(status, after, "") {
                RestError::Limited { retry_after, .. } => retry_after,
                other => panic!("{other}"),
            };
            assert_eq!(
                (wait(None), wait(after)),
                (expected, Duration::from_secs(7))
            );
        }
        let error = refusal(400, None, r#"{"code":-1121,"msg":"Invalid symbol."}"#);
        assert!(
            matches!(
                &error,
                RestError::Refused {
                    code: Some(-1121),
                    ..
                }
            ) && !error.is_transient()
        );
        assert!(refusal(503, None, "<html>").is_transient());
    }
}
