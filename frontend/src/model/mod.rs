//! Plain values and their rules. Nothing here knows a browser.

pub(crate) mod alert;
pub(crate) mod analyse;
pub(crate) mod backoff;
pub(crate) mod backtest;
pub(crate) mod civil;
pub(crate) mod cloud;
pub(crate) mod csv;
pub(crate) mod draw;
pub(crate) mod export;
pub(crate) mod format;
pub(crate) mod freshness;
pub(crate) mod instrument;
pub(crate) mod link;
pub(crate) mod pair;
pub(crate) mod radar;
pub(crate) mod scan;
pub(crate) mod search;
pub(crate) mod series;
pub(crate) mod settings;
pub(crate) mod sweep;
pub(crate) mod tab;
pub(crate) mod view;
pub(crate) mod watch;

pub(crate) use instrument::Instrument;
pub(crate) use pair::{Leg, PairChoice, PairPoint, PairSeries, Source, Span};
pub(crate) use scan::ScanView;
pub(crate) use series::BarSeries;
pub(crate) use settings::{Settings, Theme, Zone};
pub(crate) use tab::Tab;
pub(crate) use view::{TimeRange, View};
