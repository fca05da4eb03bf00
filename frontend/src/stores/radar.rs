//! The pairs that are furthest from their mean, as the server last said.

use api_types::RadarData;
use leptos::prelude::*;

use super::{Reader, Stores};
use crate::model::Tab;

/// What is known; `None` before the first event.
#[derive(Clone, Copy, Default)]
pub(crate) struct Radar(pub(crate) RwSignal<Option<RadarData>>);

/// It is followed while it is on screen.
pub(super) fn start(stores: Stores) {
    Effect::new(move |_| {
        let is_shown = stores.view.with(|view| view.tab) == Tab::Radar;
        let topic = is_shown.then(|| "radar".to_owned());
        stores
            .topics
            .set(Reader::Radar, topic.into_iter().collect());
    });
}
