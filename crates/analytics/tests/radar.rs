//! The radar says of each pair what a session says, whatever is missing and however wild a price is.

#![expect(
    clippy::unwrap_used,
    reason = "what a test does not expect is its failure"
)]

use analytics::align::{Join, Joiner};
use analytics::radar::{Radar, RadarParams, RadarPoint};
use analytics::{
    CorrelationOf, Error, Estimator, Hedge, Lookback, PairParams, Point, Session, Transform,
    Window, ZScore,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const SECOND_MS: i64 = 1_000;
const LOOKBACK: usize = 50;
const WINDOW: usize = 12;

fn params(max_fill: u32) -> RadarParams {
    RadarParams {
        lookback: Lookback::new(LOOKBACK).unwrap(),
        window: Window::new(WINDOW).unwrap(),
        join: Join {
            bucket_ms: SECOND_MS,
            max_fill,
        },
    }
}

/// What the watchlist follows a pair with.
struct Reference {
    pair: (usize, usize),
    joiner: Joiner,
    session: Session,
    last: Option<(i64, Point)>,
}

impl Reference {
    fn new(pair: (usize, usize), params: &RadarParams) -> Self {
        let hedge = Hedge::WalkForward {
            estimator: Estimator::Ols,
            lookback: params.lookback,
        };
        let z = ZScore::Rolling {
            window: params.window,
            baseline: Default::default(),
        };
        let pair_params = PairParams::new(Transform::Log, hedge, z)
            .unwrap()
            .with_correlation(params.window, CorrelationOf::Returns);
        Self {
            pair,
            joiner: Joiner::new(params.join),
            session: Session::new(pair_params).unwrap(),
            last: None,
        }
    }

    fn push(&mut self, bucket_ms: i64, closes: &[Option<f64>]) {
        let (y, x) = (closes[self.pair.0], closes[self.pair.1]);
        if y.is_none() && x.is_none() {
            return;
        }
        if let Some(row) = self.joiner.push(bucket_ms, y, x) {
            self.last = Some((bucket_ms, self.session.push(row.y, row.x).unwrap()));
        }
    }

    fn provisional(&self, bucket_ms: i64, closes: &[Option<f64>]) -> Option<(i64, Point)> {
        let (y, x) = (closes[self.pair.0], closes[self.pair.1]);
        if y.is_none() && x.is_none() {
            return self.last;
        }
        let mut joiner = self.joiner;
        match joiner.push(bucket_ms, y, x) {
            Some(row) => Some((bucket_ms, self.session.provisional(row.y, row.x).unwrap())),
            None => self.last,
        }
    }
}

#[track_caller]
fn assert_same(ours: RadarPoint, theirs: Option<(i64, Point)>, when: &str) {
    let Some((time_ms, theirs)) = theirs else {
        assert_eq!(ours, RadarPoint::default(), "{when}");
        return;
    };
    assert_eq!(ours.time_ms, Some(time_ms), "{when}");
    let beta = theirs.line.map(|line| line.beta);
    for (what, ours, theirs) in [
        ("beta", ours.beta, beta),
        ("spread", ours.spread, theirs.spread),
        ("z", ours.z, theirs.z),
        ("correlation", ours.correlation, theirs.correlation),
    ] {
        let same = match (ours, theirs) {
            (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * b.abs().max(1.0),
            (a, b) => a.is_none() && b.is_none(),
        };
        assert!(same, "{when}: {what} is {ours:?} and should be {theirs:?}");
    }
}

/// Every ordered pair, so that both directions are followed.
fn all(symbols: usize) -> Vec<(usize, usize)> {
    (0..symbols)
        .flat_map(|y| (0..symbols).filter_map(move |x| (x != y).then_some((y, x))))
        .collect()
}

#[test]
fn every_pair_is_told_what_a_session_says_at_every_bar_and_in_between() {
    for max_fill in [0, 3] {
        let mut random = StdRng::seed_from_u64(u64::from(max_fill) + 1);
        let params = params(max_fill);
        // Symbols that trade in every bucket, in most, in few.
        let shares = [1.0, 1.0, 0.9, 0.6, 0.5];
        let pairs = all(shares.len());
        let mut radar = Radar::new(shares.len(), pairs.iter().copied(), params).unwrap();
        let mut references: Vec<Reference> = pairs
            .iter()
            .map(|&pair| Reference::new(pair, &params))
            .collect();
        let mut logs = [4.0, 3.0, 2.0, 1.0, 0.0];
        let mut open = Vec::new();
        let mut full = 0;
        for t in 0..700 {
            for log in &mut logs {
                *log += 0.01 * (random.random::<f64>() - 0.5);
            }
            let mut closes: Vec<Option<f64>> = logs
                .iter()
                .zip(shares)
                .map(|(log, share)| (random.random::<f64>() < share).then(|| log.exp()))
                .collect();
            // A price that is off by a dozen orders of magnitude, once; and one that stands still for long.
            if t == 300 {
                closes[2] = Some(1e12);
            }
            if (400..480).contains(&t) {
                closes[1] = Some(20.0);
            }
            // Sometimes nobody trades for a while.
            let bucket_ms = (t + t / 50 * 4) * SECOND_MS;
            radar.provisional(bucket_ms, &closes, &mut open).unwrap();
            for (reference, ours) in references.iter().zip(&open) {
                let theirs = reference.provisional(bucket_ms, &closes);
                assert_same(*ours, theirs, &format!("open, {:?} at {t}", reference.pair));
            }
            radar.push(bucket_ms, &closes).unwrap();
            for (reference, ours) in references.iter_mut().zip(radar.points()) {
                reference.push(bucket_ms, &closes);
                let when = format!("{:?} at {t}", reference.pair);
                assert_same(*ours, reference.last, &when);
                full += usize::from(ours.z.is_some());
            }
        }
        assert!(full > 1_000, "{full} z-scores were compared");
    }
}

#[test]
fn a_pair_whose_look_back_does_not_fit_on_the_tapes_has_no_figures_and_begins_anew_when_it_does() {
    let params = params(0);
    let mut radar = Radar::new(2, [(0, 1)], params).unwrap();
    let close = |t: i64| Some(100.0 + ((t * t) % 17) as f64);
    let other = |t: i64| Some(50.0 + ((t * 7) % 13) as f64);
    let mut t = 0;
    let mut step = |radar: &mut Radar, both: bool| {
        let closes = [close(t), other(t).filter(|_| both)];
        radar.push(t * SECOND_MS, &closes).unwrap();
        t += 1;
        radar.points()[0]
    };
    // One row in ten: there are never fifty of them on a tape.
    for _ in 0..3_000 {
        for i in 0..10 {
            assert_eq!(step(&mut radar, i == 0).z, None);
        }
    }
    let mut last = RadarPoint::default();
    for _ in 0..LOOKBACK + WINDOW {
        last = step(&mut radar, true);
    }
    assert!(last.z.is_some());
}

#[test]
fn what_is_no_close_or_comes_too_late_is_refused_and_changes_nothing() {
    let mut radar = Radar::new(2, [(0, 1)], params(0)).unwrap();
    radar.push(5_000, &[Some(1.0), Some(2.0)]).unwrap();
    let before = radar.points().to_vec();
    let mut out = Vec::new();
    for (bucket_ms, closes) in [
        (6_000, vec![Some(1.0)]),
        (6_000, vec![Some(0.0), None]),
        (6_000, vec![None, Some(-1.0)]),
        (6_000, vec![None, Some(f64::NAN)]),
        (5_000, vec![Some(1.0), Some(1.0)]),
    ] {
        assert!(radar.push(bucket_ms, &closes).is_err());
        assert!(radar.provisional(bucket_ms, &closes, &mut out).is_err());
        assert!(out.is_empty());
    }
    assert_eq!(radar.points(), before);
    assert_eq!(radar.last_ms(), Some(5_000));
    for pairs in [[(0, 2)], [(1, 1)]] {
        let refused = Radar::new(2, pairs, params(0));
        assert!(matches!(refused, Err(Error::BadParameter { .. })));
    }
}
