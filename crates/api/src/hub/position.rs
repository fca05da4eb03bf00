//! Where a client is in the stream, as the `id` of its events.

use std::{collections::BTreeMap, fmt, str::FromStr};

use store::SymbolId;

use super::topic::Topic;

/// For each symbol of a stream the id of the last trade whose bars the client has, and when it got
/// them. Symbol and trade ids are the database's, so a position is good on every server of it.
///
/// Written `5e0c1d2f.1723075200000.3-123456.7-8900`: a stream of those topics (by their hash), at that time
/// (ms since the epoch), symbol 3 up to trade 123456, symbol 7 up to trade 8900. With alerts `.a42` comes last:
/// all of them up to event 42.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Position {
    /// A position says something about the topics that it was reached with, and about no others.
    pub(crate) topics: u32,
    pub(crate) at_ms: i64,
    pub(crate) symbols: BTreeMap<SymbolId, i64>,
    /// The last alert event, 0 before the first.
    pub(crate) alert: Option<i64>,
}

/// No client follows more symbols than topics.
const MOST_SYMBOLS: usize = super::topic::Topics::MOST;

/// Hash of a set of topics, the same in every process and version: FNV-1a over their sorted names.
pub(crate) fn fingerprint<'a>(topics: impl IntoIterator<Item = &'a Topic>) -> u32 {
    let mut names: Vec<String> = topics.into_iter().map(ToString::to_string).collect();
    names.sort_unstable();
    names.join(",").bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}.{}", self.topics, self.at_ms)?;
        for (symbol_id, agg_id) in &self.symbols {
            write!(f, ".{}-{agg_id}", symbol_id.0)?;
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
        let topics = parts
            .next()
            .filter(|part| part.len() == 8)
            .ok_or(BadPosition)?;
        let topics = u32::from_str_radix(topics, 16).map_err(|_| BadPosition)?;
        let at_ms = parts
            .next()
            .ok_or(BadPosition)?
            .parse()
            .map_err(|_| BadPosition)?;
        let (mut symbols, mut alert) = (BTreeMap::new(), None);
        for part in parts {
            if alert.is_some() {
                return Err(BadPosition);
            }
            if let Some(event_id) = part.strip_prefix('a') {
                let event_id = event_id.parse().ok().filter(|id: &i64| *id >= 0);
                alert = Some(event_id.ok_or(BadPosition)?);
                continue;
            }
            let (symbol_id, agg_id) = part.split_once('-').ok_or(BadPosition)?;
            let symbol_id = SymbolId(symbol_id.parse().map_err(|_| BadPosition)?);
            let agg_id: i64 = agg_id.parse().map_err(|_| BadPosition)?;
            if agg_id < 0
                || symbols.insert(symbol_id, agg_id).is_some()
                || symbols.len() > MOST_SYMBOLS
            {
                return Err(BadPosition);
            }
        }
        Ok(Self {
            topics,
            at_ms,
            symbols,
            alert,
        })
    }
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
        ] {
            assert!(text.parse::<Position>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_fingerprint_depends_on_which_topics_not_on_their_order() {
        let topics =
            |text: &str| -> Vec<Topic> { text.split(',').map(|t| t.parse().unwrap()).collect() };
        let a = fingerprint(&topics("status,bars:BTCUSDT:1m"));
        assert_eq!(a, fingerprint(&topics("bars:BTCUSDT:1m,status")));
        assert_ne!(a, fingerprint(&topics("bars:BTCUSDT:5m,status")));
        // Other servers, and later versions of this one, must come to the same figure.
        assert_eq!(fingerprint(&topics("status")), 0xba4b_77ef);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}", like in "[0-9a-f]{8}[.][0-9]{0,25}([.][0-9]{1,12}-[0-9-]{0,25}){0,3}([.]a[0-9-]{0,25}){0,2}") {
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
            alert in proptest::option::of(0..=i64::MAX),
        ) {
            let symbols = symbols.into_iter().map(|(id, agg_id)| (SymbolId(id), agg_id)).collect();
            let position = Position { topics, at_ms, symbols, alert };
            proptest::prop_assert_eq!(position.to_string().parse::<Position>().ok(), Some(position));
        }
    }
}
