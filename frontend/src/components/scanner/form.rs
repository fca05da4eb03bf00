//! The form that asks for a scan.

use api_types::{Interval, ParamValue, ScanRequest, ScanSymbol};
use leptos::{ev::SubmitEvent, prelude::*};

use super::symbols::{Symbols, candidates};
use crate::{
    components::form::{Complaint, Field},
    stores::Stores,
};

/// Fields that have a place of their own for what is wrong with them.
const FIELDS: [&str; 6] = [
    "interval",
    "limit",
    "startTime",
    "endTime",
    "lookback",
    "window",
];

/// Symbols, bars and the window of the z-score. What is wrong is said at its field.
#[component]
pub(super) fn ScanForm() -> impl IntoView {
    let stores = Stores::from_context();
    let scanner = stores.scanner;
    let text = |text: &str| RwSignal::new(text.to_owned());
    let source = text("live");
    let left_out = RwSignal::new(Vec::<ScanSymbol>::new());
    let (interval, limit) = (text(Interval::H1.as_str()), text("1000"));
    let (from, to) = (text(""), text(""));
    let (lookback, window) = (text("500"), text("60"));
    let wrong = RwSignal::new(None::<(&'static str, String)>);
    let choose = move |chosen: String| {
        // An upload knows how far apart its rows are.
        let own = stores.datasets.with_untracked(|all| {
            let chosen = all.iter().find(|dataset| dataset.source == chosen)?;
            let series = chosen.series.iter();
            series.filter_map(|series| series.interval).max()
        });
        interval.set(own.map_or_else(|| Interval::H1.to_string(), |own| own.to_string()));
        left_out.set(Vec::new());
        source.set(chosen);
    };
    let read = move || -> Result<ScanRequest, (&'static str, String)> {
        let has_start = from.with_untracked(|text| !text.trim().is_empty());
        let symbols = chosen(stores, &source.get_untracked(), &left_out.get_untracked());
        Ok(ScanRequest {
            symbols: Some(symbols),
            source: None,
            interval: Some(interval.with_untracked(|text| text.trim().to_owned())),
            limit: if has_start {
                None
            } else {
                Some(whole(limit, "limit")?)
            },
            start_time: time(&from.get_untracked()),
            end_time: time(&to.get_untracked()),
            lookback: Some(whole(lookback, "lookback")?),
            window: Some(whole(window, "window")?),
            max_fill: None,
        })
    };
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        match read() {
            Ok(request) => {
                wrong.set(None);
                scanner.ask(stores, request);
            }
            Err(why) => wrong.set(Some(why)),
        }
    };
    let complaint = move |field: &'static str| {
        Signal::derive(move || {
            let own = wrong.get().filter(|(name, _)| *name == field);
            own.map(|(_, why)| why).or_else(|| {
                scanner
                    .refusal
                    .with(|refusal| refusal.as_ref().and_then(|error| error.about(field)))
            })
        })
    };
    let general = Signal::derive(move || {
        scanner
            .refusal
            .with(|refusal| refusal.as_ref().map(|error| error.besides(&FIELDS)))
            .flatten()
    });
    view! {
        <form class="form-line" aria-label="Scan pairs" novalidate on:submit=on_submit>
            <label class="field">
                <span class="field-name">"Source"</span>
                <select class="input" data-field="source" prop:value=move || source.get() on:change=move |event| choose(event_target_value(&event))>
                    <option value="live">"Live"</option>
                    {move || stores.datasets.with(|all| all.len() > 1).then(|| view! { <option value="uploads">"All uploads"</option> })}
                    <For each=move || stores.datasets.get() key=|dataset| dataset.id let(dataset)>
                        <option value=dataset.source.clone()>{dataset.name.clone()}</option>
                    </For>
                </select>
            </label>
            <Symbols source left_out/>
            <datalist id="scan-intervals">
                {Interval::ALL.iter().map(|interval| view! { <option value=interval.as_str()></option> }).collect_view()}
            </datalist>
            <Field label="Interval" name="interval" value=interval numeric=true list="scan-intervals" complaint=complaint("interval")/>
            <Field label="Bars" name="limit" value=limit numeric=true complaint=complaint("limit")/>
            <Field label="From" name="startTime" value=from placeholder="instead of bars" complaint=complaint("startTime")/>
            <Field label="To" name="endTime" value=to placeholder="now" complaint=complaint("endTime")/>
            <Field label="Lookback" name="lookback" value=lookback numeric=true complaint=complaint("lookback")/>
            <Field label="Window" name="window" value=window numeric=true complaint=complaint("window")/>
            <button type="submit" class="button primary" data-testid="scan-run" disabled=move || scanner.is_busy.get()>"Scan"</button>
            <Complaint text=general/>
        </form>
    }
}

/// The symbols of a source but those that were left out. Untracked.
fn chosen(stores: Stores, source: &str, left_out: &[ScanSymbol]) -> Vec<ScanSymbol> {
    let all = untrack(|| candidates(stores, source));
    let is_in = |symbol: &ScanSymbol| !left_out.contains(symbol);
    all.into_iter().filter(is_in).collect()
}

fn whole(text: RwSignal<String>, field: &'static str) -> Result<u32, (&'static str, String)> {
    let number = text.with_untracked(|text| text.trim().parse());
    number.map_err(|_| (field, "Type a whole number.".to_owned()))
}

/// A moment as the API takes it; a day is its first one.
fn time(text: &str) -> Option<ParamValue> {
    let text = text.trim();
    let is_day = text.len() == 10 && text.matches('-').count() == 2;
    match text.parse() {
        _ if text.is_empty() => None,
        Ok(ms) => Some(ParamValue::Whole(ms)),
        Err(_) if is_day => Some(ParamValue::Text(format!("{text}T00:00:00Z"))),
        Err(_) => Some(ParamValue::Text(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_number_a_day_or_what_the_server_makes_of_it() {
        assert_eq!(time("  "), None);
        assert_eq!(
            time("1700000000000"),
            Some(ParamValue::Whole(1_700_000_000_000))
        );
        let text = |text: &str| Some(ParamValue::Text(text.to_owned()));
        assert_eq!(time(" 2024-08-08 "), text("2024-08-08T00:00:00Z"));
        assert_eq!(time("yesterday"), text("yesterday"));
    }
}
