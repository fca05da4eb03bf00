//! One followed pair.

use api_types::{Interval, WatchlistState};
use leptos::{ev::MouseEvent, prelude::*};

use super::figure::Figure;
use crate::{
    components::{
        icon::{Icon, Shape},
        line::on_link,
    },
    edge::address,
    model::{format, freshness, link, watch::WatchRow},
    stores::Stores,
};

/// A click opens the pair with the same parameters.
#[component]
pub(super) fn Row(
    /// What is known of it.
    row: ArcRwSignal<WatchRow>,
) -> impl IntoView {
    let stores = Stores::from_context();
    let row = RwSignal::from(row);
    let names =
        Memo::new(move |_| row.with(|row| row.legs().map(|(y, x)| (y.to_owned(), x.to_owned()))));
    let title = move || {
        names.get().map_or_else(
            || "Unreadable pair".to_owned(),
            |(y, x)| format!("{y} / {x}"),
        )
    };
    // Where there is little room a line ends after the stroke, and nowhere else.
    let two_lines = move || title().replacen(" /", "\u{a0}/", 1);
    let params = Memo::new(move |_| row.with(|row| row.params.clone()));
    let fitted = move || {
        params.get().map(|params| {
            format!(
                "{}\u{a0}·\u{a0}{}",
                params.interval,
                params.model.as_str().replace('_', "-")
            )
        })
    };
    let view = Memo::new(move |_| params.get().map(|params| link::pair_view(&params)));
    let href = move || view.get().map(|view| address::query_of(&view));
    let open = move || {
        if let Some(view) = view.get_untracked() {
            stores.open_pair(&view);
        }
    };
    let figures = move || row.with(|row| row.figures);
    let age = Memo::new(move |_| figures().map(|figures| stores.now.get() - figures.updated_at));
    let is_stale = Memo::new(move |_| {
        let state = row.with(|row| row.state);
        // A row of closed bars alone is as young as its last bar.
        let patience = params
            .get()
            .filter(|params| !params.open)
            .and_then(|params| params.interval.parse::<Interval>().ok());
        let patience = patience.map_or(0, Interval::ms);
        matches!(state, WatchlistState::Stale | WatchlistState::Error)
            || freshness::is_stale(age.get().map(|age| age - patience))
            || !stores.is_connected()
    });
    let note = Memo::new(move |_| {
        row.with(|row| {
            (row.state != WatchlistState::Ok).then(|| {
                (
                    state_name(row.state),
                    row.detail.clone().unwrap_or_default(),
                )
            })
        })
    });
    let z_class = Signal::derive(move || {
        if row.with(WatchRow::is_beyond) {
            "beyond"
        } else {
            ""
        }
    });
    let p_class =
        Signal::derive(
            move || match figures().and_then(|figures| figures.cointegrated) {
                Some(true) => "good",
                _ => "",
            },
        );
    let half_life = move || {
        figures()
            .and_then(|figures| figures.half_life_bars.zip(figures.half_life_ms))
            .map_or_else(
                || (format::UNKNOWN.to_owned(), String::new()),
                |(bars, ms)| {
                    (
                        format!("{} bars", format::price(bars, 1)),
                        format::age(ms as i64),
                    )
                },
            )
    };
    let age_text = move || {
        age.get()
            .map_or_else(|| format::UNKNOWN.to_owned(), format::age)
    };
    let remove = move |event: MouseEvent| {
        event.stop_propagation();
        row.with_untracked(|row| stores.watchlist.remove(row));
    };
    view! {
        <tr class="line" class:stale=is_stale data-testid="watch-row" data-pair=title on:click=move |_| open()>
            <th scope="row" class="words">
                <a href=href on:click=on_link(open)>{two_lines}</a>
                <span class="under">
                    {fitted}
                    {move || note.get().map(|(name, detail)| view! { <span class="note" title=detail.clone()>{name}<span class="sr-only">{format!(": {detail}")}</span></span> })}
                </span>
            </th>
            <Figure name="z" value=Signal::derive(move || figures()?.z) decimals=2 class=z_class/>
            <Figure name="spread" value=Signal::derive(move || figures()?.spread) decimals=5/>
            <Figure name="beta" value=Signal::derive(move || figures()?.beta) decimals=4/>
            <Figure name="p" value=Signal::derive(move || figures()?.p_value) decimals=4 class=p_class/>
            <td class="num" data-figure="halfLife">
                {move || half_life().0}
                <span class="under">{move || half_life().1}</span>
            </td>
            <Figure name="correlation" value=Signal::derive(move || figures()?.correlation) decimals=3/>
            <td class="num" data-figure="age"><span class="age" class:stale=is_stale>{age_text}</span></td>
            <td class="tail">
                <button
                    type="button"
                    class="button icon-button plain"
                    data-testid="watch-remove"
                    title="Remove from the watchlist"
                    aria-label=move || format!("Remove {}", title())
                    disabled=move || stores.watchlist.is_busy.get()
                    on:click=remove
                >
                    <Icon shape=Shape::Cross/>
                </button>
            </td>
        </tr>
    }
}

const fn state_name(state: WatchlistState) -> &'static str {
    match state {
        WatchlistState::Ok => "",
        WatchlistState::Waiting => "computing",
        WatchlistState::TooFewBars => "too few bars",
        WatchlistState::Stale => "stale",
        WatchlistState::Error => "failed",
    }
}
