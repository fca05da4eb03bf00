//! Requests to the API that serves this page.

pub(crate) mod alerts;
pub(crate) mod datasets;
pub(crate) mod scans;
pub(crate) mod session;
pub(crate) mod sweeps;
pub(crate) mod watchlist;

use api_types::{
    BacktestResponse, BarLength, BarRow, BarsResponse, DatasetBarsResponse, PairResponse, Problem,
    SymbolsResponse, TicketResponse,
};

use super::http::get;
use crate::{model::pair::upload, stores::ShownLeg};

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

    /// What the server says of a field of a body, whatever part of the body the field is in.
    pub(crate) fn about(&self, field: &str) -> Option<String> {
        let Self::Refused(problem) = self else {
            return None;
        };
        let about = |name: &str| name == field || name.ends_with(&format!(".{field}"));
        let found = problem.errors.iter().find(|error| about(&error.field));
        found.map(|error| error.detail.clone())
    }

    /// What is to be said besides what stands at `fields`.
    pub(crate) fn besides(&self, fields: &[&str]) -> Option<String> {
        let is_said = fields.iter().any(|field| self.about(field).is_some());
        (!is_said).then(|| self.to_string())
    }
}

/// What is followed.
pub(crate) async fn symbols() -> Result<SymbolsResponse, ApiError> {
    get("/api/v1/symbols").await
}

/// The last `limit` bars that start at or before `end`, ms since the epoch. An upload's rows without prices of their own but the close are no
/// bars.
pub(crate) async fn bars(
    leg: &ShownLeg,
    interval: BarLength,
    limit: usize,
    end: Option<i64>,
) -> Result<Vec<BarRow>, ApiError> {
    let end = end.map_or_else(String::new, |end| format!("&endTime={end}"));
    let name = String::from(js_sys::encode_uri_component(&leg.api_name));
    let source = leg.leg.source;
    let path = format!(
        "/api/v1/bars?symbol={name}&source={source}&interval={interval}&limit={limit}{end}"
    );
    if source.is_live() {
        let answer: BarsResponse = get(&path).await?;
        return Ok(answer.bars.rows().collect());
    }
    let answer: DatasetBarsResponse = get(&path).await?;
    Ok(upload::bars(&answer.bars))
}

/// The analysis of a pair; `query` is escaped.
pub(crate) async fn pair(query: &str) -> Result<PairResponse, ApiError> {
    get(&format!("/api/v1/pairs/analytics?{query}")).await
}

/// The backtest of a pair; `query` is escaped.
pub(crate) async fn backtest(query: &str) -> Result<BacktestResponse, ApiError> {
    get(&format!("/api/v1/pairs/backtest?{query}")).await
}

/// One of its tables as a file: `series` or `trades`.
pub(crate) fn backtest_csv(query: &str, table: &str) -> String {
    format!("/api/v1/pairs/backtest?{query}&format=csv&table={table}")
}

/// The trade ticket of a pair; `query` is escaped.
pub(crate) async fn ticket(query: &str, notional: f64) -> Result<TicketResponse, ApiError> {
    get(&format!("/api/v1/pairs/ticket?{query}&notional={notional}")).await
}
