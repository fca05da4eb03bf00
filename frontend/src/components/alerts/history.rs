//! What rules have said.

use api_types::{AlertEvent, AlertEventKind, DeliveryState};
use leptos::prelude::*;

use crate::{
    components::icon::{Icon, Shape},
    edge::{api, clock},
    model::alert,
    stores::Stores,
};

/// The newest first, and the whole of it as a file.
#[component]
pub(super) fn History() -> impl IntoView {
    let stores = Stores::from_context();
    let alerts = stores.alerts;
    let is_empty = move || alerts.events.with(Vec::is_empty);
    // An event is stored once and for all, but for how far its delivery is.
    let key = |event: &AlertEvent| {
        (
            event.id,
            event.delivery.as_ref().map(|delivery| delivery.attempts),
        )
    };
    let csv = format!("{}?format=csv&limit=10000", api::alerts::EVENTS);
    view! {
        <section class="panel scroll" aria-labelledby="history-title">
            <div class="toolbar">
                <h2 id="history-title">"History"</h2>
                <div class="actions">
                    <a class="button" href=csv download data-testid="history-csv" title="All events as CSV" aria-label="All events as CSV">
                        <Icon shape=Shape::Download/>
                        <span>"CSV"</span>
                    </a>
                </div>
            </div>
            <div class="table-box" tabindex="0" role="region" aria-label="Alert history">
                <Show when=move || !is_empty()>
                    <table class="table" data-testid="history">
                        <thead>
                            <tr>
                                <th scope="col" class="words">"Time"</th>
                                <th scope="col" class="words">"Event"</th>
                                <th scope="col" class="words">"Rule"</th>
                                <th scope="col">"Value"</th>
                            </tr>
                        </thead>
                        <tbody>
                            <For each=move || alerts.events.get() key=key let(event)>
                                <Event event/>
                            </For>
                        </tbody>
                    </table>
                    <Show when=move || alerts.older.with(Option::is_some)>
                        <p class="more"><button type="button" class="button" on:click=move |_| alerts.read_older()>"Show older ones"</button></p>
                    </Show>
                </Show>
                <Show when=is_empty>
                    <div class="empty" role="status"><h3>"Nothing has happened yet"</h3><p>"What rules say is kept here."</p></div>
                </Show>
            </div>
        </section>
    }
}

#[component]
fn Event(event: AlertEvent) -> impl IntoView {
    let stores = Stores::from_context();
    let AlertEvent {
        id,
        time,
        kind,
        reason,
        rule_kind,
        value,
        level,
        ..
    } = event;
    let when = move || clock::civil(time, stores.preferences.zone()).moment();
    let (class, words) = match kind {
        AlertEventKind::Fired => ("chip bad", "fired"),
        AlertEventKind::Resolved => ("chip", "resolved"),
    };
    let provisional = event.provisional.then_some(", bar open");
    let delivery = event.delivery.map(|delivery| {
        let words = match delivery.state {
            DeliveryState::Pending => "webhook pending",
            DeliveryState::Delivered => "webhook delivered",
            DeliveryState::Failed => "webhook failed",
        };
        view! { <span class="note" title=delivery.error>{words}</span> }
    });
    view! {
        <tr data-testid="event" data-event=id.to_string()>
            <td class="num words">{when}</td>
            <td class="words"><span class=class>{words}</span><span class="under">{alert::reason(reason)}{provisional}</span></td>
            <th scope="row" class="words">{event.rule_name}<span class="under">{alert::pair_of(&event.pair)}{delivery}</span></th>
            <td class="num">
                {alert::figure(rule_kind, value)}
                <span class="under">{format!("level {}", alert::level(rule_kind, level))}</span>
            </td>
        </tr>
    }
}
