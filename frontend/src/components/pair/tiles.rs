//! The figures of the pair at a glance.

use api_types::{Model, Transform};
use leptos::prelude::*;

use super::{
    Side,
    figure_tile::{Figure, FigureTile, Mood},
    point::signed,
    price_tile::PriceTile,
};
use crate::{
    model::{format, pair::scale},
    stores::{PairStoreFields, Stores},
};

/// A figure of the open bar is older than this only if nothing arrives any more, ms.
const LIVELY_MS: i64 = 10_000;
/// Share of the threshold from which on z is near it.
const NEAR: f64 = 0.75;

/// Prices, spread, z, hedge ratio, verdict, half-life, correlation.
#[component]
pub(super) fn Tiles() -> impl IntoView {
    let stores = Stores::from_context();
    let summary = Memo::new(move |_| stores.pair.summary().get());
    // What the open bar moves is as old as the last news; without them, as the last bar.
    let lively = Memo::new(move |_| {
        let follows = stores.view.with(|view| view.pair.follows());
        let heard = stores.pair.heard_at().get();
        let bar = summary.with(|summary| summary.map(|summary| summary.time));
        if follows { heard } else { bar }
    });
    // The rest is of the last closed bar.
    let closed = Memo::new(move |_| {
        let follows = stores.view.with(|view| view.pair.follows());
        let bar = summary.with(|summary| summary.map(|summary| summary.time));
        let end = stores.pair.with(crate::stores::Pair::closed_at);
        if follows { end } else { bar }
    });
    let closed_lasts_ms = Memo::new(move |_| {
        stores
            .view
            .with(|view| 2 * view.pair.interval.ms() + LIVELY_MS)
    });

    let spread = Memo::new(move |_| {
        let summary = summary.get();
        let decimals = stores.view.with(|view| match view.pair.transform {
            Transform::Level => summary.map_or(2, |summary| scale::decimals_for(summary.y, 7)),
            Transform::Log => 6,
        });
        let unit = stores.view.with(|view| match view.pair.transform {
            Transform::Level => view.pair.y.short().to_owned(),
            Transform::Log => format!("ln {}", view.pair.y.short()),
        });
        Figure {
            value: signed(summary.and_then(|summary| summary.spread), decimals),
            detail: unit,
            of: lively.get(),
            lasts_ms: LIVELY_MS,
            ..Figure::default()
        }
    });
    let z = Memo::new(move |_| {
        let z = summary.with(|summary| summary.and_then(|summary| summary.z));
        let entry = stores.view.with(|view| view.pair.entry);
        let mood = match z.map(f64::abs) {
            Some(size) if size >= entry => Mood::Breach,
            Some(size) if size >= NEAR * entry => Mood::Near,
            _ => Mood::Calm,
        };
        Figure {
            value: signed(z, 2),
            detail: format!("entry ±{entry}"),
            mood,
            of: lively.get(),
            lasts_ms: LIVELY_MS,
        }
    });
    let beta = Memo::new(move |_| {
        let beta = stores.pair.fit().with(|fit| fit.as_ref()?.beta);
        let decimals = beta.map_or(2, |beta| scale::decimals_for(beta, 5));
        let error = stores.pair.fit().with(|fit| fit.as_ref()?.beta_se);
        let kind = stores.view.with(|view| {
            if view.pair.model == Model::Kalman {
                "sd"
            } else {
                "HAC se"
            }
        });
        let error = error.map_or_else(
            || "no standard error".to_owned(),
            |error| format!("± {} {kind}", format::price(error, decimals)),
        );
        Figure {
            value: beta.map_or_else(
                || format::UNKNOWN.to_owned(),
                |beta| format::price(beta, decimals),
            ),
            detail: error,
            of: closed.get(),
            lasts_ms: closed_lasts_ms.get(),
            ..Figure::default()
        }
    });
    let verdict = Memo::new(move |_| {
        let (cointegrated, p) = summary.with(|summary| {
            summary.map_or((None, None), |summary| {
                (summary.cointegrated, summary.p_value)
            })
        });
        let (words, mood) = match cointegrated {
            Some(true) => ("Yes", Mood::Good),
            Some(false) => ("No", Mood::Calm),
            None => (format::UNKNOWN, Mood::Calm),
        };
        Figure {
            value: words.to_owned(),
            detail: p.map_or_else(
                || "not computed".to_owned(),
                |p| format!("p {}", format::p_value(p)),
            ),
            mood,
            of: closed.get(),
            lasts_ms: closed_lasts_ms.get(),
        }
    });
    let half_life = Memo::new(move |_| {
        let found = stores.pair.tests().with(|tests| tests.as_ref()?.half_life);
        let bars = found.and_then(|found| found.bars);
        let time = found
            .and_then(|found| found.ms)
            .map(|ms| format::span(ms as i64));
        Figure {
            value: bars.map_or_else(|| format::UNKNOWN.to_owned(), |bars| format::price(bars, 1)),
            detail: time.map_or_else(
                || {
                    if found.is_some() {
                        "does not return"
                    } else {
                        "bars"
                    }
                    .to_owned()
                },
                |time| format!("bars · {time}"),
            ),
            of: closed.get(),
            lasts_ms: closed_lasts_ms.get(),
            ..Figure::default()
        }
    });
    let correlation = Memo::new(move |_| Figure {
        value: signed(
            summary.with(|summary| summary.and_then(|summary| summary.correlation)),
            3,
        ),
        detail: stores
            .view
            .with(|view| format!("{} bars", view.pair.window)),
        of: lively.get(),
        lasts_ms: LIVELY_MS,
        ..Figure::default()
    });
    view! {
        <section class="tiles" aria-label="Figures of the pair" data-testid="tiles">
            <PriceTile side=Side::Y/>
            <PriceTile side=Side::X/>
            <FigureTile label="Spread" testid="tile-spread" hint="y − α − β·x" figure=spread/>
            <FigureTile label="Z-score" testid="tile-z" hint="How many standard deviations the spread is from its mean" figure=z/>
            <FigureTile label="Hedge ratio" testid="tile-beta" hint="β in force after the last closed bar, and its standard error" figure=beta/>
            <FigureTile label="Cointegrated" testid="tile-p" hint="Engle-Granger, y on x, at 5 %" figure=verdict/>
            <FigureTile label="Half-life" testid="tile-half-life" hint="Bars in which half of a deviation is gone" figure=half_life/>
            <FigureTile label="Correlation" testid="tile-correlation" hint="Pearson's, over the window" figure=correlation/>
        </section>
    }
}
