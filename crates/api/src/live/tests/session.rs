use analytics::{PairAnalysis, Point, align, analyse};
use axum::http::Uri;
use market::Interval;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use store::{BarRange, Store, bars, symbols::SymbolInfo};
use testkit::TestDb;

use super::market::{START_MS, hub, symbols, trade, trade_all, until};
use crate::{
    live::{Condition, PairPoint, SessionState},
    pairs::{Defaults, PairSpec},
    params::Params,
};

fn spec(query: &str) -> PairSpec {
    let uri: Uri = format!("/?{query}").parse().unwrap();
    let mut params = Params::of(&uri, &PairSpec::FOLLOWED);
    let spec = PairSpec::read(&mut params, Defaults::VIEW);
    params.finish().unwrap();
    spec.unwrap()
}

/// The closed bars from `from_ms` on.
async fn closes(
    store: &Store,
    symbol: &SymbolInfo,
    interval: Interval,
    from_ms: i64,
    closed_until_ms: i64,
) -> (Vec<i64>, Vec<f64>) {
    let range = BarRange {
        from_ms,
        to_ms: Some(closed_until_ms - interval.ms() + 1),
        limit: 100_000,
    };
    let read = bars::read_closes(store, symbol.symbol_id, interval, range)
        .await
        .unwrap();
    read.iter().map(|bar| (bar.bucket_ms, bar.close)).unzip()
}

/// What a batch over the session's closed bars gives.
async fn batch(
    store: &Store,
    legs: &[SymbolInfo],
    spec: &PairSpec,
    state: &SessionState,
) -> (align::Aligned, PairAnalysis) {
    let interval: Interval = spec.interval.to_string().parse().unwrap();
    let from_ms = state.points.get(0).unwrap().time_ms;
    let until_ms = state.closed_until_ms;
    let (ty, y) = closes(store, &legs[0], interval, from_ms, until_ms).await;
    let (tx, x) = closes(store, &legs[1], interval, from_ms, until_ms).await;
    let join = align::Join {
        bucket_ms: interval.ms(),
        max_fill: spec.max_fill,
    };
    let y = align::Closes {
        times_ms: &ty,
        closes: &y,
    };
    let x = align::Closes {
        times_ms: &tx,
        closes: &x,
    };
    let rows = align::align(y, x, join).unwrap();
    let analysis = analyse(&rows.y, &rows.x, &spec.analysis()).unwrap();
    (rows, analysis)
}

fn same(ours: Option<f64>, theirs: Option<f64>, scale: f64) -> bool {
    match (ours, theirs) {
        (None, None) => true,
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * b.abs().max(scale),
        _ => false,
    }
}

fn assert_same(ours: &PairPoint, theirs: &Point, what: &str) {
    let line = theirs.line;
    let all = same(ours.beta(), line.map(|l| l.beta), 1.0)
        && same(ours.alpha(), line.map(|l| l.alpha), ours.y)
        && same(ours.spread(), theirs.spread, ours.y)
        && same(ours.spread_mean(), theirs.spread_mean, ours.y)
        && same(ours.spread_sd(), theirs.spread_sd, ours.y)
        && same(ours.z(), theirs.z, 1.0)
        && same(ours.correlation(), theirs.correlation, 1.0);
    assert!(all, "{what}: {ours:?}, batch {theirs:?}");
}

/// Two markets that wander together, some seconds without a trade of one of them.
struct Walk {
    random: StdRng,
    level: f64,
    second: i64,
}

impl Walk {
    fn new() -> Self {
        Self {
            random: StdRng::seed_from_u64(11),
            level: 100.0,
            second: 0,
        }
    }

    async fn go_on(&mut self, store: &Store, legs: &[SymbolInfo], seconds: i64) {
        let mut rows = Vec::new();
        for _ in 0..seconds {
            self.second += 1;
            self.level += self.random.random_range(-0.5..0.5);
            let prices = [
                2.0 * self.level + self.random.random_range(-0.2..0.2),
                self.level,
            ];
            for (leg, price) in prices.into_iter().enumerate() {
                if self.random.random_bool(0.9) {
                    let ms = self.second * 1_000 + self.random.random_range(0..900);
                    // Ids leave room for late trades.
                    rows.push((&legs[leg], (self.second * 10, ms, price)));
                }
            }
        }
        trade_all(store, &rows).await;
    }
}

#[tokio::test]
async fn a_session_gives_what_a_batch_over_the_same_bars_gives_and_late_trades_void_it() {
    let db = TestDb::create().await.unwrap();
    let store = db.store();
    let legs = symbols(&db, &["AAAUSDT", "BBBUSDT"]).await;
    let mut walk = Walk::new();
    walk.go_on(store, &legs, 400).await;
    let hub = hub(store).await;
    let models = [
        "model=ols&lookback=60",
        "model=huber&lookback=40&transform=log",
        "model=theil_sen&lookback=30&baseline=exclusive",
        "model=kalman&lookback=50",
        "model=kalman&lookback=50&z=innovation&transform=log",
        "model=ols&lookback=60&maxFill=0",
    ];
    let mut all = Vec::new();
    for model in models {
        let query = format!("y=AAAUSDT&x=BBBUSDT&interval=1s&limit=100&window=20&{model}");
        let spec = spec(&query);
        let follower = hub.sessions().follow(&spec).await.unwrap();
        all.push((spec, std::sync::Mutex::new(follower)));
    }
    for round in 0..8 {
        if round == 5 {
            // Later than the start of every range, and long closed.
            trade(store, &legs[1], &[(3_953, 395_950, 150.0)]).await;
        } else {
            walk.go_on(store, &legs, 7).await;
        }
        for (spec, follower) in &all {
            let state = || follower.lock().unwrap().state();
            until(&format!("round {round} of {spec}"), async || {
                let state = state();
                if state.condition != Condition::Ready {
                    return false;
                }
                let (rows, _) = batch(store, &legs, spec, &state).await;
                let newest = rows.times_ms.last().copied();
                // Closed until a second before the newest trade.
                let expected = START_MS + (walk.second - 2) * 1_000;
                newest >= Some(expected - 1_000)
                    && rows.times_ms.len() == state.points.len()
                    && rows
                        .times_ms
                        .iter()
                        .zip(&rows.x)
                        .eq(state.points.from(0).map(|point| (&point.time_ms, &point.x)))
            })
            .await;
            let state = state();
            let generation = if round < 5 { 1 } else { 2 };
            assert_eq!(state.generation, generation, "round {round} of {spec}");
            let (rows, analysis) = batch(store, &legs, spec, &state).await;
            for (t, point) in state.points.from(0).enumerate() {
                assert_eq!((point.time_ms, point.y), (rows.times_ms[t], rows.y[t]));
                assert_same(point, &analysis.point(t), &format!("{spec} at {t}"));
            }
            let open = state.open.expect("the newest second is open");
            assert!(!open.closed && open.time_ms > state.points.last().unwrap().time_ms);
            let (mut y, mut x) = (rows.y.clone(), rows.x.clone());
            y.push(open.y);
            x.push(open.x);
            let provisional = analyse(&y, &x, &spec.analysis()).unwrap();
            assert_same(
                &open,
                &provisional.point(y.len() - 1),
                &format!("{spec}, open"),
            );
        }
    }
    hub.stop().await;
}

#[tokio::test]
async fn who_asks_for_the_same_shares_a_session_and_other_figures_are_another() {
    let db = TestDb::create().await.unwrap();
    let legs = symbols(&db, &["AAAUSDT", "BBBUSDT"]).await;
    Walk::new().go_on(db.store(), &legs, 200).await;
    let hub = hub(db.store()).await;
    let follow = async |query: &str| {
        let spec = spec(&format!("interval=1s&limit=50&lookback=30&{query}"));
        let mut follower = hub.sessions().follow(&spec).await.unwrap();
        while follower.state().condition == Condition::Loading {
            follower.changed().await;
        }
        follower.state()
    };
    let first = follow("y=AAAUSDT&x=BBBUSDT").await;
    let shared = follow("x=simulated:bbbusdt&y=AAAUSDT&entry=1.5&stop=4").await;
    let other = follow("y=AAAUSDT&x=BBBUSDT&window=30").await;
    assert!(std::sync::Arc::ptr_eq(&first, &shared));
    assert!(!std::sync::Arc::ptr_eq(&first, &other));
    hub.stop().await;
}
