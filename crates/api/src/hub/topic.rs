//! The topics of the event stream, as the query string names them.

use std::{fmt, str::FromStr};

use market::{Instrument, Interval};

use crate::{
    live::Sessions,
    pairs::{Defaults, PairSpec},
    params::Params,
};

/// What a client can follow. Its text, with names of symbols in upper case, is what events are marked with;
/// that of a pair is as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Topic {
    /// `ticks:BTCUSDT`
    Ticks(Instrument),
    /// `bars:BTCUSDT:1m`
    Bars(Instrument, Interval),
    /// `pair:y=ETHUSDT&x=BTCUSDT`
    Pair(Box<PairQuery>),
    /// `watchlist`
    Watchlist,
    /// `scan:7`
    Scan(i64),
    /// `sweep:7`
    Sweep(i64),
    /// `radar`
    Radar,
    /// `alerts`
    Alerts,
    /// `status`
    Status,
}

/// A pair as it is asked for: parameters of analytics in a query string.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PairQuery {
    text: String,
    pub(crate) spec: PairSpec,
}

impl FromStr for PairQuery {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut params = Params::of_text(text, &PairSpec::FOLLOWED);
        let spec = PairSpec::read(&mut params, Defaults::VIEW);
        params.finish().map_err(|error| error.in_words())?;
        let spec =
            spec.expect("something is wrong with what cannot be read, and finish has failed");
        Sessions::check(&spec).map_err(|error| error.in_words())?;
        Ok(Self {
            text: text.to_owned(),
            spec,
        })
    }
}

impl FromStr for Topic {
    type Err = BadTopic;

    fn from_str(text: &str) -> Result<Self, BadTopic> {
        let bad = |detail: String| BadTopic {
            topic: text.chars().take(64).collect(),
            detail,
        };
        match text.split_once(':') {
            None if text == "status" => Ok(Self::Status),
            None if text == "watchlist" => Ok(Self::Watchlist),
            None if text == "radar" => Ok(Self::Radar),
            None if text == "alerts" => Ok(Self::Alerts),
            Some(("ticks", symbol)) => Ok(Self::Ticks(
                symbol
                    .parse::<Instrument>()
                    .map_err(|e| bad(e.to_string()))?,
            )),
            Some(("bars", rest)) => {
                // The symbol may hold a colon of its own, after the venue.
                let (symbol, interval) = rest
                    .rsplit_once(':')
                    .ok_or_else(|| bad("it has no interval".to_owned()))?;
                let interval = interval.parse().map_err(|e| bad(format!("{e}")))?;
                Ok(Self::Bars(
                    symbol
                        .parse::<Instrument>()
                        .map_err(|e| bad(e.to_string()))?,
                    interval,
                ))
            }
            Some(("scan", id)) => id_of(id).map(Self::Scan).map_err(bad),
            Some(("sweep", id)) => id_of(id).map(Self::Sweep).map_err(bad),
            Some(("pair", query)) => query
                .parse()
                .map(|pair| Self::Pair(Box::new(pair)))
                .map_err(bad),
            _ => Err(bad("it is not known".to_owned())),
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ticks(instrument) => write!(f, "ticks:{instrument}"),
            Self::Bars(instrument, interval) => write!(f, "bars:{instrument}:{interval}"),
            Self::Pair(pair) => write!(f, "pair:{}", pair.text),
            Self::Watchlist => f.write_str("watchlist"),
            Self::Scan(id) => write!(f, "scan:{id}"),
            Self::Sweep(id) => write!(f, "sweep:{id}"),
            Self::Radar => f.write_str("radar"),
            Self::Alerts => f.write_str("alerts"),
            Self::Status => f.write_str("status"),
        }
    }
}

fn id_of(text: &str) -> Result<i64, String> {
    let id = text.parse().ok().filter(|id| *id > 0);
    id.ok_or_else(|| "its id is no whole number from 1".to_owned())
}

/// No topic.
#[derive(Debug)]
pub(crate) struct BadTopic {
    topic: String,
    detail: String,
}

impl fmt::Display for BadTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no topic ({}); topics are ticks:BTCUSDT, bars:BTCUSDT:1m, pair:y=ETHUSDT&x=BTCUSDT (percent-encoded), \
             watchlist, scan:7, sweep:7, radar, alerts and status, separated by commas",
            self.topic, self.detail
        )
    }
}

/// Several topics, separated by commas.
#[derive(Debug)]
pub(crate) struct Topics(pub(crate) Vec<Topic>);

impl Topics {
    /// Most topics of one stream.
    pub(crate) const MOST: usize = 100;
}

impl FromStr for Topics {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut topics = Vec::new();
        for part in text.split(',') {
            let topic: Topic = part.parse().map_err(|error: BadTopic| error.to_string())?;
            if topics.contains(&topic) {
                return Err(format!("names {topic} twice"));
            }
            if topics.len() == Self::MOST {
                return Err(format!("names more than {} topics", Self::MOST));
            }
            topics.push(topic);
        }
        Ok(Self(topics))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_read_and_written_alike_with_or_without_venue() {
        for text in [
            "ticks:BTCUSDT",
            "ticks:simulated:BTCUSDT",
            "bars:BTCUSDT:1m",
            "bars:binance:BTCUSDT:1d",
            "pair:y=ETHUSDT&x=BTCUSDT",
            "pair:x=simulated%3Abtcusdt&y=ETHUSDT&model=kalman&open=true",
            "watchlist",
            "scan:7",
            "sweep:7",
            "radar",
            "alerts",
            "status",
        ] {
            assert_eq!(text.parse::<Topic>().unwrap().to_string(), text);
        }
        assert_eq!(
            "ticks:btcusdt".parse::<Topic>().unwrap().to_string(),
            "ticks:BTCUSDT"
        );
    }

    #[test]
    fn what_is_no_topic_is_refused_with_what_is() {
        for text in [
            "",
            "status:",
            "bars:BTCUSDT",
            "bars:BTCUSDT:2m",
            "ticks:",
            "ticks:nasdaq:X",
            "trades:BTCUSDT",
            "scan:",
            "scan:0",
            "scan:x",
            "radar:7",
            "pair:",
            "pair:y=ETHUSDT",
            "pair:y=ETHUSDT&x=ETHUSDT",
            "pair:y=ETHUSDT&x=BTCUSDT&limit=20000",
            "pair:y=ETHUSDT&x=BTCUSDT&startTime=0",
            "pair:y=ETHUSDT&x=BTCUSDT&fit=in_sample",
            "pair:y=a&x=b&source=dataset:1",
            "status,status",
            "status,",
        ] {
            assert!(text.parse::<Topics>().is_err(), "{text:?}");
        }
        let error = "bars:BTCUSDT:2m".parse::<Topics>().unwrap_err();
        assert!(
            error.contains("2m") && error.contains("bars:BTCUSDT:1m"),
            "{error}"
        );
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic_and_what_is_read_is_written_so_that_it_is_read_again(
            text in "\\PC{0,60}",
            like in "((bars|ticks|pair|status|watchlist)(:[A-Za-z0-9%=&]{0,20}){0,3},?){0,4}",
        ) {
            let _ = text.parse::<Topics>();
            if let Ok(Topics(topics)) = like.parse::<Topics>() {
                for topic in topics {
                    proptest::prop_assert_eq!(topic.to_string().parse::<Topic>().ok(), Some(topic));
                }
            }
        }
    }
}
