//! The rule that every pair on screen has without being asked: its provisional z-score beyond the entry threshold is told, once a crossing.

use api_types::{EventKind, PairParams, PairUpdate};
use leptos::prelude::*;

use super::{Stores, toasts::Toast};
use crate::model::{alert, link, pair::Crossings};

/// What the rule knows of the pair on screen.
#[derive(Clone, Copy)]
pub(crate) struct Notice(StoredValue<Option<State>>);

struct State {
    /// The pair and its parameters, as the stream is asked for them.
    topic: String,
    params: PairParams,
    crossings: Crossings,
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
                    crossings: Crossings::new(params.entry, params.exit),
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
        let bars = series.time.iter().copied().zip(series.z.iter().copied());
        let crossing = self.crossings.take(bars)?;
        Some(Toast {
            id: format!("{}@{}{}", self.topic, crossing.time, crossing.side.sign()),
            title: alert::pair_name(&self.params.y, &self.params.x),
            text: alert::crossing(crossing.z, self.params.entry, &self.params.interval),
            time: crossing.time,
            view: Some(Box::new(link::pair_view(&self.params))),
        })
    }
}
