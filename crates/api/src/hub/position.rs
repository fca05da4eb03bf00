//! Where a client is in the stream, as the `id` of its events.

use std::{collections::BTreeMap, fmt, str::FromStr};

use store::SymbolId;

use crate::live::Mark;

/// For each symbol of a stream the id of the last trade whose bars the client has, and when it got
/// them. Symbol and trade ids are the database's, so a position is good on every server of it.
///
/// Written `5e0c1d2f.1723075200000.3-123456.7-8900`: a stream of those topics (by their hash), at that time
/// (ms since the epoch), symbol 3 up to trade 123456, symbol 7 up to trade 8900. A pair adds
/// `.p5e0c1d2f-1723075200000-9f8e7d6c5b4a3921`: on that topic (by the hash of its name), the points up to that of
/// this bar, which have that digest. With alerts `.a42` comes last: all of them up to event 42.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Position {
    /// A position says something about the topics that it was reached with, and about no others.
    pub(crate) topics: u32,
    pub(crate) at_ms: i64,
    pub(crate) symbols: BTreeMap<SymbolId, i64>,
    /// The points that the client has, by the [`hash`] of the topic's name.
    pub(crate) pairs: BTreeMap<u32, Mark>,
    /// The last alert event, 0 before the first.
    pub(crate) alert: Option<i64>,
}

impl Position {
    /// The points that the client has of a pair.
    pub(crate) fn mark(&self, topic: &str) -> Option<Mark> {
        self.pairs.get(&hash(topic)).copied()
    }
}

/// No client follows more, or more symbols.
const MOST_TOPICS: usize = super::topic::Topics::MOST;

/// Hash of a set of topics: that of their sorted names.
pub(crate) fn fingerprint<'a>(names: impl IntoIterator<Item = &'a str>) -> u32 {
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_unstable();
    hash(&names.join(","))
}

/// FNV-1a, which is the same in every process and version.
pub(crate) fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}.{}", self.topics, self.at_ms)?;
        for (symbol_id, agg_id) in &self.symbols {
            write!(f, ".{}-{agg_id}", symbol_id.0)?;
        }
        for (topic, mark) in &self.pairs {
            write!(f, ".p{topic:08x}-{}-{:016x}", mark.time_ms, mark.digest)?;
        }
        if let Some(event_id) = self.alert {
            write!(f, ".a{event_id}")?;
        }
        Ok(())
    }
}

impl FromStr for Position {
    type Err = BadPosition;

    fn from_str(text: &str) -> Result<Self, BadPosition> {
        let mut parts = text.split('.');
        let topics = hex(parts.next(), 8)?;
        let topics = u32::try_from(topics).map_err(|_| BadPosition)?;
        let at_ms = parts
            .next()
            .ok_or(BadPosition)?
            .parse()
            .map_err(|_| BadPosition)?;
        let (mut symbols, mut pairs, mut alert) = (BTreeMap::new(), BTreeMap::new(), None);
        for part in parts {
            if alert.is_some() {
                return Err(BadPosition);
            }
            if let Some(event_id) = part.strip_prefix('a') {
                let event_id = event_id.parse().ok().filter(|id: &i64| *id >= 0);
                alert = Some(event_id.ok_or(BadPosition)?);
                continue;
            }
            if let Some(pair) = part.strip_prefix('p') {
                let (topic, mark) = of_pair(pair)?;
                if pairs.insert(topic, mark).is_some() || pairs.len() > MOST_TOPICS {
                    return Err(BadPosition);
                }
                continue;
            }
            let (symbol_id, agg_id) = part.split_once('-').ok_or(BadPosition)?;
            let symbol_id = SymbolId(symbol_id.parse().map_err(|_| BadPosition)?);
            let agg_id: i64 = agg_id.parse().map_err(|_| BadPosition)?;
            if agg_id < 0
                || symbols.insert(symbol_id, agg_id).is_some()
                || symbols.len() > MOST_TOPICS
            {
                return Err(BadPosition);
            }
        }
        Ok(Self {
            topics,
            at_ms,
            symbols,
            pairs,
            alert,
        })
    }
}

/// `5e0c1d2f-1723075200000-9f8e7d6c5b4a3921`
fn of_pair(text: &str) -> Result<(u32, Mark), BadPosition> {
    let mut parts = text.split('-');
    let topic = u32::try_from(hex(parts.next(), 8)?).map_err(|_| BadPosition)?;
    let time_ms: i64 = parts
        .next()
        .and_then(|time| time.parse().ok())
        .ok_or(BadPosition)?;
    let digest = hex(parts.next(), 16)?;
    match parts.next() {
        None => Ok((topic, Mark { time_ms, digest })),
        Some(_) => Err(BadPosition),
    }
}

/// A number of so many hexadecimal digits.
fn hex(text: Option<&str>, digits: usize) -> Result<u64, BadPosition> {
    let text = text
        .filter(|text| text.len() == digits)
        .ok_or(BadPosition)?;
    u64::from_str_radix(text, 16).map_err(|_| BadPosition)
}

/// No position.
#[derive(Debug)]
pub(crate) struct BadPosition;

impl fmt::Display for BadPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is no id of an event of this stream; send the last id as it came, or none")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_survive_the_way_to_the_client_and_back() {
        for text in [
            "5e0c1d2f.0",
            "00000000.1723075200000.3-123456.7-8900",
            "5e0c1d2f.7.3-1.a42",
            "5e0c1d2f.7.a0",
            "5e0c1d2f.7.3-1.p00000001-1723075200000-00000000000000ff.pffffffff-0-ffffffffffffffff.a42",
        ] {
            assert_eq!(text.parse::<Position>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_no_server_sent_is_refused() {
        for text in [
            "",
            "x",
            "3-1",
            "5e0c1d2f",
            "5e0c1d2f.x",
            "5e0c1d2f.1.3",
            "5e0c1d2f.1.3-",
            "5e0c1d2f.1.-1-2",
            "5e0c1d2f.1.3--1",
            "5e0c1d2f.1.3-1.3-2",
            "5e0c1d2f.1.3-1.",
            "5e0c1d2f.1.3-99999999999999999999",
            "5e0c1d2f.1.a",
            "5e0c1d2f.1.a-1",
            "5e0c1d2f.1.a1.a2",
            "5e0c1d2f.1.a1.3-1",
            "5e0c1d2f.1.p",
            "5e0c1d2f.1.p00000001-5",
            "5e0c1d2f.1.p00000001-5-ff",
            "5e0c1d2f.1.p00000001-5-00000000000000fg",
            "5e0c1d2f.1.p00000001--5-00000000000000ff",
            "5e0c1d2f.1.p00000001-5-00000000000000ff-",
            "5e0c1d2f.1.p00000001-5-00000000000000ff.p00000001-5-00000000000000ff",
        ] {
            assert!(text.parse::<Position>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_fingerprint_depends_on_which_topics_not_on_their_order() {
        let of = |text: &str| fingerprint(text.split(';'));
        let a = of("status;bars:BTCUSDT:1m");
        assert_eq!(a, of("bars:BTCUSDT:1m;status"));
        assert_ne!(a, of("bars:BTCUSDT:5m;status"));
        // Other servers, and later versions of this one, must come to the same figure.
        assert_eq!(of("status"), 0xba4b_77ef);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}", like in "[0-9a-f]{8}[.][0-9]{0,25}([.][0-9]{1,12}-[0-9-]{0,25}){0,3}([.]p[0-9a-f]{8}-[0-9-]{1,14}-[0-9a-f]{16}){0,2}([.]a[0-9-]{0,25}){0,2}") {
            let _ = text.parse::<Position>();
            if let Ok(position) = like.parse::<Position>() {
                proptest::prop_assert_eq!(position.to_string().parse::<Position>().ok(), Some(position));
            }
        }

        #[test]
        fn every_position_is_read_back_as_it_was_written(
            topics: u32,
            at_ms: i64,
            symbols in proptest::collection::btree_map(1..=i32::MAX, 0..=i64::MAX, 0..20),
            pairs in proptest::collection::btree_map(proptest::num::u32::ANY, (0..=i64::MAX, proptest::num::u64::ANY), 0..20),
            alert in proptest::option::of(0..=i64::MAX),
        ) {
            let symbols = symbols.into_iter().map(|(id, agg_id)| (SymbolId(id), agg_id)).collect();
            let pairs = pairs.into_iter().map(|(topic, (time_ms, digest))| (topic, Mark { time_ms, digest })).collect();
            let position = Position { topics, at_ms, symbols, pairs, alert };
            proptest::prop_assert_eq!(position.to_string().parse::<Position>().ok(), Some(position));
        }
    }
}
