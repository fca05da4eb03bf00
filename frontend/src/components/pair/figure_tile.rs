//! One figure of the pair.

use leptos::prelude::*;

use crate::{edge::clock, model::format, stores::Stores};

/// How a tile looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mood {
    #[default]
    Calm,
    /// Close to what is looked for.
    Near,
    /// What is looked for is there.
    Breach,
    Good,
}

impl Mood {
    const fn class(self) -> &'static str {
        match self {
            Self::Calm => "tile-value num",
            Self::Near => "tile-value num near",
            Self::Breach => "tile-value num breach",
            Self::Good => "tile-value num good",
        }
    }
}

/// A figure as text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Figure {
    pub(super) value: String,
    pub(super) detail: String,
    pub(super) mood: Mood,
    /// The moment it is from, ms since the epoch.
    pub(super) of: Option<i64>,
    /// Older than this it looks stale, ms.
    pub(super) lasts_ms: i64,
}

/// A name, a number, what belongs to it, and how old it is.
#[component]
pub(super) fn FigureTile(
    /// Name for readers.
    label: &'static str,
    /// Name for tests.
    testid: &'static str,
    /// What it means, for whoever stays on it.
    hint: &'static str,
    figure: Memo<Figure>,
) -> impl IntoView {
    let stores = Stores::from_context();
    let follows = Memo::new(move |_| stores.view.with(|view| view.pair.follows()));
    let age =
        Memo::new(move |_| Some((stores.now.get() - figure.with(|figure| figure.of)?).max(0)));
    let is_stale = Memo::new(move |_| {
        let is_old = age
            .get()
            .is_none_or(|age| age > figure.with(|figure| figure.lasts_ms));
        follows.get() && (is_old || !stores.is_connected())
    });
    let when = move || {
        let Some(of) = figure.with(|figure| figure.of) else {
            return format::UNKNOWN.to_owned();
        };
        if follows.get() {
            format::age(age.get().unwrap_or_default())
        } else {
            clock::civil(of, stores.preferences.zone()).short()
        }
    };
    view! {
        <div class="tile" class:stale=is_stale title=hint data-testid=testid>
            <span class="tile-head">
                <span class="tile-name">{label}</span>
                <span class="age num" class:stale=is_stale data-testid="age"><span class="sr-only">"Age: "</span>{when}</span>
            </span>
            <span class=move || figure.with(|figure| figure.mood.class()) data-testid="value">{move || figure.with(|figure| figure.value.clone())}</span>
            <span class="tile-detail num" data-testid="detail">{move || figure.with(|figure| figure.detail.clone())}</span>
        </div>
    }
}
