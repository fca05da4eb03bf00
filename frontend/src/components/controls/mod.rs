//! What is asked of a pair: legs, bars, model, thresholds.

mod backtest_fields;
mod bars_fields;
mod field_error;
mod interval_choice;
mod leg_picker;
mod model_fields;
mod number_field;
mod segments;
mod select_field;
mod series_picker;
mod time_field;
mod z_fields;

use leptos::prelude::*;

use super::{
    icon::{Icon, Shape},
    pair::Side,
};
use crate::{model::Tab, stores::Stores};
use {
    backtest_fields::BacktestFields, bars_fields::BarsFields, interval_choice::IntervalChoice,
    leg_picker::LegPicker, model_fields::ModelFields, z_fields::ZFields,
};

/// Legs and interval always, the rest on request where there is little room.
#[component]
pub(super) fn Controls() -> impl IntoView {
    let stores = Stores::from_context();
    let is_open = RwSignal::new(false);
    let is_traded = Memo::new(move |_| stores.view.with(|view| view.tab) == Tab::Backtest);
    view! {
        <aside class="controls" class:open=move || is_open.get() aria-label="Controls" data-testid="controls">
            <div class="controls-legs">
                <LegPicker side=Side::Y/>
                <button
                    type="button"
                    class="button icon-button swap"
                    data-testid="swap"
                    title="Swap y and x"
                    aria-label="Swap y and x"
                    on:click=move |_| stores.choose(crate::model::PairChoice::swap)
                >
                    <Icon shape=Shape::Swap/>
                </button>
                <LegPicker side=Side::X/>
            </div>
            <IntervalChoice/>
            <button
                type="button"
                class="button controls-toggle"
                data-testid="controls-toggle"
                aria-expanded=move || is_open.get().to_string()
                aria-controls="controls-more"
                on:click=move |_| is_open.update(|open| *open = !*open)
            >
                <span>"Model and thresholds"</span>
                <Icon shape=Shape::Chevron/>
            </button>
            <div class="controls-more" id="controls-more">
                <BarsFields/>
                <ModelFields is_traded/>
                <ZFields is_traded/>
                <Show when=move || is_traded.get()>
                    <BacktestFields/>
                </Show>
            </div>
        </aside>
    }
}
