//! How often a scan is right on markets whose truth is known.

use std::num::NonZeroUsize;

use analytics::Progress;
use analytics::align::Closes;
use analytics::scan::{Scan, ScanParams, scan};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const BARS: usize = 500;
const LEVEL: f64 = 0.05;

/// A standard normal value (Box & Muller 1958).
fn normal(random: &mut StdRng) -> f64 {
    let (u, v): (f64, f64) = (random.random(), random.random());
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

fn walk(random: &mut StdRng) -> Vec<f64> {
    let mut log = 0.0;
    let mut step = || {
        log += 0.01 * normal(random);
        100.0 * f64::exp(log)
    };
    (0..BARS).map(|_| step()).collect()
}

fn run(symbols: &[Vec<f64>]) -> Scan {
    let times_ms: Vec<i64> = (0..BARS as i64).map(|t| t * 60_000).collect();
    let closes: Vec<Closes<'_>> = symbols
        .iter()
        .map(|closes| Closes {
            times_ms: &times_ms,
            closes,
        })
        .collect();
    let two = NonZeroUsize::new(2).expect("not zero");
    scan(&closes, &ScanParams::minutes(), two, &Progress::default()).expect("nobody cancels it")
}

/// Where nothing is cointegrated every discovery is false, so the share of false ones among all is 1 in a market with
/// any and 0 in one without: on average not above the level, but for chance over 200 markets.
#[test]
fn among_independent_walks_few_markets_have_any_discovery_while_raw_p_values_find_some_in_most() {
    let mut random = StdRng::seed_from_u64(20_251_126);
    const MARKETS: usize = 200;
    let (mut any, mut any_raw, mut rejected, mut pairs) = (0, 0, 0, 0);
    for _ in 0..MARKETS {
        let symbols: Vec<_> = (0..10).map(|_| walk(&mut random)).collect();
        let found = run(&symbols);
        any += usize::from(found.pairs.iter().any(|pair| pair.q <= LEVEL));
        any_raw += usize::from(found.pairs.iter().any(|pair| pair.p_y_on_x <= LEVEL));
        rejected += found
            .pairs
            .iter()
            .filter(|pair| pair.p_pair <= LEVEL)
            .count();
        pairs += found.pairs.len();
    }
    let share = |hits: usize, of: usize| hits as f64 / of as f64;
    eprintln!(
        "markets with a discovery: {} by q, {} by raw p; pairs rejected by p_pair: {}",
        share(any, MARKETS),
        share(any_raw, MARKETS),
        share(rejected, pairs)
    );
    // Three standard errors of a share of 5 % in 200 are 4.6 %.
    assert!(share(any, MARKETS) <= LEVEL + 0.046, "{any} of {MARKETS}");
    assert!(share(any_raw, MARKETS) > 0.5, "{any_raw} of {MARKETS}");
    // Bonferroni over two directions that go together is cautious, and not by much.
    let pair_share = share(rejected, pairs);
    assert!((0.01..=0.06).contains(&pair_share), "{pair_share}");
}

#[test]
fn planted_pairs_are_found_among_walks_and_the_share_of_false_discoveries_keeps_to_the_level() {
    let mut random = StdRng::seed_from_u64(7);
    const MARKETS: usize = 60;
    const PLANTED: usize = 4;
    let (mut found_true, mut false_share) = (0, 0.0);
    for _ in 0..MARKETS {
        let mut symbols = Vec::new();
        for _ in 0..PLANTED {
            let x = walk(&mut random);
            let mut apart = 0.0;
            let y = x.iter().map(|x| {
                apart = 0.8 * apart + 0.001 * normal(&mut random);
                f64::exp(1.0 + 0.8 * x.ln() + apart)
            });
            symbols.push(y.collect());
            symbols.push(x);
        }
        symbols.extend((0..4).map(|_| walk(&mut random)));
        let found = run(&symbols);
        let (mut hits, mut wrong) = (0, 0);
        for pair in found.pairs.iter().filter(|pair| pair.q <= LEVEL) {
            let planted = pair.y / 2 == pair.x / 2 && pair.y < 2 * PLANTED;
            *(if planted { &mut hits } else { &mut wrong }) += 1;
        }
        found_true += hits;
        false_share += f64::from(wrong) / f64::from(hits + wrong).max(1.0);
    }
    let power = f64::from(found_true) / (PLANTED * MARKETS) as f64;
    let false_share = false_share / MARKETS as f64;
    eprintln!("found {power} of the planted pairs; share of false discoveries {false_share}");
    assert!(power >= 0.95, "{power}");
    // Engle-Granger's own p of walks are a little too small at 500 bars, and chance over 60 markets comes on top.
    assert!(false_share <= 0.12, "{false_share}");
}
