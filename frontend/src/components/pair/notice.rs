//! Why there is no analysis, once and in words.

use leptos::prelude::*;

use crate::stores::{Catalogue, FeedStoreFields, PairLoad, PairStoreFields, Stores};

const NO_FEED: &str = "The feed has not started. This page goes on by itself as soon as it does.";
const NO_SERIES: &str =
    "The upload is gone, or it has one series only. Choose another source or another series.";

#[derive(Clone, PartialEq)]
struct Words {
    title: String,
    details: Vec<String>,
    /// Bars there are and bars it takes.
    progress: Option<(u32, u32)>,
}

/// Above the charts, while there is something to say.
#[component]
pub(super) fn Notice() -> impl IntoView {
    let stores = Stores::from_context();
    let words = Memo::new(move |_| words(stores));
    move || {
        words.get().map(|words| {
            let progress = words.progress.map(|(got, needed)| {
                view! {
                    <p class="notice-progress">
                        <progress max=needed.to_string() prop:value=f64::from(got) aria-label="Bars"></progress>
                        <span class="num">{format!("{got} of {needed} bars")}</span>
                    </p>
                }
            });
            let details = words.details.into_iter().map(|detail| view! { <p>{detail}</p> });
            view! {
                <section class="notice" role="status" data-testid="notice">
                    <h2>{words.title}</h2>
                    {details.collect_view()}
                    {progress}
                </section>
            }
        })
    }
}

fn words(stores: Stores) -> Option<Words> {
    let say = |title: &str, details: Vec<String>| {
        Some(Words {
            title: title.to_owned(),
            details,
            progress: None,
        })
    };
    if stores.pair.key().with(Option::is_none) {
        return without_legs(stores, say);
    }
    match stores.pair.load().get() {
        PairLoad::Loading | PairLoad::Ready => None,
        PairLoad::TooFew { detail, counts } => Some(Words {
            title: "Too few bars".to_owned(),
            details: vec![detail, "Choose more bars or a shorter interval, lookback or window; a live pair fills up by itself.".to_owned()],
            progress: counts,
        }),
        PairLoad::Refused(problem) if problem.errors.is_empty() => say(&problem.title, vec![problem.detail]),
        PairLoad::Refused(problem) => {
            let each = problem.errors.iter().map(|error| format!("{}: {}", error.field, error.detail));
            say(&problem.title, each.collect())
        }
        PairLoad::Failed(reason) => say("The analysis could not be read", vec![format!("{reason}. It is being tried again.")]),
    }
}

fn without_legs(stores: Stores, say: impl Fn(&str, Vec<String>) -> Option<Words>) -> Option<Words> {
    match stores.feed.catalogue().get() {
        Catalogue::Loading => None,
        Catalogue::Failed(reason) => say(
            "No connection",
            vec![format!(
                "The symbols could not be read: {reason}. It is being tried again."
            )],
        ),
        Catalogue::Ready => {
            let pair = stores.view.with(|view| view.pair.clone());
            let found = stores.legs.get();
            let missing: Vec<_> = found
                .iter()
                .zip(pair.legs())
                .filter(|(found, _)| found.is_none())
                .map(|(_, leg)| leg)
                .collect();
            if let Some(leg) = missing.iter().find(|leg| leg.name.is_empty()) {
                return if leg.source.is_live() {
                    say("No symbol yet", vec![NO_FEED.to_owned()])
                } else {
                    say("No series to show", vec![NO_SERIES.to_owned()])
                };
            }
            let each = missing
                .iter()
                .map(|leg| format!("There is no {} here. Choose another symbol.", leg.name));
            say("Unknown symbol", each.collect())
        }
    }
}
