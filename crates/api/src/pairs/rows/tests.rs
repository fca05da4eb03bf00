//! Reading a part must give the rows that reading everything gives.

use super::*;
use crate::{pairs::Defaults, params::Params};

fn spec(rest: &str) -> PairSpec {
    let lookback = if rest.contains("in_sample") {
        ""
    } else {
        "lookback=30&"
    };
    let query = format!("y=A&x=B&limit=30&{lookback}window=5&baseline=exclusive&{rest}");
    let mut params = Params::of_text(&query, &PairSpec::NAMES);
    let spec = PairSpec::read(&mut params, Defaults::VIEW);
    assert!(params.finish().is_ok(), "{query}");
    spec.unwrap()
}

/// Minutes in which a leg trades, by chance.
fn leg(seed: u64, minutes: i64) -> LegBars {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut trades = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        !state.is_multiple_of(3)
    };
    let times: Vec<i64> = (0..minutes)
        .filter(|_| trades())
        .map(|t| t * 60_000)
        .collect();
    LegBars {
        closes: times.iter().map(|&t| t as f64 + 1.0).collect(),
        times_ms: times,
        has_older: false,
        has_newer: false,
        closed_until_ms: (minutes - 1) * 60_000,
    }
}

/// As a reader cuts it: the last `older` bars before the start (or of all, up to the end) and the first
/// `newer` from there on.
fn cut(all: &LegBars, spec: &PairSpec, older: usize, newer: usize) -> LegBars {
    let at = |time: i64| all.times_ms.partition_point(|&t| t < time);
    let end = spec.end_ms.map_or(all.times_ms.len(), |end| at(end + 1));
    let split = spec.start_ms.map_or(end, at);
    let from = split.saturating_sub(older);
    let to = (split + newer).min(end);
    LegBars {
        times_ms: all.times_ms[from..to].to_vec(),
        closes: all.closes[from..to].to_vec(),
        has_older: split - from >= older,
        has_newer: spec.start_ms.is_some() && to - split >= newer,
        closed_until_ms: all.closed_until_ms,
    }
}

#[test]
fn growing_reads_end_with_the_rows_of_everything_and_no_read_gives_others() {
    for rest in [
        "",
        "maxFill=2",
        "open=true",
        "maxFill=2&open=true",
        "startTime=6000000",
        "startTime=6000000&maxFill=3&open=true",
        "startTime=16800000&open=true",
        "endTime=9000000",
        "endTime=9000000&maxFill=1&open=true",
        "startTime=6000000&endTime=9000000&maxFill=1",
        "startTime=90000000",
        "startTime=0",
        "fit=in_sample",
        "fit=in_sample&fitTime=9000000",
        "fit=in_sample&fitTime=0",
        "fit=in_sample&fitTime=9000000&startTime=6000000",
    ] {
        let spec = spec(rest);
        for seed in 1..40 {
            let (y, x) = (leg(seed, 300), leg(seed + 1_000, 300));
            let whole = Rows::join(&spec, &y, &x, true).unwrap().unwrap();
            let mut answers = 0;
            for bars in [1, 2, 3, 5, 10, 30, 60, 100, 150, 200, 300] {
                let (y, x) = (cut(&y, &spec, bars, bars), cut(&x, &spec, bars, bars));
                if let Some(rows) = Rows::join(&spec, &y, &x, false).unwrap() {
                    assert_eq!(rows, whole, "{rest}, seed {seed}, {bars} bars");
                    answers += 1;
                }
            }
            assert!(answers > 0, "{rest}, seed {seed}");
        }
    }
}

#[test]
fn rows_are_closed_up_to_the_leg_that_is_behind_and_the_newest_open_one_is_provisional() {
    let full = |closed_until_ms| LegBars {
        times_ms: (0..100).map(|t| t * 60_000).collect(),
        closes: (0..100).map(f64::from).collect(),
        closed_until_ms,
        ..LegBars::default()
    };
    let (y, x) = (full(98 * 60_000), full(97 * 60_000 + 59_999));
    for (rest, closed, rows) in [("", 30, 30), ("open=true", 30, 31)] {
        let rows_of = Rows::join(&spec(rest), &y, &x, true).unwrap().unwrap();
        assert_eq!(
            (
                rows_of.closed - rows_of.warmup,
                rows_of.times_ms.len() - rows_of.warmup
            ),
            (closed, rows)
        );
        assert_eq!(rows_of.times_ms[rows_of.closed - 1], 96 * 60_000, "{rest}");
        if rows > closed {
            assert_eq!(rows_of.times_ms[rows_of.closed], 99 * 60_000);
        }
    }
}

#[test]
fn filled_and_dropped_are_counted_over_what_is_shown() {
    let at = |minutes: &[i64]| LegBars {
        times_ms: minutes.iter().map(|t| t * 60_000).collect(),
        closes: minutes.iter().map(|&t| t as f64).collect(),
        closed_until_ms: i64::MAX,
        ..LegBars::default()
    };
    let all: Vec<i64> = (0..100).collect();
    let some: Vec<i64> = all
        .iter()
        .copied()
        .filter(|t| ![10, 80, 90, 91].contains(t))
        .collect();
    let spec = spec("maxFill=1");
    let rows = Rows::join(&spec, &at(&all), &at(&some), true)
        .unwrap()
        .unwrap();
    let counted = rows.alignment;
    assert_eq!(
        (counted.joined, counted.filled, counted.dropped),
        (28, 2, 1)
    );
    assert_eq!(counted.filled_share, 2.0 / 30.0);
    assert_eq!(rows.times_ms[rows.warmup], 69 * 60_000);
}
