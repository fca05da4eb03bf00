//! The JSON shapes of the public API, shared by the server and the dashboard.
//!
//! With default features the crate needs serde and serde_json alone, so that it compiles to WebAssembly in no
//! time; the feature `openapi` adds the schemas from which the server generates its document.
//!
//! | module | answers |
//! | --- | --- |
//! | [`symbols`] | `GET /api/v1/symbols` |
//! | [`bars`] | `GET /api/v1/bars` |
//! | [`trades`] | `GET /api/v1/trades` |
//! | [`pairs`] | `GET /api/v1/pairs/analytics` |
//! | [`backtest`] | `GET /api/v1/pairs/backtest` |
//! | [`ticket`] | `GET /api/v1/pairs/ticket` |
//! | [`status`] | `GET /api/v1/status` |
//! | [`watchlist`] | `GET` and `PUT /api/v1/watchlist` |
//! | [`alerts`] | `/api/v1/alerts/rules`, `GET /api/v1/alerts/events` |
//! | [`radar`] | the topic `radar` of the stream |
//! | [`scans`] | `/api/v1/scans` |
//! | [`sweep`] | `/api/v1/sweeps`, and the topic `sweep:{id}` |
//! | [`stream`] | `GET /api/v1/stream`: the server-sent events |
//! | [`datasets`] | `/api/v1/datasets`, and `GET /api/v1/bars?source=dataset:{id}` |
//! | [`session`] | `/api/v1/session` |
//! | [`problem`] | every error, as RFC 9457 `application/problem+json` |
//! | [`health`] | `GET /health/live`, `GET /health/ready` |
//! | [`names`] | the words that the answers use: venue, interval, feed mode, origin |
//! | [`crossing`] | no shape, but how both sides tell that a threshold was crossed |
//! | [`bar_length`] | lengths of bars of any series, as `30m` |
//!
//! Names are camelCase, times are milliseconds since the Unix epoch (UTC), series come as columns
//! of equal length in ascending order of time. Every answer carries `asOf` (when it was made),
//! `version` (of the server that made it) and `params` (every parameter in force, defaults filled
//! in), so that it can be reproduced.

pub mod alerts;
pub mod backtest;
pub mod bar_length;
pub mod bars;
pub mod crossing;
pub mod datasets;
pub mod health;
pub mod names;
pub mod pairs;
mod parts;
pub mod problem;
pub mod radar;
pub mod scans;
pub mod session;
pub mod status;
pub mod stream;
pub mod sweep;
pub mod symbols;
pub mod ticket;
pub mod trades;
pub mod watchlist;

pub use alerts::{
    AlertDelivery, AlertDuration, AlertEvent, AlertEventKind, AlertEventsParams,
    AlertEventsResponse, AlertKind, AlertReason, AlertRule, AlertRuleBody, AlertRuleResponse,
    AlertRuleStatus, AlertRulesResponse, AlertState, AlertsData, DeliveryState, EvaluateOn,
    PairObject, ParamValue, Webhook, WebhookBody,
};
pub use backtest::{
    BacktestColumns, BacktestData, BacktestParams, BacktestResponse, BacktestSummary,
    BacktestTrade, ExitReason, FillAt, FundingFrom, RangePart, Sizing, SpreadSide,
};
pub use bar_length::{BadBarLength, BarLength};
pub use bars::{BarColumns, BarRow, BarsParams, BarsResponse};
pub use crossing::{CrossingDetector, Hysteresis, Side};
#[cfg(feature = "openapi")]
pub use datasets::UploadForm;
pub use datasets::{
    Dataset, DatasetBarsParams, DatasetBarsResponse, DatasetColumns, DatasetCreated,
    DatasetDeleted, DatasetParams, DatasetPreview, DatasetResponse, DatasetSeries,
    DatasetsResponse, Delimiter, FileLayout, FileReading, TimeUnit, Upload, UploadParams,
    UploadPhase,
};
pub use health::HealthResponse;
pub use names::{FeedMode, Interval, Origin, UnknownName, Venue};
pub use pairs::{
    Alignment, Baseline, CorrelationOf, Fit, HalfLife, Include, Init, JohansenTest, Missing, Model,
    Noise, PairColumns, PairData, PairFit, PairLine, PairParams, PairResponse, PairSummary,
    PairTests, PairWarning, StabilityColumns, Transform, UnitRootTest, WarningCode, ZKind,
};
pub use problem::{Problem, ProblemError};
pub use radar::{RADAR_MOST_ROWS, RadarData, RadarRow, RadarScan};
pub use scans::{
    SCAN_LEAST_SYMBOLS, SCAN_MOST_SYMBOLS, Scan, ScanAsked, ScanFailure, ScanPageParams, ScanPair,
    ScanParams, ScanReport, ScanRequest, ScanResponse, ScanSort, ScanState, ScanSummary,
    ScanSymbol, ScanUpdate, ScansResponse, SortOrder,
};
pub use session::{SessionRequest, SessionResponse, TokenFor};
pub use status::{
    Backfill, Database, DatabaseFlavour, FeedState, FeedStatus, Gaps, StatusResponse, SymbolFeed,
    SymbolFeedState, TableRows,
};
pub use stream::{BarsData, EndReason, EventKind, PairUpdate, StreamEvent, Tick, TooFewBars};
pub use sweep::{
    Sweep, SweepCells, SweepRequest, SweepResponse, SweepResult, SweepUpdate, SweepsResponse,
};
pub use symbols::{NoParams, SymbolInfo, SymbolsResponse};
pub use ticket::{OrderAction, TicketData, TicketLeg, TicketParams, TicketResponse};
pub use trades::{TradeColumns, TradesParams, TradesResponse};
pub use watchlist::{
    WATCHLIST_MOST_PAIRS, WatchlistData, WatchlistFigures, WatchlistPair, WatchlistPut,
    WatchlistResponse, WatchlistRow, WatchlistState,
};
