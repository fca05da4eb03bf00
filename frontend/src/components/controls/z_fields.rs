//! What the z-score and the correlation are, and where thresholds lie.

use api_types::{Baseline, CorrelationOf, Model, Noise, ZKind};
use leptos::prelude::*;

use super::{
    number_field::NumberField,
    segments::{Segment, Segments},
};
use crate::{
    model::{PairChoice, format},
    stores::Stores,
};

/// Largest threshold that makes sense.
const MOST: f64 = 1_000.0;

/// Kind, window, baseline, thresholds, correlation.
#[component]
pub(super) fn ZFields(
    /// No trade goes by a correlation.
    is_traded: Memo<bool>,
) -> impl IntoView {
    let stores = Stores::from_context();
    let has_innovation = Memo::new(move |_| {
        stores
            .view
            .with(|view| view.pair.model == Model::Kalman && view.pair.noise != Noise::Pykalman)
    });
    let z = Memo::new(move |_| stores.view.with(|view| view.pair.z));
    let zs = Signal::stored(vec![
        Segment::new(
            ZKind::Rolling,
            "Rolling",
            "Spread against its rolling mean and deviation",
        ),
        Segment::new(
            ZKind::Innovation,
            "Innovation",
            "The filter's surprise over its expected size",
        ),
    ]);
    let window = Memo::new(move |_| stores.view.with(|view| f64::from(view.pair.window)));
    let baseline = Memo::new(move |_| stores.view.with(|view| view.pair.baseline));
    let baselines = Signal::stored(vec![
        Segment::new(
            Baseline::Inclusive,
            "Inclusive",
            "The window ends with the bar that it judges",
        ),
        Segment::new(
            Baseline::Exclusive,
            "Exclusive",
            "The window ends one bar before",
        ),
    ]);
    let correlation = Memo::new(move |_| stores.view.with(|view| view.pair.correlation_of));
    let correlations = Signal::stored(vec![
        Segment::new(
            CorrelationOf::Returns,
            "Returns",
            "Correlation of log returns",
        ),
        Segment::new(CorrelationOf::Levels, "Levels", "Correlation of closes"),
    ]);
    let entry = Memo::new(move |_| stores.view.with(|view| view.pair.entry));
    let exit = Memo::new(move |_| stores.view.with(|view| view.pair.exit));
    let limit = Memo::new(move |_| {
        let (limit, entry) = stores
            .view
            .with(|view| (view.pair.z_limit(), view.pair.entry));
        limit
            .filter(|limit| entry > 0.8 * limit)
            .map(|limit| format::price(limit, 2))
    });
    let (least, most) = PairChoice::WINDOW;
    view! {
        <fieldset class="group">
            <legend>"Z-score and correlation"</legend>
            <Show when=move || has_innovation.get()>
                <Segments
                    label="Z-score"
                    field="z"
                    segments=zs
                    chosen=z.into()
                    on_choose=Callback::new(move |z| stores.choose(|pair| pair.z = z))
                />
            </Show>
            <NumberField
                label="Window"
                field="window"
                hint="Bars of the rolling z-score and correlation"
                value=window.into()
                range=(f64::from(least), f64::from(most))
                step="1"
                on_change=Callback::new(move |bars: f64| stores.choose(|pair| pair.window = bars as u32))
            />
            <Show when=move || z.get() == ZKind::Rolling>
                <Segments
                    label="Baseline"
                    field="baseline"
                    segments=baselines
                    chosen=baseline.into()
                    on_choose=Callback::new(move |baseline| stores.choose(|pair| pair.baseline = baseline))
                />
            </Show>
            <div class="ctl-pair">
                <NumberField
                    label="Entry"
                    field="entry"
                    hint="|z| at which a position is entered"
                    value=entry.into()
                    range=(0.01, MOST)
                    step="any"
                    on_change=Callback::new(move |entry| stores.choose(|pair| pair.entry = entry))
                />
                <NumberField
                    label="Exit"
                    field="exit"
                    hint="|z| at which it is left"
                    value=exit.into()
                    range=(0.0, MOST)
                    step="any"
                    on_change=Callback::new(move |exit| stores.choose(|pair| pair.exit = exit))
                />
            </div>
            <Show when=move || limit.with(Option::is_some)>
                <p class="ctl-note">"|z| stays below " <span class="num">{move || limit.get()}</span> " with this window."</p>
            </Show>
            <Show when=move || !is_traded.get()>
                <Segments
                    label="Correlation of"
                    field="correlationOf"
                    segments=correlations
                    chosen=correlation.into()
                    on_choose=Callback::new(move |of| stores.choose(|pair| pair.correlation_of = of))
                />
            </Show>
        </fieldset>
    }
}
