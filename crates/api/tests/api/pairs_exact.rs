//! The figures of `/pairs/analytics` are those of the analytics crate over the bars of `/bars`, to the bit.
//!
//! Texts are compared: serde_json writes the shortest text that reads back as the same number, so equal
//! texts are equal bits.

mod grid;

use std::collections::HashMap;

use analytics::{
    Baseline, CorrelationOf, Estimator, Hedge, HuberParams, Intercept, KalmanParams, KalmanSpread,
    Lookback, PairAnalysis, PairParams, Transform, Window, ZScore, analyse,
    cointegration::{PairTestOptions, pair_tests},
    kalman,
};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::support::{Api, pair::Pair};

const BARS: usize = 700;
const LIMIT: usize = 300;
const LEGS: &str = "y=YUSDT&x=XUSDT";

struct Case {
    query: String,
    hedge: Hedge,
    transform: Transform,
    zscore: ZScore,
    correlation: (usize, CorrelationOf),
    /// Bars before the first one shown.
    warmup: usize,
}

fn window(bars: usize) -> Window {
    Window::new(bars).unwrap()
}

fn rolling(bars: usize, baseline: Baseline) -> ZScore {
    ZScore::Rolling {
        window: window(bars),
        baseline,
    }
}

fn lookback(bars: usize) -> Lookback {
    Lookback::new(bars).unwrap()
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let usual = |query: &str, hedge, warmup| Case {
        query: query.to_owned(),
        hedge,
        transform: Transform::Level,
        zscore: rolling(60, Baseline::Inclusive),
        correlation: (60, CorrelationOf::Returns),
        warmup,
    };
    let huber = Estimator::Huber(HuberParams::default());
    let theil_sen = Estimator::TheilSen(Intercept::default());
    for (query, estimator) in [
        ("fit=in_sample", Estimator::Ols),
        ("fit=in_sample&model=huber", huber),
        ("fit=in_sample&model=theil_sen", theil_sen),
    ] {
        cases.push(usual(query, Hedge::InSample(estimator), 60));
    }
    let walking = |estimator, bars| Hedge::WalkForward {
        estimator,
        lookback: lookback(bars),
    };
    cases.push(usual("lookback=200", walking(Estimator::Ols, 200), 259));
    cases.push(usual("lookback=100&model=huber", walking(huber, 100), 159));
    let ts = walking(theil_sen, 100);
    cases.push(usual("lookback=100&model=theil_sen", ts, 159));
    cases.push(Case {
        transform: Transform::Log,
        zscore: rolling(20, Baseline::Exclusive),
        correlation: (20, CorrelationOf::Levels),
        ..usual(
            "lookback=50&transform=log&window=20&baseline=exclusive&correlationOf=levels",
            walking(Estimator::Ols, 50),
            70,
        )
    });
    cases.push(Case {
        transform: Transform::Log,
        ..usual(
            "fit=in_sample&transform=log",
            Hedge::InSample(Estimator::Ols),
            60,
        )
    });
    let filter = |params| Hedge::Kalman {
        params,
        spread: KalmanSpread::Innovation,
    };
    let trained = |bars, memory| {
        let memory = kalman::Memory::new(memory).unwrap();
        let lookback = lookback(bars);
        filter(KalmanParams::of(kalman::Noise::Memory { lookback, memory }))
    };
    cases.push(usual("model=kalman&lookback=200", trained(200, 100.0), 259));
    cases.push(Case {
        zscore: ZScore::Innovation,
        ..usual(
            "model=kalman&lookback=90&memory=33.5&z=innovation",
            trained(90, 33.5),
            90,
        )
    });
    let ml = kalman::Noise::MaximumLikelihood {
        lookback: lookback(60),
    };
    cases.push(usual(
        "model=kalman&noise=ml&lookback=60",
        filter(KalmanParams::of(ml)),
        119,
    ));
    let parity = KalmanParams::new(kalman::Noise::pykalman(), kalman::Init::Identity).unwrap();
    cases.push(usual(
        "model=kalman&noise=pykalman&init=identity",
        filter(parity),
        60,
    ));
    cases
}

impl Case {
    /// What analytics says about rows of which the last [`LIMIT`] are shown.
    fn expected(&self, y: &[f64], x: &[f64]) -> PairAnalysis {
        let hedge = match self.hedge {
            // One fit of the bars shown; those before are judged by it too, to fill the first window.
            Hedge::InSample(estimator) => {
                let apply = |name, closes: &[f64]| self.transform.apply(name, closes).unwrap();
                let (y, x) = (apply("y", &y[self.warmup..]), apply("x", &x[self.warmup..]));
                Hedge::Fixed(estimator.fit(&y, &x).unwrap())
            }
            other => other,
        };
        let (bars, of) = self.correlation;
        let params = PairParams::new(self.transform, hedge, self.zscore).unwrap();
        analyse(y, x, &params.with_correlation(window(bars), of)).unwrap()
    }
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

type Fields = HashMap<String, Box<RawValue>>;

/// Asks for the last `limit` bars of these closes, which are all there are, and holds every column against the crate's.
async fn assert_exact(api: &Api, legs: &str, case: &Case, limit: usize, y: &[f64], x: &[f64]) {
    let from = y.len() - limit - case.warmup;
    let (y, x) = (&y[from..], &x[from..]);
    let expected = case.expected(y, x);
    let query = format!("{legs}&{}", case.query);
    let path = format!("/api/v1/pairs/analytics?{query}&limit={limit}");
    let answer: Fields = api.json(&path).await;
    let series: Fields = serde_json::from_str(answer["series"].get()).unwrap();
    let check = |name: &str, column: &[Option<f64>]| {
        let shown = &column[case.warmup..];
        assert!(shown.iter().any(Option::is_some), "{query}: {name}");
        assert_eq!(series[name].get(), text(&shown), "{query}: {name}");
    };
    assert_eq!(series["y"].get(), text(&&y[case.warmup..]), "{query}");
    assert_eq!(series["x"].get(), text(&&x[case.warmup..]), "{query}");
    let of = |figure: fn(&analytics::Line) -> f64| -> Vec<Option<f64>> {
        let lines = expected.lines.iter();
        lines.map(|line| line.as_ref().map(figure)).collect()
    };
    check("alpha", &of(|line| line.alpha));
    check("beta", &of(|line| line.beta));
    check("spread", &expected.spread);
    check("spreadMean", &expected.spread_mean);
    check("spreadSd", &expected.spread_sd);
    check("z", &expected.z);
    check("correlation", &expected.correlation);
    let filtered = |figure: fn(&analytics::KalmanStep) -> f64| -> Vec<Option<f64>> {
        let steps = expected.kalman.iter();
        steps.map(|step| step.as_ref().map(figure)).collect()
    };
    let is_kalman = !expected.kalman.is_empty();
    assert_eq!(series.contains_key("betaSd"), is_kalman, "{query}");
    if is_kalman {
        check("betaSd", &filtered(|step| step.var_beta.sqrt()));
        check(
            "innovationSd",
            &filtered(|step| step.innovation_variance.sqrt()),
        );
    }
    let first = expected.z[case.warmup];
    assert!(first.is_some(), "{query}: the warm-up is too short");
}

#[tokio::test]
async fn every_kind_of_noise_and_of_z_gives_the_numbers_of_the_crate_to_the_bit() {
    let pair = Pair::new(BARS).await;
    let (_, y, x) = pair.bars().await;
    assert_eq!((y.len(), x.len()), (BARS, BARS));
    for case in cases() {
        // The first answer is computed, the second remembered.
        for _ in 0..2 {
            assert_exact(&pair.api, LEGS, &case, LIMIT, &y, &x).await;
        }
    }
}

#[tokio::test]
async fn tests_and_fits_are_those_of_the_crate_on_the_bars_shown() {
    let pair = Pair::new(BARS).await;
    let (_, y, x) = pair.bars().await;
    let (y, x) = (&y[BARS - LIMIT..], &x[BARS - LIMIT..]);
    let expected = pair_tests(y, x, PairTestOptions::default()).unwrap();
    let path = format!("/api/v1/pairs/analytics?{LEGS}&limit={LIMIT}&lookback=100");
    let answer: Fields = pair.api.json(&path).await;
    let fields = |part: &str| -> Fields { serde_json::from_str(answer[part].get()).unwrap() };
    let tests = fields("tests");
    let verdict = expected.engle_granger.y_on_x.unwrap();
    let test = |name: &str| -> Fields { serde_json::from_str(tests[name].get()).unwrap() };
    for (name, statistic, p) in [
        ("engleGrangerYx", verdict.statistic, verdict.p_value),
        (
            "adfY",
            expected.adf_y.unwrap().statistic,
            expected.adf_y.unwrap().p_value,
        ),
    ] {
        let test = test(name);
        assert_eq!(test["statistic"].get(), text(&statistic), "{name}");
        assert_eq!(test["pValue"].get(), text(&p), "{name}");
    }
    assert_eq!(tests["cointegrated"].get(), text(&expected.cointegrated()));
    assert_eq!(tests["hurst"].get(), text(&expected.hurst.unwrap()));
    let half_life = test("halfLife");
    let bars = expected.half_life.unwrap().bars;
    assert_eq!(half_life["bars"].get(), text(&bars));
    assert_eq!(
        half_life["ms"].get(),
        text(&bars.map(|bars| bars * 60_000.0))
    );
    // In force after the last bar: a fit of the last 100.
    let last = analytics::ols(&y[LIMIT - 100..], &x[LIMIT - 100..]).unwrap();
    let fit = fields("fit");
    assert_eq!(fit["beta"].get(), text(&last.line.beta));
    assert_eq!(fit["betaSe"].get(), text(&last.se_hac.unwrap().beta));
    assert_eq!(fit["observations"].get(), "100");
    let summary = fields("summary");
    assert_eq!(summary["pValue"].get(), text(&verdict.p_value));
}
