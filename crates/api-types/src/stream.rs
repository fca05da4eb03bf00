//! `GET /api/v1/stream?topics=…`: the one stream of a page, as server-sent events.
//!
//! | topic | data |
//! | --- | --- |
//! | `ticks:BTCUSDT` | last price and 24 h volume, at most ten times a second |
//! | `bars:BTCUSDT:1m` | the last bars, then those that change |
//! | `pair:y=ETHUSDT&x=BTCUSDT` | [`PairUpdate`]: the parameters of `/pairs/analytics`, percent-encoded as in its query string |
//! | `watchlist` | [`WatchlistData`]: all rows, then those that change, about once a second |
//! | `scan:7` | [`ScanUpdate`]: the scan, then again whenever it is further |
//! | `sweep:7` | [`SweepUpdate`]: likewise the sweep |
//! | `radar` | [`RadarData`]: every pair of the feed's symbols, once a second |
//! | `alerts` | where alert rules stand and what they told; then what changes, each event once |
//! | `status` | [`StatusResponse`] whenever it changes |
//!
//! Symbols may carry their venue (`ticks:simulated:BTCUSDT`). `topics` is a comma-separated list, and as a value of
//! the query string percent-encoded as a whole, the query strings of pairs once more.
//! Every event is a default (`message`) event whose `data` is a [`StreamEvent`]. The `id` of an event
//! is a position that is good on every server of the same database: a client that comes back with
//! `Last-Event-ID` (or the parameter `lastEventId`) is sent what it missed.

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::value::RawValue;

use crate::{
    AlertsData, Alignment, BarColumns, Interval, Missing, PairColumns, PairFit, PairParams,
    PairSummary, PairTests, PairWarning, RadarData, ScanUpdate, StatusResponse, SweepUpdate, Venue,
    WatchlistData, parts,
};

/// One event of the stream.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum StreamEvent {
    /// The last price of a symbol. The newest event says it all; there is no `reset`.
    Ticks {
        /// The topic as it was asked for.
        topic: String,
        /// How the data relate to what was sent before.
        kind: EventKind,
        /// When the event was made, ms since the epoch.
        #[serde(rename = "asOf")]
        as_of: i64,
        /// The price.
        data: Tick,
    },
    /// Bars of a symbol.
    Bars {
        /// The topic as it was asked for.
        topic: String,
        /// How the data relate to what was sent before.
        kind: EventKind,
        /// When the event was made, ms since the epoch.
        #[serde(rename = "asOf")]
        as_of: i64,
        /// The bars.
        data: Box<BarsData>,
    },
    /// A pair's analysis.
    Pair {
        /// The topic as it was asked for.
        topic: String,
        /// How the data relate to what was sent before.
        kind: EventKind,
        /// When the event was made, ms since the epoch.
        #[serde(rename = "asOf")]
        as_of: i64,
        /// The analysis, or what is new in it.
        data: Box<PairUpdate>,
    },
    /// The watchlist. A `reset` says that the list was replaced.
    Watchlist {
        /// `watchlist`.
        topic: String,
        /// How the data relate to what was sent before.
        kind: EventKind,
        /// When the event was made, ms since the epoch.
        #[serde(rename = "asOf")]
        as_of: i64,
        /// The list, or the rows that changed.
        data: Box<WatchlistData>,
    },
    /// The pairs that are furthest from their mean. The newest event says it all; there is no `reset`.
    Radar {
        /// `radar`.
        topic: String,
        /// How the data relate to what was sent before.
        kind: EventKind,
        /// When the event was made, ms since the epoch.
        #[serde(rename = "asOf")]
        as_of: i64,
        /// The pairs.
        data: Box<RadarData>,
    },
    /// A scan. The newest event says it all; there is no `reset`.
    Scan {
        /// The topic as it was asked for.
        topic: String,
        /// How the data relate to what was sent before.
        kind: EventKind,
        /// When the event was made, ms since the epoch.
        #[serde(rename = "asOf")]
        as_of: i64,
        /// The scan.
        data: Box<ScanUpdate>,
    },
    /// A sweep. The newest event says it all; there is no `reset`.
    Sweep {
        /// The topic as it was asked for.
        topic: String,
        /// How the data relate to what was sent before.
        kind: EventKind,
        /// When the event was made, ms since the epoch.
        #[serde(rename = "asOf")]
        as_of: i64,
        /// The sweep.
        data: Box<SweepUpdate>,
    },
    /// What the stack is doing. The newest event says it all; there is no `reset`.
    Status {
        /// `status`.
        topic: String,
        /// How the data relate to what was sent before.
        kind: EventKind,
        /// When the event was made, ms since the epoch.
        #[serde(rename = "asOf")]
        as_of: i64,
        /// The status.
        data: Box<StatusResponse>,
    },
    /// Alert rules and their events.
    Alerts {
        /// `alerts`.
        topic: String,
        /// How the data relate to what was sent before.
        kind: EventKind,
        /// When the event was made, ms since the epoch.
        #[serde(rename = "asOf")]
        as_of: i64,
        /// Rules and events.
        data: Box<AlertsData>,
    },
    /// The server ends the stream after this event. The client comes back with its last id.
    End {
        /// When the event was made, ms since the epoch.
        #[serde(rename = "asOf")]
        as_of: i64,
        /// Why.
        reason: EndReason,
        /// Why, in words.
        detail: String,
    },
}

impl StreamEvent {
    /// The topic it belongs to, as it was asked for; `None` for the end of the stream.
    #[must_use]
    pub fn topic(&self) -> Option<&str> {
        match self {
            Self::Ticks { topic, .. }
            | Self::Bars { topic, .. }
            | Self::Pair { topic, .. }
            | Self::Watchlist { topic, .. }
            | Self::Radar { topic, .. }
            | Self::Scan { topic, .. }
            | Self::Sweep { topic, .. }
            | Self::Alerts { topic, .. }
            | Self::Status { topic, .. } => Some(topic),
            Self::End { .. } => None,
        }
    }
}

impl<'de> Deserialize<'de> for StreamEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Every event but the last.
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Told {
            topic: String,
            kind: EventKind,
            as_of: i64,
            data: Box<RawValue>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct End {
            as_of: i64,
            reason: EndReason,
            detail: String,
        }
        #[derive(Deserialize)]
        struct Type {
            r#type: String,
        }
        let event = Box::<RawValue>::deserialize(deserializer)?;
        let Type { r#type } = parts::read(&event)?;
        if r#type == "end" {
            let End {
                as_of,
                reason,
                detail,
            } = parts::read(&event)?;
            return Ok(Self::End {
                as_of,
                reason,
                detail,
            });
        }
        let Told {
            topic,
            kind,
            as_of,
            data,
        } = parts::read(&event)?;
        macro_rules! told {
            ($variant:ident) => {
                Self::$variant {
                    topic,
                    kind,
                    as_of,
                    data: parts::read(&data)?,
                }
            };
        }
        Ok(match r#type.as_str() {
            "ticks" => told!(Ticks),
            "bars" => told!(Bars),
            "pair" => told!(Pair),
            "watchlist" => told!(Watchlist),
            "radar" => told!(Radar),
            "scan" => told!(Scan),
            "sweep" => told!(Sweep),
            "status" => told!(Status),
            "alerts" => told!(Alerts),
            other => return Err(D::Error::custom(format_args!("no event is a `{other}`"))),
        })
    }
}

/// How the data of an event relate to what was sent before on its topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum EventKind {
    /// The state now. Bars: they stand for everything from the first of them on; what a client has of
    /// older ones stays right.
    Snapshot,
    /// A change. Bars: each replaces the one of the same time, or is new.
    Update,
    /// What was sent or read before is void: late data changed bars beyond what an update carries.
    /// The data are a new snapshot; a client that shows older bars reads them again.
    Reset,
}

/// Data of a `ticks:` topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tick {
    /// Where it is traded.
    pub venue: Venue,
    /// Name of the market.
    pub symbol: String,
    /// Last price in the quote currency; `null` before the first trade.
    pub price: Option<f64>,
    /// When that trade was matched, ms since the epoch.
    pub time: Option<i64>,
    /// Id of that trade.
    pub agg_id: Option<i64>,
    /// Base currency traded in the last 24 hours.
    pub volume_24h: Option<f64>,
    /// Quote currency traded in the last 24 hours.
    pub quote_volume_24h: Option<f64>,
}

/// Data of a `bars:` topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BarsData {
    /// Where it is traded.
    pub venue: Venue,
    /// Name of the market.
    pub symbol: String,
    /// Length of a bar.
    pub interval: Interval,
    /// The bars, ascending in time.
    pub bars: BarColumns,
}

/// Data of a `pair:` topic. Points of `series` replace those of the same time, or are new; a provisional
/// last point (`closed` is false) is replaced by the next event. What is absent has not changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PairUpdate {
    /// The parameters in force; with a snapshot or reset.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub params: Option<PairParams>,
    /// How the legs were joined; with a snapshot or reset.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub alignment: Option<Alignment>,
    /// Ids of the last trades of y and x that are in it, the open bar included; 0 before the first.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agg_ids: Option<[i64; 2]>,
    /// The points: all of the range with a snapshot or reset.
    pub series: PairColumns,
    /// The last figures together.
    pub summary: Option<PairSummary>,
    /// The line in force, when a bar has closed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fit: Option<PairFit>,
    /// The tests, when they have been computed anew.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tests: Option<PairTests>,
    /// Figures that could not be computed, with what is sent here.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub missing: Vec<Missing>,
    /// What puts figures in doubt; with `tests` or a snapshot.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub warnings: Option<Vec<PairWarning>>,
    /// The range has too few bars yet for figures: how many there are and how many it takes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub too_few: Option<TooFewBars>,
}

/// How many bars there are, and how many it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TooFewBars {
    /// Joined bars there are.
    pub got: u32,
    /// Joined bars it takes.
    pub needed: u32,
}

/// Why a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum EndReason {
    /// The client read more slowly than events came.
    SlowClient,
    /// The server stops.
    Shutdown,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BarRow, Origin};

    #[test]
    fn an_event_names_its_type_topic_and_kind_and_carries_columns() {
        let bar = BarRow {
            time: 60_000,
            open: 1.0,
            high: 2.5,
            low: 0.5,
            close: 2.0,
            volume: 3.0,
            quote_volume: 4.5,
            buy_volume: 1.0,
            trades: 7,
            closed: false,
            complete: true,
            origin: Origin::Trades,
        };
        let event = StreamEvent::Bars {
            topic: "bars:BTCUSDT:1m".to_owned(),
            kind: EventKind::Update,
            as_of: 61_000,
            data: Box::new(BarsData {
                venue: Venue::Simulated,
                symbol: "BTCUSDT".to_owned(),
                interval: Interval::M1,
                bars: std::iter::once(bar).collect(),
            }),
        };
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "type": "bars", "topic": "bars:BTCUSDT:1m", "kind": "update", "asOf": 61_000,
                "data": {
                    "venue": "simulated", "symbol": "BTCUSDT", "interval": "1m",
                    "bars": {
                        "time": [60_000], "open": [1.0], "high": [2.5], "low": [0.5], "close": [2.0],
                        "volume": [3.0], "quoteVolume": [4.5], "buyVolume": [1.0], "trades": [7],
                        "closed": [false], "complete": [true], "origin": ["trades"],
                    },
                },
            })
        );
        let back: StreamEvent = serde_json::from_value(json).unwrap();
        assert_eq!(back, event);
        let StreamEvent::Bars { data, .. } = back else {
            panic!("not bars")
        };
        assert_eq!(data.bars.rows().collect::<Vec<_>>(), [bar]);
    }

    #[test]
    fn a_tick_of_a_symbol_without_trades_is_all_null() {
        let json = r#"{"type":"ticks","topic":"ticks:BTCUSDT","kind":"snapshot","asOf":1,"data":{"venue":"binance",
            "symbol":"BTCUSDT","price":null,"time":null,"aggId":null,"volume24h":null,"quoteVolume24h":null}}"#;
        let event: StreamEvent = serde_json::from_str(json).unwrap();
        assert_eq!(event.topic(), Some("ticks:BTCUSDT"));
        let StreamEvent::Ticks { data, .. } = event else {
            panic!("not ticks")
        };
        assert_eq!((data.price, data.volume_24h), (None, None));
    }

    #[test]
    fn the_end_has_no_topic_and_what_is_no_event_is_refused() {
        let end = StreamEvent::End {
            as_of: 5,
            reason: EndReason::Shutdown,
            detail: "the server stops".to_owned(),
        };
        let text = serde_json::to_string(&end).unwrap();
        let back: StreamEvent = serde_json::from_str(&text).unwrap();
        assert_eq!((back.topic(), &back), (None, &end));
        for bad in [
            r#"{"type":"news","topic":"news","kind":"update","asOf":1,"data":{}}"#,
            r#"{"type":"ticks","topic":"ticks:BTCUSDT","kind":"update","asOf":1,"data":{}}"#,
            r#"{"type":"ticks","kind":"update","asOf":1}"#,
            r#"{"asOf":1}"#,
            "[]",
        ] {
            assert!(serde_json::from_str::<StreamEvent>(bad).is_err(), "{bad}");
        }
    }
}
