//! What stands in place of a chart.

use leptos::prelude::*;

/// What becomes of the numbers of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::components) enum ChartLoad {
    /// They are on their way; older ones may be there meanwhile.
    Reading {
        is_empty: bool,
    },
    /// There are bars, but not enough.
    TooFew,
    /// None will come.
    Nothing,
    Ready,
}

/// Waiting, empty and failed, over the place of the chart. Why there is nothing stands once, above the charts.
#[component]
pub(super) fn ChartState(
    load: Signal<ChartLoad>,
    /// Why the chart cannot be drawn.
    failure: Signal<Option<String>>,
    /// Whether there is a drawing below.
    is_drawn: Signal<bool>,
    /// Whether what is drawn is there whatever becomes of the analysis.
    #[prop(optional)]
    stands_alone: Signal<bool>,
) -> impl IntoView {
    let words = Memo::new(move |_| {
        if let Some(failure) = failure.get() {
            return Some((false, format!("{failure}. A reload of the page may help.")));
        }
        if stands_alone.get() && is_drawn.get() {
            return None;
        }
        match load.get() {
            ChartLoad::Reading { is_empty } if is_empty || !is_drawn.get() => {
                Some((true, "Reading".to_owned()))
            }
            ChartLoad::TooFew => Some((false, "Too few bars yet".to_owned())),
            ChartLoad::Nothing => Some((false, "Nothing to draw".to_owned())),
            ChartLoad::Reading { .. } | ChartLoad::Ready => None,
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
