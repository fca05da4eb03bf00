//! Requests to the API that serves this page.

use api_types::{BarsResponse, Problem, SymbolsResponse};
use leptos::prelude::window;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use crate::model::Instrument;

/// Why a request brought nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ApiError {
    /// No answer: the server is away, or the network is.
    #[error("the server does not answer")]
    Unreachable,
    /// The server says why not.
    #[error("{}", .0.detail)]
    Refused(Problem),
    /// An answer that is not of this API.
    #[error("the server's answer cannot be read ({0})")]
    Unreadable(String),
}

impl ApiError {
    /// Whether the same request may succeed later.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable => true,
            Self::Refused(problem) => problem.status >= 500 || problem.status == 429,
            Self::Unreadable(_) => false,
        }
    }
}

/// What is followed.
pub(crate) async fn symbols() -> Result<SymbolsResponse, ApiError> {
    get("/api/v1/symbols").await
}

/// The last `limit` bars that start at or before `end`, ms since the epoch.
pub(crate) async fn bars(
    instrument: &Instrument,
    interval: api_types::Interval,
    limit: usize,
    end: Option<i64>,
) -> Result<BarsResponse, ApiError> {
    let symbol = instrument.qualified();
    let end = end.map_or_else(String::new, |end| format!("&endTime={end}"));
    get(&format!(
        "/api/v1/bars?symbol={symbol}&interval={interval}&limit={limit}{end}"
    ))
    .await
}

async fn get<T: DeserializeOwned>(path: &str) -> Result<T, ApiError> {
    let unreachable = |_| ApiError::Unreachable;
    let response = JsFuture::from(window().fetch_with_str(path))
        .await
        .map_err(unreachable)?;
    let response: Response = response.unchecked_into();
    let text = response.text().map_err(unreachable)?;
    let text = JsFuture::from(text).await.map_err(unreachable)?;
    let text = text.as_string().unwrap_or_default();
    if response.ok() {
        return serde_json::from_str(&text)
            .map_err(|error| ApiError::Unreadable(error.to_string()));
    }
    match serde_json::from_str(&text) {
        Ok(problem) => Err(ApiError::Refused(problem)),
        // A proxy in between answers for a server that is away.
        Err(_) if response.status() >= 500 => Err(ApiError::Unreachable),
        Err(_) => Err(ApiError::Unreadable(format!(
            "status {}",
            response.status()
        ))),
    }
}
