//! Every model and fit with every transform, baseline and window, at every interval, of the feed and of an upload.

use analytics::{
    Baseline, CorrelationOf, Estimator, Hedge, HuberParams, Intercept, KalmanParams, KalmanSpread,
    Transform, ZScore, kalman,
};
use api_types::DatasetCreated;
use market::{Bar, Interval};
use store::history;
use testkit::TestDb;

use super::{Case, assert_exact, lookback, rolling};
use crate::support::{
    Api,
    market::{Market, START_MS},
    pair::{closes, closes_of},
};

const BARS: usize = 100;
const SHOWN: usize = 30;
const LOOKBACK: usize = 30;
const WINDOWS: [usize; 2] = [3, 20];
const DEFAULT_MEMORY: f64 = 100.0;

/// What can be asked of a hedge: its parameters, itself, and the bars that it takes before its first figure.
fn hedges() -> Vec<(String, Hedge, usize)> {
    let mut hedges = Vec::new();
    for (model, estimator) in [
        ("ols", Estimator::Ols),
        ("huber", Estimator::Huber(HuberParams::default())),
        ("theil_sen", Estimator::TheilSen(Intercept::default())),
    ] {
        let in_sample = format!("model={model}&fit=in_sample");
        hedges.push((in_sample, Hedge::InSample(estimator), 0));
        let walking = format!("model={model}&fit=walk_forward&lookback={LOOKBACK}");
        let walk = Hedge::WalkForward {
            estimator,
            lookback: lookback(LOOKBACK),
        };
        hedges.push((walking, walk, LOOKBACK));
    }
    let noise = kalman::Noise::Memory {
        lookback: lookback(LOOKBACK),
        memory: kalman::Memory::new(DEFAULT_MEMORY).unwrap(),
    };
    let filter = Hedge::Kalman {
        params: KalmanParams::of(noise),
        spread: KalmanSpread::Innovation,
    };
    let filtered = format!("model=kalman&lookback={LOOKBACK}");
    hedges.push((filtered, filter, LOOKBACK));
    hedges
}

/// What can be asked of a z-score.
fn zscores(bars: usize, of_filter: bool) -> Vec<(String, ZScore, usize)> {
    let (inclusive, exclusive) = (
        rolling(bars, Baseline::Inclusive),
        rolling(bars, Baseline::Exclusive),
    );
    let mut zscores = vec![
        ("baseline=inclusive".to_owned(), inclusive, bars - 1),
        ("baseline=exclusive".to_owned(), exclusive, bars),
    ];
    if of_filter {
        zscores.push(("z=innovation".to_owned(), ZScore::Innovation, 0));
    }
    zscores
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (of_hedge, hedge, before_fit) in hedges() {
        for (of_transform, transform) in [("level", Transform::Level), ("log", Transform::Log)] {
            for bars in WINDOWS {
                let of_filter = matches!(hedge, Hedge::Kalman { .. });
                for (of_z, zscore, before_z) in zscores(bars, of_filter) {
                    cases.push(Case {
                        query: format!(
                            "{of_hedge}&transform={of_transform}&window={bars}&{of_z}&entry=1"
                        ),
                        hedge,
                        transform,
                        zscore,
                        correlation: (bars, CorrelationOf::Returns),
                        warmup: (before_fit + before_z).max(bars),
                    });
                }
            }
        }
    }
    cases
}

/// Klines of every level up to [`START_MS`], and a trade a second from there on.
async fn fill(market: &Market, price: impl Fn(usize) -> f64) {
    for interval in Interval::ALL.into_iter().filter(|i| *i != Interval::S1) {
        let klines: Vec<Bar> = (0..BARS)
            .map(|t| Bar {
                bucket_ms: START_MS - (BARS - t) as i64 * interval.ms(),
                open: price(t),
                high: price(t),
                low: price(t),
                close: price(t),
                volume: 1.0,
                quote_volume: price(t),
                buy_volume: 0.5,
                trades: 1,
            })
            .collect();
        history::write_klines(&market.store, market.id, interval, &klines)
            .await
            .unwrap();
    }
    let trades: Vec<_> = (0..BARS)
        .map(|t| (t as i64 + 1, t as f64 + 0.5, price(t)))
        .collect();
    market.trade(&trades).await;
}

/// An upload of these closes; its source.
async fn upload(api: &Api, interval: Interval, closes: &[(f64, f64)]) -> String {
    let mut file = "time,YUSDT,XUSDT\n".to_owned();
    for (t, (y, x)) in closes.iter().enumerate() {
        let time = START_MS + t as i64 * interval.ms();
        file.push_str(&format!("{time},{y},{x}\n"));
    }
    let request = api.client.post(api.url("/api/v1/datasets?timeUnit=ms"));
    let request = request.header("content-type", "text/csv").body(file);
    let created: DatasetCreated = request.send().await.unwrap().json().await.unwrap();
    created.dataset.source
}

#[tokio::test]
async fn every_model_fit_transform_baseline_window_interval_and_source_is_exact() {
    let db = TestDb::create().await.unwrap();
    let (y, x) = (
        Market::new(&db, "YUSDT").await,
        Market::new(&db, "XUSDT").await,
    );
    let closes = closes(BARS, 5);
    fill(&y, |t| closes[t].0).await;
    fill(&x, |t| closes[t].1).await;
    x.report(BARS as f64 + 1.0).await;
    let api = Api::start(&db).await;
    let cases = cases();
    assert_eq!(cases.len(), 7 * 2 * 2 * 2 + 4);
    let uploaded: (Vec<f64>, Vec<f64>) = closes.iter().copied().unzip();
    for interval in Interval::ALL {
        let (_, y) = closes_of(&api, "YUSDT", interval.as_str()).await;
        let (_, x) = closes_of(&api, "XUSDT", interval.as_str()).await;
        assert!(y.len() >= BARS && y.len() == x.len(), "{interval}");
        let legs = format!("y=YUSDT&x=XUSDT&interval={interval}");
        let source = upload(&api, interval, &closes).await;
        let of_upload = format!("{legs}&source={source}");
        for case in &cases {
            assert_exact(&api, &legs, case, SHOWN, &y, &x).await;
            assert_exact(&api, &of_upload, case, SHOWN, &uploaded.0, &uploaded.1).await;
        }
    }
}
