//! The form that adds a pair.

use api_types::{Interval, Model, WatchlistPair};
use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    components::form::{Choice, Complaint, Field, SymbolNames, models},
    stores::Stores,
};

/// Two symbols and how they are fitted. What is wrong is said at its field.
#[component]
pub(super) fn AddPair() -> impl IntoView {
    let stores = Stores::from_context();
    let list = stores.watchlist;
    let (y, x) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let interval = RwSignal::new(Interval::M1.to_string());
    let model = RwSignal::new(Model::Ols.to_string());
    let (window, lookback) = (
        RwSignal::new("60".to_owned()),
        RwSignal::new("500".to_owned()),
    );
    let missing = RwSignal::new(None::<(&'static str, String)>);
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        let read = read_form(
            &y.get_untracked(),
            &x.get_untracked(),
            &window.get_untracked(),
            &lookback.get_untracked(),
        );
        missing.set(read.clone().err());
        let Ok((window, lookback)) = read else { return };
        let name = |text: RwSignal<String>| text.with_untracked(|text| text.trim().to_uppercase());
        list.add(WatchlistPair {
            interval: interval.get_untracked().parse().ok(),
            model: model.get_untracked().parse().ok(),
            window: Some(window),
            lookback: Some(lookback),
            ..WatchlistPair::new(name(y), name(x))
        });
    };
    let complaint = move |field: &'static str| {
        Signal::derive(move || {
            let own = missing
                .get()
                .filter(|(name, _)| *name == field)
                .map(|(_, why)| why);
            own.or_else(|| {
                list.refusal
                    .with(|refusal| refusal.as_ref().and_then(|error| error.about(field)))
            })
        })
    };
    let general = Signal::derive(move || {
        list.refusal
            .with(|refusal| {
                refusal
                    .as_ref()
                    .map(|error| error.besides(&["y", "x", "window", "lookback"]))
            })
            .flatten()
    });
    view! {
        <form class="form-line" aria-label="Follow a pair" novalidate on:submit=on_submit>
            <SymbolNames id="watch-symbols"/>
            <Field label="y" name="y" value=y list="watch-symbols" complaint=complaint("y")/>
            <Field label="x" name="x" value=x list="watch-symbols" complaint=complaint("x")/>
            <Choice label="Interval" name="interval" value=interval options=Interval::ALL.iter().map(|interval| (interval.as_str(), interval.as_str())).collect()/>
            <Choice label="Model" name="model" value=model options=models()/>
            <Field label="Window" name="window" value=window numeric=true complaint=complaint("window")/>
            <Field label="Lookback" name="lookback" value=lookback numeric=true complaint=complaint("lookback")/>
            <button type="submit" class="button primary" data-testid="watch-add" disabled=move || list.is_busy.get()>"Follow"</button>
            <Complaint text=general/>
        </form>
    }
}

/// Window and lookback of a form that says what it has to.
fn read_form(
    y: &str,
    x: &str,
    window: &str,
    lookback: &str,
) -> Result<(u32, u32), (&'static str, String)> {
    let symbol = "Type a symbol, as BTCUSDT.".to_owned();
    if y.trim().is_empty() {
        return Err(("y", symbol));
    }
    if x.trim().is_empty() {
        return Err(("x", symbol));
    }
    let whole = |text: &str, field| {
        text.trim()
            .parse::<u32>()
            .map_err(|_| (field, "Type a whole number.".to_owned()))
    };
    Ok((whole(window, "window")?, whole(lookback, "lookback")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_of_its_field() {
        assert_eq!(
            read_form("BTCUSDT", "ETHUSDT", "60", " 500 "),
            Ok((60, 500))
        );
        let field = |read: Result<_, (&'static str, String)>| read.unwrap_err().0;
        assert_eq!(field(read_form(" ", "ETHUSDT", "60", "500")), "y");
        assert_eq!(field(read_form("BTCUSDT", "", "60", "500")), "x");
        assert_eq!(
            field(read_form("BTCUSDT", "ETHUSDT", "sixty", "500")),
            "window"
        );
    }
}
