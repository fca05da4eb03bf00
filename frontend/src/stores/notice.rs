//! The rule that every pair on screen has without being asked: its provisional z-score beyond the entry threshold is told, once a crossing.

use api_types::{CrossingDetector, EventKind, PairParams, PairUpdate};
use leptos::prelude::*;

use super::{Stores, toasts::Toast};
use crate::model::{alert, link};

/// What the rule knows of the pair on screen.
#[derive(Clone, Copy)]
pub(crate) struct Notice(StoredValue<Option<State>>);

struct State {
    /// The pair and its parameters, as the stream is asked for them.
    topic: String,
    params: PairParams,
    detector: CrossingDetector,
    /// Start of the last bar that was judged.
    judged: i64,
}

impl Default for Notice {
    fn default() -> Self {
        Self(StoredValue::new(None))
    }
}

impl Notice {
    /// Judges what the stream says of the pair.
    pub(super) fn hear(self, stores: Stores, topic: &str, kind: EventKind, data: &PairUpdate) {
        let found = self.0.try_update_value(|state| {
            let is_same = state.as_ref().is_some_and(|state| state.topic == topic);
            if is_same && let Some(state) = state {
                if let Some(params) = &data.params {
                    state.params = params.clone();
                }
                return state.judge(data);
            }
            // A breach that is there when the pair comes on screen is seen; it has not happened just now.
            if let (EventKind::Snapshot | EventKind::Reset, Some(params)) = (kind, &data.params) {
                let mut fresh = State {
                    topic: topic.to_owned(),
                    params: params.clone(),
                    detector: CrossingDetector::new(params.entry, params.exit),
                    judged: i64::MIN,
                };
                let _ = fresh.judge(data);
                *state = Some(fresh);
            }
            None
        });
        if let Some(crossing) = found.flatten()
            && stores.preferences.settings.get_untracked().toasts
        {
            stores.toasts.tell(crossing);
        }
    }
}

impl State {
    /// Takes in the points that are new, or newer; the notice of a breach that has begun and lasts.
    fn judge(&mut self, data: &PairUpdate) -> Option<Toast> {
        let series = &data.series;
        let mut begun = None;
        let judged = self.judged;
        for (at, &time) in series
            .time
            .iter()
            .enumerate()
            .filter(|(_, time)| **time >= judged)
        {
            let z = series.z.get(at).copied().flatten();
            if let Some(side) = self.detector.push(z) {
                begun = z.map(|z| (time, side, z));
            }
            self.judged = time;
        }
        let (time, side, z) = begun.filter(|(_, side, _)| self.detector.side() == Some(*side))?;
        Some(Toast {
            id: format!("{}@{time}{}", self.topic, side.sign()),
            title: alert::pair_name(&self.params.y, &self.params.x),
            text: alert::crossing(z, self.params.entry, &self.params.interval),
            time,
            view: Some(Box::new(link::pair_view(&self.params))),
        })
    }
}
