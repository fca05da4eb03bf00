//! The two orders of a position against the spread as it is now.

use std::time::Duration;

use api_types::{OrderAction, TicketData, TicketLeg};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    components::icon::{Icon, Shape},
    edge::{api, download},
    model::{csv, format, view::LEAST_NOTIONAL},
    stores::{PairLoad, PairStoreFields, Stores},
};

const USUAL_NOTIONAL: f64 = 10_000.0;
/// Numbers are typed digit by digit, and several bars may close at once.
const PATIENCE: Duration = Duration::from_millis(300);

/// Quantities in the exchange's steps, and the expected return of the spread against the costs of the way there and back. Folded up
/// until somebody wants it: not every pair can be traded now, and who only looks need not be told.
#[component]
pub(super) fn Ticket() -> impl IntoView {
    let stores = Stores::from_context();
    let notional = Memo::new(move |_| stores.view.with(|view| view.notional));
    let is_open = Memo::new(move |_| notional.get().is_some());
    let found = RwSignal::new(None::<Result<TicketData, String>>);
    // What it is made of: the pair, its last closed bar, and the notional.
    let question = Memo::new(move |_| {
        let is_ready = stores.pair.load().with(|load| *load == PairLoad::Ready);
        let query = stores
            .pair
            .key()
            .with(|key| Some(key.as_ref()?.query.clone()));
        let closed = stores
            .pair
            .series()
            .with(|series| series.last_closed().map(|point| point.time));
        Some((query.filter(|_| is_ready)?, closed?, notional.get()?))
    });
    Effect::new(move |_| {
        let Some(wanted) = question.get() else {
            found.set(None);
            return;
        };
        let ask = move || {
            // Who has left meanwhile wants no answer.
            if question.try_get_untracked().flatten().as_ref() != Some(&wanted) {
                return;
            }
            spawn_local(async move {
                let (query, _, notional) = &wanted;
                let answer = api::ticket(query, *notional).await;
                if question.try_get_untracked().flatten().as_ref() == Some(&wanted) {
                    let answer = answer.map(|answer| answer.ticket);
                    found.set(Some(answer.map_err(|error| error.to_string())));
                }
            });
        };
        set_timeout(ask, PATIENCE);
    });
    let set = move |notional: Option<f64>| stores.view.update(|view| view.notional = notional);
    let take = move |text: String| {
        let number = text.trim().parse().ok();
        if let Some(number) = number.filter(|number: &f64| *number >= LEAST_NOTIONAL) {
            set(Some(number));
        }
    };
    // The browser folds and unfolds by itself, and tells it when the page has done so, too.
    let folded = move |event: web_sys::Event| {
        let is_unfolded = event_target::<web_sys::Element>(&event).has_attribute("open");
        if is_unfolded != is_open.get_untracked() {
            set(is_unfolded.then_some(USUAL_NOTIONAL));
        }
    };
    let save = move |_| {
        if let Some(Ok(ticket)) = found.get_untracked() {
            let name = format!("{}-ticket.csv", stores.file_stem(None));
            download::save(&name, "text/csv", &file(&ticket));
        }
    };
    let rows = move || match found.get() {
        None => ().into_any(),
        Some(Err(reason)) => {
            view! { <p class="ctl-note" role="status" data-testid="ticket-refusal">{reason}</p> }
                .into_any()
        }
        Some(Ok(ticket)) => view! { <Orders ticket/> }.into_any(),
    };
    view! {
        <details class="panel" data-panel="ticket" prop:open=is_open on:toggle=folded>
            <summary class="panel-head"><h2 class="panel-title">"Trade ticket"</h2></summary>
            <div class="ticket-form">
                <label class="ctl">
                    <span class="ctl-name">"Notional of both legs"</span>
                    <input
                        class="ctl-input num"
                        type="number"
                        inputmode="decimal"
                        min=LEAST_NOTIONAL
                        step="any"
                        data-field="notional"
                        prop:value=move || notional.get().unwrap_or(USUAL_NOTIONAL).to_string()
                        on:change=move |event| take(event_target_value(&event))
                    />
                </label>
                <button
                    type="button"
                    class="button icon-button"
                    data-testid="ticket-csv"
                    title="Trade ticket: the orders as CSV"
                    aria-label="Trade ticket: the orders as CSV"
                    disabled=move || !matches!(found.get(), Some(Ok(_)))
                    on:click=save
                >
                    <Icon shape=Shape::Download/>
                </button>
            </div>
            {rows}
        </details>
    }
}

/// An order a line.
fn file(ticket: &TicketData) -> String {
    let line = |leg: &TicketLeg| {
        [
            csv::words(&leg.symbol),
            leg.action.to_string(),
            leg.quantity.to_string(),
            leg.price.to_string(),
            leg.notional.to_string(),
        ]
    };
    csv::table(
        ["symbol", "action", "quantity", "price", "notional"],
        [line(&ticket.y), line(&ticket.x)],
    )
}

#[component]
fn Orders(ticket: TicketData) -> impl IntoView {
    let order = |leg: &TicketLeg| {
        let action = match leg.action {
            OrderAction::Buy => "Buy",
            OrderAction::Sell => "Sell",
        };
        let step = leg.step.map_or_else(
            || "step not known".to_owned(),
            |step| format!("step {}", format::price(step, format::decimals(step))),
        );
        let quantity = format::price(leg.quantity, leg.step.map_or(6, format::decimals));
        let short = leg.symbol.rsplit(':').next().unwrap_or_default().to_owned();
        view! {
            <tr data-testid="order">
                <th scope="row" class="words">{action}" "{short}<span class="under">{step}</span></th>
                <td class="num" data-testid="quantity">{quantity}<span class="under">{format::price(leg.notional, 2)}</span></td>
            </tr>
        }
    };
    let bps = |value: f64| format!("{} bp", format::signed(value, 1));
    let is_worth_it = ticket.edge_bps > 0.0;
    let is_not = !is_worth_it;
    view! {
        <table class="table figures" data-testid="ticket">
            <tbody>
                {order(&ticket.y)}
                {order(&ticket.x)}
                <tr>
                    <th scope="row" class="words">"Return of z to the exit"</th>
                    <td class="num" data-testid="reversion">{bps(ticket.reversion_bps)}</td>
                </tr>
                <tr>
                    <th scope="row" class="words">"Round-trip costs"</th>
                    <td class="num" data-testid="cost">{bps(-ticket.cost_bps)}</td>
                </tr>
                <tr>
                    <th scope="row" class="words">"Edge after costs"</th>
                    <td class="num" class:good=is_worth_it class:bad=is_not data-testid="edge">{bps(ticket.edge_bps)}</td>
                </tr>
            </tbody>
        </table>
        <p class="ctl-note">
            "If z returns to the exit at these coefficients, which nothing promises; β of the rounded quantities "
            <span class="num">{format::price(ticket.rounded_beta, 5)}</span> "."
        </p>
    }
}
