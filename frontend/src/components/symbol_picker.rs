//! The symbol on screen, found by typing.

use api_types::{SymbolFeedState, SymbolInfo};
use leptos::{
    ev::{KeyboardEvent, keydown},
    html,
    prelude::*,
};
use leptos_use::{use_event_listener, use_window};

use super::icon::{Icon, Shape};
use crate::{
    edge::page,
    model::{Instrument, search},
    stores::{FeedStoreFields, Stores},
};

/// A text field with a list below it, after the combobox pattern of the ARIA authoring practices.
#[component]
pub(super) fn SymbolPicker() -> impl IntoView {
    let stores = Stores::from_context();
    let input = NodeRef::<html::Input>::new();
    let query = RwSignal::new(None::<String>);
    let marked = RwSignal::new(0_usize);
    let is_open = move || query.with(Option::is_some);
    let name = Memo::new(move |_| {
        stores
            .instrument
            .get()
            .map_or_else(String::new, |instrument| instrument.symbol)
    });
    let found = Memo::new(move |_| {
        let query = query.get().unwrap_or_default();
        stores.feed.symbols().with(|symbols| find(symbols, &query))
    });
    let open = move || {
        query.set(Some(String::new()));
        marked.set(0);
        if let Some(input) = input.get_untracked() {
            input.select();
        }
    };
    let close = move || query.set(None);
    let choose = move |instrument: &Instrument| {
        stores.show_instrument(instrument);
        close();
        if let Some(input) = input.get_untracked() {
            let _ = input.blur();
        }
    };
    let on_key = move |event: KeyboardEvent| {
        let count = found.with_untracked(Vec::len);
        match event.key().as_str() {
            "ArrowDown" | "ArrowUp" if !is_open() => open(),
            "ArrowDown" if count > 0 => {
                marked.update(|marked| *marked = (*marked + 1) % count);
            }
            "ArrowUp" if count > 0 => {
                marked.update(|marked| *marked = (*marked + count - 1) % count);
            }
            "Enter" if is_open() => {
                let chosen = found.with_untracked(|found| {
                    found.get(marked.get_untracked()).map(Instrument::from)
                });
                if let Some(instrument) = chosen {
                    choose(&instrument);
                }
            }
            "Escape" if is_open() => close(),
            _ => return,
        }
        event.prevent_default();
    };
    let _ = use_event_listener(use_window(), keydown, move |event| {
        let is_plain = !event.ctrl_key() && !event.meta_key() && !event.alt_key();
        if event.key() == "/" && is_plain && !page::is_typing() {
            event.prevent_default();
            if let Some(input) = input.get_untracked() {
                let _ = input.focus();
            }
        }
    });
    let option = move |(index, info): (usize, SymbolInfo)| {
        let instrument = Instrument::from(&info);
        let (base, quote) = instrument.parts();
        let (base, quote) = (base.to_owned(), quote.to_owned());
        let is_marked = move || marked.get() == index;
        view! {
            <li
                id=format!("symbol-{index}")
                class="option"
                class:marked=is_marked
                role="option"
                aria-selected=move || is_marked().to_string()
                // The list goes when the field loses the focus: before the click would arrive.
                on:mousedown=move |event| {
                    event.prevent_default();
                    choose(&instrument);
                }
                on:mousemove=move |_| marked.set(index)
            >
                <span>{base}<span class="quote">{quote}</span></span>
                <span class=feed_class(info.feed)>{feed_name(info.feed)}</span>
            </li>
        }
    };
    view! {
        <div class="picker" class:open=is_open>
            <Icon shape=Shape::Search/>
            <input
                node_ref=input
                class="picker-input"
                type="text"
                role="combobox"
                data-testid="symbol"
                aria-label="Symbol"
                aria-expanded=move || is_open().to_string()
                aria-controls="symbols"
                aria-autocomplete="list"
                aria-activedescendant=move || is_open().then(|| format!("symbol-{}", marked.get()))
                aria-keyshortcuts="/"
                autocomplete="off"
                spellcheck="false"
                placeholder="Symbol"
                prop:value=move || query.get().filter(|query| !query.is_empty()).unwrap_or_else(|| name.get())
                on:focus=move |_| open()
                on:click=move |_| if !is_open() { open() }
                on:blur=move |_| close()
                on:input=move |event| {
                    query.set(Some(event_target_value(&event)));
                    marked.set(0);
                }
                on:keydown=on_key
            />
            <Icon shape=Shape::Chevron/>
            <Show when=is_open>
                <ul id="symbols" class="options" role="listbox" aria-label="Symbols">
                    {move || found.get().into_iter().enumerate().map(option).collect_view()}
                    <Show when=move || found.with(Vec::is_empty)>
                        <li class="option none">"No symbol of that name"</li>
                    </Show>
                </ul>
            </Show>
        </div>
    }
}

fn find(symbols: &[SymbolInfo], query: &str) -> Vec<SymbolInfo> {
    let mut found: Vec<_> = symbols
        .iter()
        .filter_map(|info| Some((search::rank(&info.symbol, query)?, info)))
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, info)| info.clone()).collect()
}

const fn feed_name(feed: SymbolFeedState) -> &'static str {
    match feed {
        SymbolFeedState::Live => "live",
        SymbolFeedState::Stale => "stale",
        SymbolFeedState::Waiting => "waiting",
        SymbolFeedState::Off => "off",
    }
}

const fn feed_class(feed: SymbolFeedState) -> &'static str {
    match feed {
        SymbolFeedState::Live => "option-state good",
        SymbolFeedState::Stale => "option-state warn",
        SymbolFeedState::Waiting | SymbolFeedState::Off => "option-state",
    }
}
