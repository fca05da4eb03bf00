//! A number to type.

use leptos::prelude::*;

use super::field_error::FieldError;
use crate::model::format;

/// Taken when the field is left or with Enter; what is no number or out of range is said at once and not taken.
#[component]
pub(super) fn NumberField(
    label: &'static str,
    /// The parameter of the API, and the name for tests.
    field: &'static str,
    value: Signal<f64>,
    /// Least and most.
    range: (f64, f64),
    step: &'static str,
    on_change: Callback<f64>,
    /// What it means.
    hint: &'static str,
) -> impl IntoView {
    let refusal = RwSignal::new(None::<String>);
    let take = move |text: String| {
        let (least, most) = range;
        match text.trim().parse::<f64>() {
            Ok(number) if (least..=most).contains(&number) => {
                refusal.set(None);
                on_change.run(number);
            }
            _ => {
                let [least, most] =
                    [least, most].map(|end| format::price(end, format::decimals(end)));
                refusal.set(Some(format!("from {least} to {most}")));
            }
        }
    };
    Effect::new(move |_| {
        value.track();
        refusal.set(None);
    });
    view! {
        <label class="ctl" title=hint>
            <span class="ctl-name">{label}</span>
            <input
                class="ctl-input num"
                type="number"
                inputmode="decimal"
                data-field=field
                min=range.0.to_string()
                max=range.1.to_string()
                step=step
                aria-invalid=move || refusal.with(Option::is_some).to_string()
                prop:value=move || value.get().to_string()
                on:change=move |event| take(event_target_value(&event))
            />
            <Show when=move || refusal.with(Option::is_some)>
                <span class="ctl-error" role="alert">{move || refusal.get()}</span>
            </Show>
            <FieldError field/>
        </label>
    }
}
