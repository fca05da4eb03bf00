//! `GET` and `PUT /api/v1/watchlist`: pairs followed side by side; and the topic `watchlist` of the
//! stream.
//!
//! There is one list. It is replaced as a whole by whoever knows the revision that it is at: two people
//! who edit it at once cannot undo each other unseen. Pairs are of live symbols, of logarithms of closes,
//! and walk-forward or Kalman; for the rest they take the parameters of `/pairs/analytics`, and a row
//! shows what that call answers with `params` (a Kalman filter remembers where its range began, which is
//! another one there: its figures are those of the topic `pair:`).

use serde::{Deserialize, Serialize};

use crate::{
    Baseline, CorrelationOf, Init, Interval, Model, NoParams, Noise, PairParams, TooFewBars, ZKind,
    names::name, parts::read_in_parts,
};

/// Most pairs of the list.
pub const WATCHLIST_MOST_PAIRS: usize = 100;

/// Answer of `GET /api/v1/watchlist`, and of a `PUT` that was taken.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WatchlistResponse {
    /// When the answer was made, ms since the epoch.
    pub as_of: i64,
    /// Version of the server.
    pub version: String,
    /// The parameters in force: there are none.
    pub params: NoParams,
    /// The list.
    #[serde(flatten)]
    pub watchlist: WatchlistData,
}

read_in_parts!(WatchlistResponse {
    as_of: i64,
    version: String,
    params: NoParams,
    ..watchlist
});

/// The list or, in an `update` of the topic `watchlist`, those of its rows that changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WatchlistData {
    /// How often the list has been replaced. The next `PUT` names it.
    pub revision: i64,
    /// The rows, by their place.
    pub rows: Vec<WatchlistRow>,
}

/// A pair of the list and its figures now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WatchlistRow {
    /// Place in the list, from 0. With the revision it says which pair this is.
    pub place: u32,
    /// The parameters in force: `/pairs/analytics` with them answers with the same figures, but for a Kalman
    /// filter, whose range begins with another bar there. Absent in an
    /// `update`, as they do not change within a revision; `null` besides only if what is stored cannot be
    /// read, which `detail` explains.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub params: Option<PairParams>,
    /// How much the figures are worth.
    pub state: WatchlistState,
    /// Why, in words, for every state but `ok`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<String>,
    /// With the state `tooFewBars`: how many there are and how many it takes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub too_few: Option<TooFewBars>,
    /// The figures; the last known ones with the states `stale` and `error`; `null` while there are none.
    pub figures: Option<WatchlistFigures>,
}

name! {
    /// How much the figures of a row are worth.
    WatchlistState, "state" {
        /// They are those of now.
        Ok = "ok",
        /// They are being computed for the first time.
        Waiting = "waiting",
        /// There are too few bars yet.
        TooFewBars = "tooFewBars",
        /// The trades of a leg do not arrive: they are those of then.
        Stale = "stale",
        /// They could not be computed.
        Error = "error",
    }
}

/// The figures of a pair, as the summary of `/pairs/analytics`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WatchlistFigures {
    /// When they changed last, ms since the epoch: they are as old as that.
    pub updated_at: i64,
    /// Start of the bar that they are of, ms since the epoch.
    pub time: i64,
    /// False while that bar is open: z, spread, β and correlation are provisional then. p and half-life are
    /// always of closed bars.
    pub closed: bool,
    /// Close of the dependent leg.
    pub y: f64,
    /// Close of the hedge leg.
    pub x: f64,
    /// Z-score.
    pub z: Option<f64>,
    /// Spread, in logarithms.
    pub spread: Option<f64>,
    /// Hedge ratio in force.
    pub beta: Option<f64>,
    /// Rolling correlation.
    pub correlation: Option<f64>,
    /// Start of the last closed bar that p and half-life are of, ms since the epoch. They are computed when a
    /// bar has closed, for bars of seconds every ten seconds; `null` before the first time.
    #[serde(default)]
    pub tested_time: Option<i64>,
    /// Engle-Granger p of y on x.
    pub p_value: Option<f64>,
    /// Verdict: p below 0.05.
    pub cointegrated: Option<bool>,
    /// Half-life, bars; `null` when nothing returns.
    pub half_life_bars: Option<f64>,
    /// Half-life as a time, ms.
    pub half_life_ms: Option<f64>,
}

/// Body of `PUT /api/v1/watchlist`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WatchlistPut {
    /// The revision that is to be replaced. If the list is at another one by now, nothing happens and the
    /// answer is 409: read the list again.
    pub revision: i64,
    /// The pairs, in order, at most 100, none of them twice.
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub pairs: Vec<WatchlistPair>,
}

/// A pair as it is put on the list: what is absent has its default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WatchlistPair {
    /// The dependent leg: a live symbol, with or without its venue.
    pub y: String,
    /// The hedge leg.
    pub x: String,
    /// Length of a bar; `1m` if absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub interval: Option<Interval>,
    /// Joined bars tested, 30 … 10,000; 1,000 if absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(
        feature = "openapi",
        schema(minimum = 30, maximum = 10_000, default = 1_000)
    )]
    pub limit: Option<u32>,
    /// How the hedge ratio is estimated; `ols` if absent. All but `kalman` are walk-forward.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model: Option<Model>,
    /// Bars of a fit, or of a Kalman filter's training, 30 … 10,000; 500 if absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(feature = "openapi", schema(minimum = 30, maximum = 10_000))]
    pub lookback: Option<u32>,
    /// Bars of the rolling z-score and correlation, 3 … 10,000; 60 if absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(
        feature = "openapi",
        schema(minimum = 3, maximum = 10_000, default = 60)
    )]
    pub window: Option<u32>,
    /// Whether that window ends with the bar it judges; `inclusive` if absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub baseline: Option<Baseline>,
    /// What z is; `rolling` if absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub z: Option<ZKind>,
    /// Kalman only; `memory` if absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub noise: Option<Noise>,
    /// Kalman with `noise=memory` only, 5 … 10,000; 100 if absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(feature = "openapi", schema(minimum = 5, maximum = 10_000))]
    pub memory: Option<f64>,
    /// Kalman with `noise=pykalman` only; `pykalman` if absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub init: Option<Init>,
    /// What the rolling correlation is of; `returns` if absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub correlation_of: Option<CorrelationOf>,
    /// |z| at which a position is entered; 2 if absent. Rows beyond it stand out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000, default = 2))]
    pub entry: Option<f64>,
    /// For how many buckets the last close of a leg may stand in for a missing one; 5 for `1s`, else 0, if
    /// absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000))]
    pub max_fill: Option<u32>,
    /// Whether the open bar counts as a provisional last point; it does if absent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[cfg_attr(feature = "openapi", schema(default = true))]
    pub open: Option<bool>,
}

impl WatchlistPair {
    /// A pair with default parameters.
    #[must_use]
    pub fn new(y: impl Into<String>, x: impl Into<String>) -> Self {
        Self {
            y: y.into(),
            x: x.into(),
            interval: None,
            limit: None,
            model: None,
            lookback: None,
            window: None,
            baseline: None,
            z: None,
            noise: None,
            memory: None,
            init: None,
            correlation_of: None,
            entry: None,
            max_fill: None,
            open: None,
        }
    }
}

/// The pair of a row, to put the list back with something added, moved or removed.
///
/// # Errors
/// With the name of the interval, if this version knows none of that length.
impl TryFrom<&PairParams> for WatchlistPair {
    type Error = crate::UnknownName;

    fn try_from(params: &PairParams) -> Result<Self, Self::Error> {
        Ok(Self {
            y: params.y.clone(),
            x: params.x.clone(),
            interval: Some(params.interval.parse()?),
            limit: Some(params.limit),
            model: Some(params.model),
            lookback: params.lookback,
            window: Some(params.window),
            baseline: Some(params.baseline),
            z: Some(params.z),
            noise: params.noise,
            memory: params.memory,
            init: params.init,
            correlation_of: Some(params.correlation_of),
            entry: Some(params.entry),
            max_fill: Some(params.max_fill),
            open: Some(params.open),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_put_with_its_legs_alone_and_misspelt_parameters_are_refused() {
        let json = r#"{"revision":3,"pairs":[{"y":"BTCUSDT","x":"ETHUSDT"}]}"#;
        let put: WatchlistPut = serde_json::from_str(json).unwrap();
        assert_eq!(put.pairs, [WatchlistPair::new("BTCUSDT", "ETHUSDT")]);
        assert_eq!(serde_json::to_string(&put).unwrap(), json);
        for wrong in [
            r#"{"pairs":[]}"#,
            r#"{"revision":3,"pairs":[{"y":"BTCUSDT"}]}"#,
            r#"{"revision":3,"pairs":[{"y":"BTCUSDT","x":"ETHUSDT","windows":3}]}"#,
            r#"{"revision":3,"pairs":[{"y":"BTCUSDT","x":"ETHUSDT","transform":"level"}]}"#,
        ] {
            assert!(
                serde_json::from_str::<WatchlistPut>(wrong).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_row_of_an_update_carries_no_parameters_and_says_what_is_missing() {
        let row = WatchlistRow {
            place: 7,
            params: None,
            state: WatchlistState::TooFewBars,
            detail: Some("12 bars of 560 are there".to_owned()),
            too_few: Some(TooFewBars {
                got: 12,
                needed: 560,
            }),
            figures: None,
        };
        let json = serde_json::to_value(&row).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "place": 7, "state": "tooFewBars", "detail": "12 bars of 560 are there",
                "tooFew": {"got": 12, "needed": 560}, "figures": null,
            })
        );
        assert_eq!(serde_json::from_value::<WatchlistRow>(json).unwrap(), row);
    }
}
