//! Which topics of the stream the page follows, and who asks for them.

use std::collections::BTreeMap;

use leptos::prelude::*;

/// Part of the page that follows topics of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reader {
    /// The state of the feed.
    Status,
    /// Bars of one symbol.
    Bars,
    /// Last prices.
    Ticks,
    /// A pair's analysis.
    Pair,
    /// The followed pairs.
    Watchlist,
    /// All pairs at once.
    Radar,
    /// The scan on screen.
    Scan,
    /// The sweep on screen.
    Sweep,
    /// Alerts of all rules.
    Alerts,
}

/// What each part of the page asks for. The stream is opened anew when it changes, so a part that is about to ask for the same again
/// costs nothing.
#[derive(Clone, Copy, Default)]
pub(crate) struct Topics(RwSignal<BTreeMap<Reader, Vec<String>>>);

impl Topics {
    /// `reader` follows these and no others, as they stand in api.md: `pair:y=BTCUSDT&x=ETHUSDT`. They are escaped for the address later.
    pub(crate) fn set(self, reader: Reader, topics: Vec<String>) {
        let is_same = self.0.with_untracked(|all| {
            all.get(&reader)
                .map_or(topics.is_empty(), |known| *known == topics)
        });
        if !is_same {
            self.0.update(|all| {
                all.insert(reader, topics);
            });
        }
    }

    /// All that `is_wanted` lets through, each once. Tracked.
    pub(super) fn of(self, is_wanted: impl Fn(Reader) -> bool) -> Vec<String> {
        self.0.with(|all| {
            let mut topics: Vec<String> = Vec::new();
            for (_, wanted) in all.iter().filter(|(reader, _)| is_wanted(**reader)) {
                for topic in wanted {
                    if !topics.contains(topic) {
                        topics.push(topic.clone());
                    }
                }
            }
            topics
        })
    }
}
