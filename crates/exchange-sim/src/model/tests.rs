use proptest::prelude::*;

use super::*;

/// 2026-11-22 00:00 UTC.
const DAY_ONE_MS: i64 = 1_795_305_600_000;

fn market(symbols: &[&str], rate: f64) -> Model {
    Model::new(
        42,
        &symbols
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>(),
        rate,
    )
}

fn trades_between(model: &Model, symbol: usize, (from_ms, to_ms): Span) -> Vec<SimTrade> {
    let mut trades = Vec::new();
    let from = model.first_id_at(symbol, from_ms);
    model.read(symbol, from, to_ms - 1, usize::MAX >> 1, &mut trades);
    trades
}

/// The plain way, over every trade.
fn counted(trades: &[SimTrade]) -> Option<Aggregate> {
    let (first, last) = (trades.first()?, trades.last()?);
    let amount = |trade: &SimTrade| i128::from(trade.price) * i128::from(trade.qty);
    let bought = || trades.iter().filter(|trade| !trade.buyer_is_maker);
    Some(Aggregate {
        open: first.price,
        high: trades.iter().map(|trade| trade.price).max()?,
        low: trades.iter().map(|trade| trade.price).min()?,
        close: last.price,
        volume: trades.iter().map(|trade| i128::from(trade.qty)).sum(),
        quote_volume: trades.iter().map(amount).sum(),
        buy_volume: bought().map(|trade| i128::from(trade.qty)).sum(),
        buy_quote_volume: bought().map(amount).sum(),
        fills: trades
            .iter()
            .map(|trade| trade.last_id - trade.first_id + 1)
            .sum(),
        trades: trades.len() as u64,
    })
}

#[test]
fn the_default_symbols_trade_near_their_usual_prices() {
    let model = market(&["BTCUSDT", "ETHUSDT", "XRPUSDT"], 5.0);
    for (symbol, usual) in [(0, 64_000.0), (1, 3_400.0), (2, 2.4)] {
        let id = model.first_id_at(symbol, DAY_ONE_MS);
        let mut trades = Vec::new();
        model.read(symbol, id, i64::MAX, 1, &mut trades);
        let price = trades[0].price as f64 / 10_f64.powi(model.specs[symbol].price_scale as i32);
        assert!((price / usual - 1.0).abs() < 0.4, "{price}");
    }
}

#[test]
fn the_rate_holds_over_a_day_and_bursts_within_minutes() {
    let model = market(&["SOLUSDT"], 8.0);
    let ids = |at: i64| model.first_id_at(0, DAY_ONE_MS + at);
    let day = ids(DAY_MS) - ids(0);
    assert!((day as f64 / 86_400.0 / 8.0 - 1.0).abs() < 0.02, "{day}");
    let blocks: Vec<u64> = (0..64)
        .map(|i| ids((i + 1) * BLOCK_MS) - ids(i * BLOCK_MS))
        .collect();
    let (least, most) = (blocks.iter().min().unwrap(), blocks.iter().max().unwrap());
    assert!(most / least >= 10, "{blocks:?}");
}

#[test]
fn prices_keep_to_the_tick_and_trades_share_milliseconds_now_and_then() {
    let model = market(&["BTCUSDT"], 20.0);
    let trades = trades_between(&model, 0, (DAY_ONE_MS, DAY_ONE_MS + 600_000));
    assert!(
        trades
            .iter()
            .all(|trade| trade.price % 10 == 0 && trade.price > 0 && trade.qty > 0)
    );
    assert!(
        trades
            .windows(2)
            .any(|pair| pair[0].time_ms == pair[1].time_ms)
    );
    assert!(
        trades
            .windows(2)
            .any(|pair| pair[0].last_id + 1 < pair[1].first_id),
        "fill ids have holes"
    );
}

#[test]
fn whole_days_and_months_equal_their_hours() {
    let model = market(&["ETHUSDT"], 2.0);
    let days = model.aggregate(0, &[(DAY_ONE_MS - 3 * DAY_MS, DAY_ONE_MS)]);
    let hours: Vec<Span> = (0..72)
        .map(|i| {
            (
                DAY_ONE_MS - 3 * DAY_MS + i * 3_600_000,
                DAY_ONE_MS - 3 * DAY_MS + (i + 1) * 3_600_000,
            )
        })
        .collect();
    let mut sum = None;
    for hour in model.aggregate(0, &hours) {
        extend(&mut sum, &hour.unwrap());
    }
    assert_eq!(days[0], sum);
    assert_eq!(
        days[0],
        counted(&trades_between(
            &model,
            0,
            (DAY_ONE_MS - 3 * DAY_MS, DAY_ONE_MS)
        ))
    );
}

#[test]
fn an_outlier_is_in_the_trades_and_in_the_klines() {
    let model = market(&["LTCUSDT"], 1.0);
    let spans: Vec<Span> = (0..8640)
        .map(|i| (DAY_ONE_MS + i * BLOCK_MS, DAY_ONE_MS + (i + 1) * BLOCK_MS))
        .collect();
    let blocks = model.aggregate(0, &spans);
    let (widest, span) = blocks
        .iter()
        .zip(&spans)
        .max_by_key(|(block, _)| block.map_or(0, |block| block.high - block.low))
        .unwrap();
    let block = widest.unwrap();
    assert!(
        (block.high - block.low) as f64 > 0.003 * block.open as f64,
        "{block:?}"
    );
    assert_eq!(*widest, counted(&trades_between(&model, 0, *span)));
}

/// Slope-adjusted logarithms of two symbols over a day of minutes: the share of the variance of
/// the spread's change that half an hour leaves, against one minute.
fn variance_ratio(a: &str, b: &str) -> f64 {
    let model = market(&[a, b], 1.0);
    let minutes: Vec<Span> = (0..4320)
        .map(|i| (DAY_ONE_MS + i * 60_000, DAY_ONE_MS + (i + 1) * 60_000))
        .collect();
    let closes = |symbol| -> Vec<f64> {
        model
            .aggregate(symbol, &minutes)
            .iter()
            .map(|bar| (bar.unwrap().close as f64).ln())
            .collect()
    };
    let (x, y) = (closes(0), closes(1));
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let (mean_x, mean_y) = (mean(&x), mean(&y));
    let covariance: f64 = x
        .iter()
        .zip(&y)
        .map(|(x, y)| (x - mean_x) * (y - mean_y))
        .sum();
    let slope = covariance / x.iter().map(|x| (x - mean_x).powi(2)).sum::<f64>();
    let spread: Vec<f64> = x.iter().zip(&y).map(|(x, y)| y - slope * x).collect();
    let moved = |lag: usize| {
        spread
            .iter()
            .zip(&spread[lag..])
            .map(|(a, b)| (b - a).powi(2))
            .sum::<f64>()
            / (spread.len() - lag) as f64
    };
    moved(60) / moved(1) / 60.0
}

#[test]
fn tied_pairs_revert_and_loose_ones_wander() {
    for (a, b) in [
        ("BTCUSDT", "ETHUSDT"),
        ("BTCUSDT", "BNBUSDT"),
        ("SOLUSDT", "AVAXUSDT"),
        ("XRPUSDT", "ADAUSDT"),
    ] {
        let ratio = variance_ratio(a, b);
        assert!(ratio < 0.25, "{a}/{b}: {ratio}");
    }
    for (a, b) in [
        ("BTCUSDT", "SOLUSDT"),
        ("BTCUSDT", "LTCUSDT"),
        ("LINKUSDT", "DOGEUSDT"),
    ] {
        let ratio = variance_ratio(a, b);
        assert!(ratio > 0.5, "{a}/{b}: {ratio}");
    }
}

#[test]
fn the_first_pair_leaves_two_standard_deviations_in_any_two_minutes() {
    let model = market(&["BTCUSDT", "ETHUSDT"], 5.0);
    for start in 0..20 {
        // One-second closes, z against the 180 s before: what a dashboard shows.
        let from = DAY_ONE_MS + start * 3_777_000;
        let seconds: Vec<Span> = (-180..120)
            .map(|i| (from + i * 1000, from + (i + 1) * 1000))
            .collect();
        let closes = |symbol| {
            let mut last = None;
            let bars = model.aggregate(symbol, &seconds);
            bars.iter()
                .map(|bar| {
                    last = bar.map(|bar| (bar.close as f64).ln()).or(last);
                    last
                })
                .collect::<Vec<_>>()
        };
        let spread: Vec<f64> = closes(0)
            .iter()
            .zip(closes(1))
            .filter_map(|(x, y)| Some(y? - 1.15 * (*x)?))
            .collect();
        let breached = (spread.len() - 119..spread.len()).any(|at| {
            let window = &spread[at.saturating_sub(180)..=at];
            let mean = window.iter().sum::<f64>() / window.len() as f64;
            let sd = (window.iter().map(|s| (s - mean).powi(2)).sum::<f64>()
                / (window.len() - 1) as f64)
                .sqrt();
            ((spread[at] - mean) / sd).abs() >= 2.0
        });
        assert!(breached, "from {from}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_trade_is_found_by_its_id_and_by_its_time(id in 1..3_000_000_000_u64, rate in prop::sample::select(vec![0.1, 1.0, 7.3, 400.0])) {
        let model = market(&["BTCUSDT", "FOOUSDT"], rate);
        for symbol in 0..2 {
            let mut trades = Vec::new();
            model.read(symbol, id, i64::MAX, 50, &mut trades);
            let ids: Vec<u64> = trades.iter().map(|trade| trade.id).collect();
            prop_assert_eq!(ids, (id..id + 50).collect::<Vec<_>>());
            prop_assert!(trades.windows(2).all(|pair| pair[0].time_ms <= pair[1].time_ms && pair[0].last_id < pair[1].first_id));
            let at = trades[49].time_ms;
            let found = model.first_id_at(symbol, at);
            prop_assert!(found <= id + 49);
            let mut there = Vec::new();
            model.read(symbol, found, i64::MAX, 1, &mut there);
            prop_assert_eq!(there[0].time_ms, at);
            // Read again, and by a market that knows nothing yet.
            let mut again = Vec::new();
            market(&["FOOUSDT", "BTCUSDT"], rate).read(1 - symbol, id, i64::MAX, 50, &mut again);
            prop_assert_eq!(trades, again);
        }
    }

    #[test]
    fn an_aggregate_of_any_span_equals_its_trades(
        start in 0..220_000_000_000_i64,
        length in prop::sample::select(vec![1, 999, 10_000, 60_000, 300_000, 3_600_000, 7_777_777]),
        aligned: bool,
        rate in prop::sample::select(vec![0.1, 3.0, 25.0]),
    ) {
        let model = market(&["ETHUSDT"], rate);
        let start = EPOCH_MS + if aligned { start - start % length } else { start };
        let span = (start, start + length);
        prop_assert_eq!(model.aggregate(0, &[span])[0], counted(&trades_between(&model, 0, span)));
    }
}
