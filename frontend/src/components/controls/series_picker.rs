//! The series of a leg, found by typing.

use api_types::SymbolFeedState;
use leptos::{
    ev::{KeyboardEvent, keydown},
    html,
    prelude::*,
};
use leptos_use::{use_event_listener, use_window};

use crate::{
    components::{
        icon::{Icon, Shape},
        pair::Side,
    },
    edge::page,
    model::{Instrument, Source, search},
    stores::{FeedStoreFields, Stores, datasets_of},
};

/// A series that can be chosen.
#[derive(Clone, Debug, PartialEq)]
struct Candidate {
    /// As it stands in a link.
    name: String,
    /// What it is found by, in two parts.
    base: String,
    quote: String,
    /// Whether its trades arrive; none for an upload.
    feed: Option<SymbolFeedState>,
}

/// A text field with a list below it, after the combobox pattern of the ARIA authoring practices.
#[component]
pub(super) fn SeriesPicker(side: Side) -> impl IntoView {
    let stores = Stores::from_context();
    let input = NodeRef::<html::Input>::new();
    let query = RwSignal::new(None::<String>);
    let marked = RwSignal::new(0_usize);
    let is_open = move || query.with(Option::is_some);
    let leg = Memo::new(move |_| {
        stores
            .view
            .with(|view| view.pair.legs()[side.index()].clone())
    });
    let found = Memo::new(move |_| {
        let query = query.get().unwrap_or_default();
        let mut found: Vec<_> = candidates(stores, leg.get().source)
            .into_iter()
            .filter_map(|candidate| {
                Some((
                    search::rank(&format!("{}{}", candidate.base, candidate.quote), &query)?,
                    candidate,
                ))
            })
            .collect();
        found.sort_by_key(|(rank, _)| *rank);
        found
            .into_iter()
            .map(|(_, candidate)| candidate)
            .collect::<Vec<_>>()
    });
    let open = move || {
        query.set(Some(String::new()));
        marked.set(0);
        if let Some(input) = input.get_untracked() {
            input.select();
        }
    };
    let close = move || query.set(None);
    let choose = move |name: &str| {
        stores.choose(|pair| {
            let (leg, other) = match side {
                Side::Y => (&mut pair.y, &mut pair.x),
                Side::X => (&mut pair.x, &mut pair.y),
            };
            // A pair of a series with itself is none: choosing the other leg's series swaps them.
            if other.source == leg.source && other.name == name {
                other.name.clone_from(&leg.name);
            }
            name.clone_into(&mut leg.name);
        });
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
                    found
                        .get(marked.get_untracked())
                        .map(|candidate| candidate.name.clone())
                });
                if let Some(name) = chosen {
                    choose(&name);
                }
            }
            "Escape" if is_open() => close(),
            _ => return,
        }
        event.prevent_default();
    };
    let shortcut = match side {
        Side::Y => "/",
        Side::X => "Shift+/",
    };
    let _ = use_event_listener(use_window(), keydown, move |event| {
        let is_plain = !event.ctrl_key() && !event.meta_key() && !event.alt_key();
        let is_ours = match side {
            Side::Y => event.key() == "/",
            Side::X => event.key() == "?",
        };
        if is_ours && is_plain && !page::is_typing() {
            event.prevent_default();
            if let Some(input) = input.get_untracked() {
                let _ = input.focus();
            }
        }
    });
    let (label, list, testid) = match side {
        Side::Y => ("y, the dependent leg", "list-y", "leg-y"),
        Side::X => ("x, the hedge leg", "list-x", "leg-x"),
    };
    let option = move |(index, candidate): (usize, Candidate)| {
        let is_marked = move || marked.get() == index;
        let Candidate {
            name,
            base,
            quote,
            feed,
        } = candidate;
        view! {
            <li
                id=format!("{list}-{index}")
                class="option"
                class:marked=is_marked
                role="option"
                aria-selected=move || is_marked().to_string()
                // The list goes when the field loses the focus: before the click would arrive.
                on:mousedown=move |event| {
                    event.prevent_default();
                    choose(&name);
                }
                on:mousemove=move |_| marked.set(index)
            >
                <span>{base}<span class="quote">{quote}</span></span>
                {feed.map(|feed| view! { <span class=feed_class(feed)>{feed_name(feed)}</span> })}
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
                data-testid=testid
                aria-label=label
                aria-expanded=move || is_open().to_string()
                aria-controls=list
                aria-autocomplete="list"
                aria-activedescendant=move || (is_open() && found.with(|found| !found.is_empty())).then(|| format!("{list}-{}", marked.get()))
                aria-keyshortcuts=shortcut
                autocomplete="off"
                spellcheck="false"
                placeholder="Series"
                prop:value=move || query.get().filter(|query| !query.is_empty()).unwrap_or_else(|| leg.with(|leg| leg.short().to_owned()))
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
                <ul id=list class="options" role="listbox" aria-label=label>
                    {move || found.get().into_iter().enumerate().map(option).collect_view()}
                    <Show when=move || found.with(Vec::is_empty)>
                        <li class="option none">"Nothing of that name"</li>
                    </Show>
                </ul>
            </Show>
        </div>
    }
}

fn candidates(stores: Stores, source: Source) -> Vec<Candidate> {
    match source {
        Source::Live => stores.feed.symbols().with(|symbols| {
            let candidate = |info: &api_types::SymbolInfo| {
                let instrument = Instrument::from(info);
                let (base, quote) = instrument.parts();
                Candidate {
                    name: instrument.short_name(symbols),
                    base: base.to_owned(),
                    quote: quote.to_owned(),
                    feed: Some(info.feed),
                }
            };
            symbols.iter().map(candidate).collect()
        }),
        Source::Dataset(id) => {
            let names = stores.datasets.with(|datasets| datasets_of(datasets, id));
            let candidate = |name: String| Candidate {
                base: name.clone(),
                name,
                quote: String::new(),
                feed: None,
            };
            names.into_iter().map(candidate).collect()
        }
    }
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
