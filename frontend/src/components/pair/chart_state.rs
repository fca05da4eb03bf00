//! What stands in place of a chart.

use leptos::prelude::*;

use crate::stores::{PairLoad, PairStoreFields, Stores};

/// Waiting, empty and failed, over the place of the chart. Why there is nothing stands once, above the charts.
#[component]
pub(super) fn ChartState(
    /// Why the chart cannot be drawn.
    failure: Signal<Option<String>>,
    /// Whether there is a drawing below.
    is_drawn: Signal<bool>,
    /// Whether what is drawn is there whatever becomes of the analysis.
    #[prop(optional)]
    stands_alone: Signal<bool>,
) -> impl IntoView {
    let stores = Stores::from_context();
    let words = Memo::new(move |_| {
        if let Some(failure) = failure.get() {
            return Some((false, format!("{failure}. A reload of the page may help.")));
        }
        if stands_alone.get() && is_drawn.get() {
            return None;
        }
        let is_empty = stores.pair.series().with(|series| series.first().is_none());
        match stores.pair.load().get() {
            PairLoad::Loading if is_empty || !is_drawn.get() => Some((true, "Reading".to_owned())),
            PairLoad::TooFew { .. } => Some((false, "Too few bars yet".to_owned())),
            PairLoad::Refused(_) | PairLoad::Failed(_) if is_empty => {
                Some((false, "Nothing to draw".to_owned()))
            }
            PairLoad::Loading | PairLoad::Ready | PairLoad::Refused(_) | PairLoad::Failed(_) => {
                None
            }
        }
    });
    move || {
        words.get().map(|(is_waiting, words)| {
            view! {
                <div class="state" class:waiting=is_waiting data-testid="chart-state">
                    <Show when=move || is_waiting>
                        <span class="pulse" aria-hidden="true"><i></i><i></i><i></i><i></i><i></i></span>
                    </Show>
                    <p>{words}</p>
                </div>
            }
        })
    }
}
