//! A scan says of each pair what the functions for one pair say, whatever order and threads it goes by.

#![expect(
    clippy::unwrap_used,
    reason = "what a test does not expect is its failure"
)]

use std::num::NonZeroUsize;

use analytics::align::{Closes, Join, align};
use analytics::cointegration::{EngleGrangerOptions, benjamini_hochberg, engle_granger_both};
use analytics::mean_reversion::{half_life, hurst};
use analytics::scan::{PairFigures, Scan, ScanParams, scan};
use analytics::{
    Degeneracy, Error, Hedge, Lookback, PairParams, Progress, Transform, Window, ZScore, analyse,
    ols,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const MINUTE_MS: i64 = 60_000;

/// A series that begins at minutes of its own.
#[derive(Clone)]
struct Series {
    times_ms: Vec<i64>,
    closes: Vec<f64>,
}

impl Series {
    fn closes(&self) -> Closes<'_> {
        Closes {
            times_ms: &self.times_ms,
            closes: &self.closes,
        }
    }
}

/// A standard normal value (Box & Muller 1958).
fn normal(random: &mut StdRng) -> f64 {
    let (u, v): (f64, f64) = (random.random(), random.random());
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

fn walk(random: &mut StdRng, n: usize) -> Vec<f64> {
    let mut log = 3.0;
    let mut step = || {
        log += 0.01 * normal(random);
        f64::exp(log)
    };
    (0..n).map(|_| step()).collect()
}

/// Follows `x` at a distance that fades within some ten bars.
fn follower(random: &mut StdRng, x: &[f64]) -> Vec<f64> {
    let mut apart = 0.0;
    let mut at = |x: f64| {
        apart = 0.9 * apart + 0.01 * normal(random);
        f64::exp(1.0 + 0.7 * x.ln() + apart)
    };
    x.iter().map(|&x| at(x)).collect()
}

fn every_minute(closes: Vec<f64>) -> Series {
    let times_ms = (0..).map(|t| t * MINUTE_MS).take(closes.len()).collect();
    Series { times_ms, closes }
}

/// Without every bar that chance takes.
fn with_holes(random: &mut StdRng, series: &Series, share: f64) -> Series {
    let bars = series.times_ms.iter().zip(&series.closes);
    let kept = bars.filter(|_| random.random::<f64>() >= share);
    let (times_ms, closes) = kept.map(|(&time, &close)| (time, close)).unzip();
    Series { times_ms, closes }
}

fn run(symbols: &[Series], params: &ScanParams, threads: usize) -> Scan {
    let closes: Vec<Closes<'_>> = symbols.iter().map(Series::closes).collect();
    let threads = NonZeroUsize::new(threads).unwrap();
    scan(&closes, params, threads, &Progress::default()).expect("nobody cancels it")
}

fn close(ours: f64, theirs: f64, tolerance: f64) -> bool {
    (ours - theirs).abs() <= tolerance * theirs.abs().max(1.0)
}

/// Everything that is said of a pair, computed by the functions for one pair.
fn assert_is_of(found: &PairFigures, symbols: &[Series], params: &ScanParams) {
    let (y, x) = (symbols[found.y].closes(), symbols[found.x].closes());
    let rows = align(y, x, params.join).unwrap();
    let first = rows.times_ms.partition_point(|&t| t < params.from_ms);
    let logs = |closes: &[f64]| -> Vec<f64> { closes.iter().map(|c| c.ln()).collect() };
    let (y, x) = (logs(&rows.y[first..]), logs(&rows.x[first..]));
    let both = engle_granger_both(&y, &x, EngleGrangerOptions::default()).unwrap();
    let (forth, back) = (both.y_on_x.unwrap(), both.x_on_y.unwrap());
    assert!(close(found.p_y_on_x, forth.p_value, 1e-12));
    assert!(close(found.p_x_on_y, back.p_value, 1e-12));
    assert!(found.p_y_on_x <= found.p_x_on_y);
    assert!(close(found.p_pair, both.pair_p_value().unwrap(), 1e-12));
    assert!(close(found.statistic, forth.statistic, 1e-9));
    let line = ols(&y, &x).unwrap().line;
    assert!(close(found.beta, line.beta, 1e-10));
    let residuals: Vec<f64> = y
        .iter()
        .zip(&x)
        .map(|(y, x)| line.residual(*y, *x))
        .collect();
    let (ours, theirs) = (found.half_life_bars, half_life(&residuals).unwrap().bars);
    assert_eq!(ours.is_some(), theirs.is_some());
    assert!(ours.zip(theirs).is_none_or(|(a, b)| close(a, b, 1e-7)));
    assert!(close(
        found.hurst.unwrap(),
        hurst(&residuals).unwrap(),
        1e-8
    ));

    let returns = |logs: &[f64]| -> Vec<f64> { logs.windows(2).map(|w| w[1] - w[0]).collect() };
    let (dy, dx) = (returns(&y), returns(&x));
    let correlation = {
        let fit = ols(&dy, &dx).unwrap();
        fit.r2.unwrap().sqrt() * fit.line.beta.signum()
    };
    assert!(close(found.correlation.unwrap(), correlation, 1e-9));

    let hedge = Hedge::WalkForward {
        estimator: analytics::Estimator::Ols,
        lookback: params.lookback,
    };
    let z = ZScore::Rolling {
        window: params.window,
        baseline: Default::default(),
    };
    let pair = PairParams::new(Transform::Log, hedge, z).unwrap();
    let view = analyse(&rows.y, &rows.x, &pair).unwrap();
    let z = view.z.last().copied().flatten();
    assert_eq!(found.z.is_some(), z.is_some());
    assert!(
        found.z.zip(z).is_none_or(|(a, b)| close(a, b, 1e-9)),
        "{:?} {z:?}",
        found.z
    );

    assert_eq!(found.last_ms, *rows.times_ms.last().unwrap());
    assert_eq!(found.observations, y.len());
    if params.from_ms == i64::MIN {
        assert_eq!(found.filled, rows.filled);
    }
}

fn universe(random: &mut StdRng, n: usize) -> Vec<Series> {
    let x = walk(random, n);
    let y = follower(random, &x);
    let mut all: Vec<Series> = [x, y].into_iter().map(every_minute).collect();
    all.extend((0..3).map(|_| every_minute(walk(random, n))));
    for share in [0.1, 0.4] {
        let whole = every_minute(walk(random, n));
        all.push(with_holes(random, &whole, share));
    }
    all
}

#[test]
fn a_pair_is_told_what_the_functions_for_one_pair_say_with_and_without_holes() {
    let mut random = StdRng::seed_from_u64(1);
    let symbols = universe(&mut random, 900);
    for max_fill in [0, 3] {
        let join = Join {
            bucket_ms: MINUTE_MS,
            max_fill,
        };
        for from_ms in [i64::MIN, 500 * MINUTE_MS] {
            let params = ScanParams {
                join,
                from_ms,
                lookback: Lookback::new(200).unwrap(),
                window: Window::new(40).unwrap(),
                ..ScanParams::minutes()
            };
            let found = run(&symbols, &params, 2);
            assert_eq!(found.pairs.len(), 21);
            assert!(found.failures.is_empty());
            for pair in &found.pairs {
                assert_is_of(pair, &symbols, &params);
            }
            assert!(found.pairs.iter().all(|pair| pair.z.is_some()));
            let filled = found.pairs.iter().any(|pair| pair.filled > 0);
            assert_eq!(filled, max_fill > 0);
            let best = &found.pairs[0];
            assert_eq!((best.y.min(best.x), best.y.max(best.x)), (0, 1));
        }
    }
}

#[test]
fn q_is_benjamini_hochbergs_over_all_pairs_and_neither_threads_nor_order_matter() {
    let mut random = StdRng::seed_from_u64(2);
    let symbols = universe(&mut random, 400);
    let one = run(&symbols, &ScanParams::minutes(), 1);
    let p: Vec<f64> = one.pairs.iter().map(|pair| pair.p_pair).collect();
    assert!(p.is_sorted());
    let q: Vec<f64> = one.pairs.iter().map(|pair| pair.q).collect();
    assert_eq!(q, benjamini_hochberg(&p).unwrap());
    for threads in [2, 5] {
        assert_eq!(run(&symbols, &ScanParams::minutes(), threads), one);
    }
    let reversed: Vec<Series> = symbols.iter().rev().cloned().collect();
    let mut back = run(&reversed, &ScanParams::minutes(), 2);
    for pair in &mut back.pairs {
        (pair.y, pair.x) = (symbols.len() - 1 - pair.y, symbols.len() - 1 - pair.x);
    }
    for (ours, theirs) in back.pairs.iter().zip(&one.pairs) {
        assert_eq!((ours.y, ours.x), (theirs.y, theirs.x));
        assert!(close(ours.q, theirs.q, 1e-12));
    }
}

#[test]
fn what_cannot_be_tested_is_told_with_its_reason_and_is_no_test() {
    let mut random = StdRng::seed_from_u64(3);
    let whole = walk(&mut random, 300);
    let twice: Vec<f64> = whole.iter().map(|close| 2.0 * close).collect();
    let mut zero = walk(&mut random, 300);
    zero[17] = 0.0;
    let late = Series {
        times_ms: (1_000..1_300).map(|t| t * MINUTE_MS).collect(),
        closes: walk(&mut random, 300),
    };
    let mut symbols: Vec<Series> = [whole, twice, vec![5.0; 300], zero]
        .into_iter()
        .map(every_minute)
        .collect();
    symbols.push(late);
    symbols.push(every_minute(walk(&mut random, 300)));
    let found = run(&symbols, &ScanParams::minutes(), 2);
    assert_eq!(found.pairs.len() + found.failures.len(), 15);
    // Those of 0, 1 and 5, but for 0 with 1, which are one series.
    assert_eq!(found.pairs.len(), 2);
    let why = |y, x| {
        let failure = found.failures.iter().find(|f| (f.y, f.x) == (y, x));
        failure.map(|failure| (failure.symbol, failure.error))
    };
    assert_eq!(why(0, 1), Some((None, Degeneracy::Collinear.into())));
    let flat = Degeneracy::Constant("the series of closes").into();
    assert_eq!(why(0, 2), Some((Some(2), flat)));
    assert_eq!(why(2, 3), Some((Some(2), flat)));
    let zero = Error::NotPositive {
        series: "the series of closes",
        index: 17,
    };
    assert_eq!(why(1, 3), Some((Some(3), zero)));
    let nothing = Error::TooFew { needed: 3, got: 0 };
    assert_eq!(why(0, 4), Some((None, nothing)));
    let p: Vec<f64> = found.pairs.iter().map(|pair| pair.p_pair).collect();
    let q: Vec<f64> = found.pairs.iter().map(|pair| pair.q).collect();
    assert_eq!(q, benjamini_hochberg(&p).unwrap());
}

#[test]
fn progress_counts_pairs_and_a_cancelled_scan_has_no_outcome() {
    let mut random = StdRng::seed_from_u64(4);
    let symbols = universe(&mut random, 400);
    let closes: Vec<Closes<'_>> = symbols.iter().map(Series::closes).collect();
    let progress = Progress::default();
    let two = NonZeroUsize::new(2).unwrap();
    assert!(scan(&closes, &ScanParams::minutes(), two, &progress).is_some());
    assert_eq!((progress.done(), progress.total()), (21, 21));

    let many: Vec<Closes<'_>> = closes.iter().cycle().take(300).copied().collect();
    let progress = Progress::default();
    std::thread::scope(|scope| {
        let scanning = scope.spawn(|| scan(&many, &ScanParams::minutes(), two, &progress));
        while progress.done() == 0 {
            std::thread::yield_now();
        }
        progress.cancel();
        assert_eq!(scanning.join().unwrap(), None);
    });
    assert!(progress.done() < progress.total());
    assert_eq!(scan(&closes, &ScanParams::minutes(), two, &progress), None);
}

#[test]
fn nothing_to_pair_is_an_empty_outcome() {
    let mut random = StdRng::seed_from_u64(5);
    let one = [every_minute(walk(&mut random, 100))];
    assert_eq!(run(&[], &ScanParams::minutes(), 2), Scan::default());
    assert_eq!(run(&one, &ScanParams::minutes(), 2), Scan::default());
}
