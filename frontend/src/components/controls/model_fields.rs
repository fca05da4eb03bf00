//! How the hedge ratio is estimated.

use api_types::{Fit, Model, Noise, Transform};
use leptos::prelude::*;

use super::{
    field_error::FieldError,
    number_field::NumberField,
    segments::{Segment, Segments},
    select_field::SelectField,
};
use crate::{edge::clock, model::PairChoice, stores::Stores};

/// Model, what it is fitted to, and what only some models take.
#[component]
pub(super) fn ModelFields(
    /// A backtest walks forward, however the pair is looked at.
    is_traded: Memo<bool>,
) -> impl IntoView {
    let stores = Stores::from_context();
    let model = Memo::new(move |_| stores.view.with(|view| view.pair.model));
    let model_name = Memo::new(move |_| model.get().to_string());
    let is_kalman = Memo::new(move |_| model.get() == Model::Kalman);
    let models = Signal::stored(vec![
        ("ols".to_owned(), "OLS · least squares".to_owned()),
        ("huber".to_owned(), "Huber · robust".to_owned()),
        (
            "theil_sen".to_owned(),
            "Theil-Sen · median slope".to_owned(),
        ),
        ("kalman".to_owned(), "Kalman · moving".to_owned()),
    ]);
    let transform = Memo::new(move |_| stores.view.with(|view| view.pair.transform));
    let transforms = Signal::stored(vec![
        Segment::new(Transform::Level, "Level", "Closes as they are"),
        Segment::new(Transform::Log, "Log", "Logarithms of closes"),
    ]);
    let takes_lookback =
        Memo::new(move |_| is_traded.get() || stores.view.with(|view| view.pair.takes_lookback()));
    let lookback = Memo::new(move |_| stores.view.with(|view| f64::from(view.pair.lookback)));
    let (least, most) = PairChoice::LOOKBACK;
    view! {
        <fieldset class="group">
            <legend>"Hedge ratio"</legend>
            <SelectField
                label="Model"
                field="model"
                hint="How the hedge ratio is estimated"
                options=models
                chosen=model_name.into()
                on_choose=Callback::new(move |name: String| if let Ok(model) = name.parse() {
                    stores.choose(|pair| pair.model = model);
                })
            />
            <Show when=move || is_kalman.get()>
                <KalmanFields/>
            </Show>
            <Show when=move || !is_kalman.get() && !is_traded.get()>
                <FitFields/>
            </Show>
            <Show when=move || takes_lookback.get()>
                <NumberField
                    label="Lookback"
                    field="lookback"
                    hint="Bars of a fit, or of a Kalman filter's training"
                    value=lookback.into()
                    range=(f64::from(least), f64::from(most))
                    step="1"
                    on_change=Callback::new(move |bars: f64| stores.choose(|pair| pair.lookback = bars as u32))
                />
            </Show>
            <Segments
                label="Prices"
                field="transform"
                segments=transforms
                chosen=transform.into()
                on_choose=Callback::new(move |transform| stores.choose(|pair| pair.transform = transform))
            />
            <FieldError field="transform"/>
        </fieldset>
    }
}

/// What the models that are fitted to bars take.
#[component]
fn FitFields() -> impl IntoView {
    let stores = Stores::from_context();
    let fit = Memo::new(move |_| stores.view.with(|view| view.pair.effective_fit()));
    let fits = Signal::stored(vec![
        Segment::new(
            Fit::WalkForward,
            "Walk-forward",
            "Each bar by the bars before it: never repaints",
        ),
        Segment::new(
            Fit::InSample,
            "In-sample",
            "One fit over the range: the past is judged by its own future",
        ),
    ]);
    let fitted = Memo::new(move |_| {
        let (can_refit, time, interval_ms) = stores.view.with(|view| {
            (
                view.pair.can_refit(),
                view.pair.fit_time,
                view.pair.interval.ms(),
            )
        });
        let time = time.filter(|_| can_refit)?;
        Some(clock::civil(time, stores.preferences.zone()).bar_start(interval_ms))
    });
    view! {
        <Segments
            label="Fit"
            field="fit"
            segments=fits
            chosen=fit.into()
            on_choose=Callback::new(move |fit| stores.choose(|pair| {
                pair.fit = Some(fit);
                pair.fit_time = None;
            }))
        />
        <FieldError field="fit"/>
        <Show when=move || fitted.with(Option::is_some)>
            <div class="refit">
                <p>"Fitted up to " <span class="num" data-testid="fit-time">{move || fitted.get()}</span></p>
                <button type="button" class="button" data-testid="refit" title="Fit to the bars there are now" on:click=move |_| stores.refit()>"Refit"</button>
            </div>
        </Show>
    }
}

/// What the Kalman filter takes.
#[component]
fn KalmanFields() -> impl IntoView {
    let stores = Stores::from_context();
    let noise = Memo::new(move |_| stores.view.with(|view| view.pair.noise));
    let name = Memo::new(move |_| noise.get().to_string());
    let memory = Memo::new(move |_| stores.view.with(|view| view.pair.memory));
    let noises = Signal::stored(vec![
        ("memory".to_owned(), "By memory".to_owned()),
        ("ml".to_owned(), "Maximum likelihood".to_owned()),
        ("pykalman".to_owned(), "As pykalman (parity)".to_owned()),
    ]);
    view! {
        <SelectField
            label="Noise"
            field="noise"
            hint="Where the filter's variances come from"
            options=noises
            chosen=name.into()
            on_choose=Callback::new(move |name: String| if let Ok(noise) = name.parse() {
                stores.choose(|pair| pair.noise = noise);
            })
        />
        <Show when=move || noise.get() == Noise::Memory>
            <NumberField
                label="Memory"
                field="memory"
                hint="Bars after which the filter has about forgotten"
                value=memory.into()
                range=PairChoice::MEMORY
                step="any"
                on_change=Callback::new(move |bars| stores.choose(|pair| pair.memory = bars))
            />
        </Show>
    }
}
