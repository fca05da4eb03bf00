//! The analysis by request.

use std::time::Duration;

use api_types::{Fit, Model};
use leptos::{prelude::*, task::spawn_local};

use super::{Detail, Pair, PairKey, PairLoad, PairStoreFields};
use crate::{
    edge::api::{self, ApiError},
    model::{PairSeries, Span, TimeRange, backoff},
    stores::Stores,
};

/// Points asked for where the range has more.
const POINTS: u32 = 4_000;

/// Reads the analysis of what is on screen, with everything that the stream does not carry.
pub(super) fn load(stores: Stores, key: PairKey, attempt: u32) {
    spawn_local(async move {
        let path = format!(
            "{}{}{}&include=lines,stability",
            key.query,
            thinned(&key),
            open(&key)
        );
        let answer = api::pair(&path).await;
        if !is_wanted(stores, &key) {
            return;
        }
        match answer {
            Ok(answer) => stores.pair.update(|pair| {
                let streamed = pair.is_streamed.then(|| pair.clone());
                pair.take(&answer.analysis, answer.params, answer.as_of);
                pair.lines = answer.analysis.lines.unwrap_or_default();
                pair.stability = answer.analysis.stability.unwrap_or_default();
                // The stream has spoken meanwhile, of later moments.
                if let Some(streamed) = streamed {
                    *pair = Pair {
                        lines: std::mem::take(&mut pair.lines),
                        stability: std::mem::take(&mut pair.stability),
                        ..streamed
                    };
                }
            }),
            Err(error) => fail(stores, key, &error, attempt),
        }
    });
}

fn fail(stores: Stores, key: PairKey, error: &ApiError, attempt: u32) {
    let outcome = match error {
        ApiError::Refused(problem) if problem.status == 422 => PairLoad::TooFew {
            detail: problem.detail.clone(),
            counts: None,
        },
        ApiError::Refused(problem) if problem.status < 500 && problem.status != 429 => {
            PairLoad::Refused(problem.clone())
        }
        _ => PairLoad::Failed(error.to_string()),
    };
    let may_pass =
        error.may_pass() || (matches!(outcome, PairLoad::TooFew { .. }) && key.choice.follows());
    // What is on screen stays there while it is being tried again, if it is of this question.
    let is_on_screen = stores
        .pair
        .with_untracked(|pair| pair.load == PairLoad::Ready && pair.series.first().is_some());
    if !may_pass || !is_on_screen {
        stores.pair.update(|pair| pair.refuse(outcome));
    }
    if may_pass {
        let again = move || {
            if is_wanted(stores, &key) {
                load(stores, key, attempt + 1);
            }
        };
        let ms = backoff::delay_ms(attempt, js_sys::Math::random());
        set_timeout(again, Duration::from_millis(u64::from(ms.unsigned_abs())));
    }
}

/// Reads what the stream does not carry: the line of every model, and how steady they are.
pub(super) fn load_extras(stores: Stores) {
    let Some(key) = stores.pair.key().get_untracked() else {
        return;
    };
    spawn_local(async move {
        let path = format!("{}&points=50&include=lines,stability", key.query);
        let answer = api::pair(&path).await;
        if !is_wanted(stores, &key) {
            return;
        }
        // Those on screen stay where they cannot be had; the next bar asks again.
        if let Ok(answer) = answer {
            stores
                .pair
                .lines()
                .set(answer.analysis.lines.unwrap_or_default());
            stores
                .pair
                .stability()
                .set(answer.analysis.stability.unwrap_or_default());
        }
    });
}

/// Reads the points of `range` closer together, where those held were thinned out and the coefficients do not depend on the range.
pub(super) fn load_detail(stores: Stores, range: TimeRange) {
    let Some(key) = stores
        .pair
        .key()
        .get_untracked()
        .filter(|key| is_thinned(key) && !key.choice.follows())
    else {
        return;
    };
    let margin = range.span() / 2;
    let wide = TimeRange {
        from: range.from - margin,
        to: range.to + margin,
    };
    let mut choice = key.choice.clone();
    choice.span = Span::Between(wide);
    let Some(query) = stores.query_of(&choice) else {
        return;
    };
    spawn_local(async move {
        let answer = api::pair(&format!("{query}&points={POINTS}")).await;
        // Coarse points stay where finer ones cannot be had.
        if let (Ok(answer), true) = (answer, is_wanted(stores, &key)) {
            let series = PairSeries::of(&answer.analysis.series);
            stores.pair.detail().set(Some(Detail {
                range: wide,
                series,
            }));
        }
    });
}

/// Where more bars are asked for than can be drawn, the first answer is thinned out: the stream brings all of them, or a zoom those on screen.
/// Not where coefficients depend on the range that is asked for: finer points would be other numbers.
fn is_thinned(key: &PairKey) -> bool {
    let choice = &key.choice;
    let bars = match choice.span {
        Span::Last(limit) => i64::from(limit),
        Span::Between(range) => range.span() / choice.interval.ms().max(1),
    };
    let walks = choice.model != Model::Kalman && choice.effective_fit() == Fit::WalkForward;
    bars > i64::from(POINTS) && walks
}

fn thinned(key: &PairKey) -> String {
    if is_thinned(key) {
        format!("&points={POINTS}")
    } else {
        String::new()
    }
}

const fn open(key: &PairKey) -> &'static str {
    if key.choice.follows() {
        "&open=true"
    } else {
        ""
    }
}

fn is_wanted(stores: Stores, key: &PairKey) -> bool {
    stores
        .pair
        .key()
        .with_untracked(|wanted| wanted.as_ref() == Some(key))
}
