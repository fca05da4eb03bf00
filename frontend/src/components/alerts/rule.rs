//! One rule.

use api_types::AlertState;
use leptos::prelude::*;

use super::draft::Draft;
use crate::{
    components::icon::{Icon, Shape},
    edge::{address, clock},
    model::{alert, format, link},
    stores::{Stores, body_of},
};

/// Its pair and condition, its state and figure, a switch, and ways to change it.
#[component]
pub(super) fn Rule(
    /// Its id.
    id: i64,
    /// What is being written.
    draft: RwSignal<Option<Draft>>,
) -> impl IntoView {
    let stores = Stores::from_context();
    let alerts = stores.alerts;
    let rule = Memo::new(move |_| {
        alerts
            .rules
            .with(|rules| rules.iter().flatten().find(|rule| rule.id == id).cloned())
    });
    // A second click deletes: a rule is typed faster than it is missed.
    let is_sure = RwSignal::new(false);
    let name = move || rule.get().map(|rule| rule.name).unwrap_or_default();
    let state = move || {
        rule.get().map(|rule| {
            let status = rule.status;
            let since = status.since.map(|since| format!("since {}", clock::civil(since, stores.preferences.zone()).moment()));
            let (class, words) = if !rule.enabled {
                ("chip", "off")
            } else if status.silenced {
                ("chip warn", "waiting: feed stale")
            } else {
                (alert::state_class(status.state), status.state.as_str())
            };
            let under = status.problem.or_else(|| since.filter(|_| rule.enabled && status.state != AlertState::Normal));
            view! { <span class=class data-testid="rule-state">{words}</span><span class="under">{under}</span> }
        })
    };
    let figure =
        move || {
            rule.get().map(|rule| {
            let age = rule.status.value_time.map(|time| format::age(stores.now.get() - time));
            view! { {alert::figure(rule.kind, rule.status.value)}<span class="under">{age}</span> }
        })
        };
    let switch = move |_| {
        if let Some(rule) = rule.get_untracked() {
            let mut body = body_of(&rule);
            body.enabled = Some(!rule.enabled);
            alerts.save(Some(id), body, || {});
        }
    };
    let edit = move |_| {
        alerts.refusal.set(None);
        draft.set(rule.get_untracked().map(|rule| Draft::of_rule(&rule)));
    };
    let delete = move |_| {
        if is_sure.get_untracked() {
            alerts.delete(id);
        }
        is_sure.update(|sure| *sure = !*sure);
    };
    let pair = move || {
        rule.get().map(|rule| {
            let view = link::pair_view(&rule.pair);
            let words = format!("{} · {}", alert::pair_of(&rule.pair), interval_of(&rule));
            let open = view.clone();
            view! {
                <a class="quiet" href=address::query_of(&view) on:click=move |event| {
                    if !event.ctrl_key() && !event.meta_key() && !event.shift_key() {
                        event.prevent_default();
                        stores.view.set(open.clone());
                    }
                }>{words}</a>
                ", "
                {alert::condition(&rule)}
            }
        })
    };
    view! {
        <tr data-testid="rule" data-rule=id.to_string()>
            <th scope="row" class="words">
                <strong>{name}</strong>
                <span class="under">{pair}</span>
            </th>
            <td class="words">{state}</td>
            <td class="num" data-testid="rule-value">{figure}</td>
            <td>
                <input
                    type="checkbox"
                    role="switch"
                    class="switch"
                    data-testid="rule-on"
                    aria-label=move || format!("{} is evaluated", name())
                    prop:checked=move || rule.get().is_some_and(|rule| rule.enabled)
                    disabled=move || alerts.is_busy.get()
                    on:change=switch
                />
            </td>
            <td class="tail">
                <button type="button" class="button icon-button plain" data-testid="rule-edit" title="Change" aria-label=move || format!("Change {}", name()) on:click=edit>
                    <Icon shape=Shape::Pencil/>
                </button>
                <button
                    type="button"
                    class="button plain"
                    class:icon-button=move || !is_sure.get()
                    data-testid="rule-delete"
                    title="Delete"
                    aria-label=move || if is_sure.get() { format!("Yes, delete {}", name()) } else { format!("Delete {}", name()) }
                    disabled=move || alerts.is_busy.get()
                    on:click=delete
                    on:blur=move |_| is_sure.set(false)
                >
                    {move || if is_sure.get() { "Delete?".into_any() } else { view! { <Icon shape=Shape::Cross/> }.into_any() }}
                </button>
            </td>
        </tr>
    }
}

fn interval_of(rule: &api_types::AlertRule) -> String {
    let interval = alert::text_of(&rule.pair, "interval");
    if interval.is_empty() {
        "1m".to_owned()
    } else {
        interval
    }
}
