//! What is stored beside what was traded, which the simulated exchange tells by another way than its feed.

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use super::{stack::Stack, until};

const MOST_TRADES: usize = 100_000;
/// Bars are compared at these levels: name, length in milliseconds.
const LEVELS: [(&str, i64); 3] = [("1s", 1_000), ("1m", 60_000), ("5m", 300_000)];

/// A trade by its id: time, price, quantity, fills, whether the buyer was the maker.
type Trade = (i64, f64, f64, i64, bool);

/// Stops the exchange's time, waits until all that was traded is accounted for, compares, and lets time go on.
pub fn compare(stack: &Stack) -> anyhow::Result<String> {
    stack.pause_exchange(true)?;
    let compared = compare_paused(stack);
    stack.pause_exchange(false)?;
    compared
}

fn compare_paused(stack: &Stack) -> anyhow::Result<String> {
    let symbols = stack.get_json("/api/v1/symbols")?;
    let symbols = symbols["symbols"].as_array().context("no symbols")?;
    ensure!(!symbols.is_empty(), "no symbols");
    let (mut trades, mut bars) = (0, 0);
    let mut missing = 0;
    for symbol in symbols {
        let name = symbol["symbol"].as_str().context("a symbol has a name")?;
        let next = next_id(stack, name)?;
        let mut stored = Vec::new();
        until(&format!("every trade of {name} is accounted for"), || {
            stored = stored_trades(stack, name)?;
            let newest = stored.last().map(|(id, _)| *id);
            ensure!(
                newest == Some(next - 1),
                "stored up to {newest:?} of {}",
                next - 1
            );
            ensure!(
                absent(&stored) <= recorded(stack)?,
                "{} are neither stored nor recorded",
                absent(&stored)
            );
            Ok(())
        })?;
        missing += absent(&stored);
        trades += stored.len();
        equal_trades(stack, name, &stored).with_context(|| name.to_owned())?;
        // Bars with a recorded gap are told as such by the api; here it is about those without.
        if absent(&stored) == 0 {
            for (interval, length_ms) in LEVELS {
                bars += equal_bars(stack, name, interval, length_ms, &stored)
                    .with_context(|| format!("{name}, {interval}"))?;
            }
        }
    }
    Ok(format!(
        "{trades} trades and {bars} bars, {missing} recorded as missing"
    ))
}

/// Ids between the first and the last that are not stored.
fn absent(stored: &[(i64, Trade)]) -> i64 {
    match (stored.first(), stored.last()) {
        (Some((first, _)), Some((last, _))) => last - first + 1 - stored.len() as i64,
        _ => 0,
    }
}

/// Trades that the stack itself says it does not have.
fn recorded(stack: &Stack) -> anyhow::Result<i64> {
    let status = stack.get_json("/api/v1/status")?;
    let count = |name: &str| status["gaps"][name].as_i64().unwrap_or(0);
    Ok(count("missingTrades") + count("rejectedTrades"))
}

fn next_id(stack: &Stack, symbol: &str) -> anyhow::Result<i64> {
    let truth = stack.exchange("/sim/v1/truth")?;
    let mut symbols = truth.as_array().into_iter().flatten();
    symbols
        .find(|entry| entry["symbol"] == symbol)
        .and_then(|entry| entry["next_id"].as_i64())
        .with_context(|| format!("the exchange does not trade {symbol}"))
}

fn stored_trades(stack: &Stack, symbol: &str) -> anyhow::Result<Vec<(i64, Trade)>> {
    let mut trades = Vec::new();
    let mut from = 0;
    loop {
        let path = format!("/api/v1/trades?symbol={symbol}&fromId={from}&limit=10000");
        let page = stack.get_json(&path)?;
        let columns = &page["trades"];
        let ids = columns["aggId"].as_array().context("no ids")?;
        for (row, id) in ids.iter().enumerate() {
            let cell = |name: &str| &columns[name][row];
            let trade = (
                cell("time").as_i64().context("a time")?,
                cell("price").as_f64().context("a price")?,
                cell("qty").as_f64().context("a quantity")?,
                cell("fills").as_i64().context("fills")?,
                cell("buyerIsMaker").as_bool().context("a side")?,
            );
            trades.push((id.as_i64().context("an id")?, trade));
        }
        match page["nextFromId"].as_i64() {
            Some(next) if !ids.is_empty() => from = next,
            _ => return Ok(trades),
        }
    }
}

fn equal_trades(stack: &Stack, symbol: &str, stored: &[(i64, Trade)]) -> anyhow::Result<()> {
    let first = stored.first().context("nothing is stored")?.0;
    let mut stored = stored.iter().peekable();
    let mut from = first;
    loop {
        let path =
            format!("/sim/v1/truth/trades?symbol={symbol}&from_id={from}&limit={MOST_TRADES}");
        let page = stack.exchange(&path)?;
        let page = page.as_array().context("no trades")?;
        for traded in page {
            let (id, trade) = traded_row(traded)?;
            from = id + 1;
            match stored.peek() {
                Some((at, found)) if *at == id => {
                    ensure!(
                        *found == trade,
                        "trade {id}: {found:?} instead of {trade:?}"
                    );
                    stored.next();
                }
                // Recorded as missing.
                Some((at, _)) if *at > id => {}
                other => bail!("trade {id} is followed by {other:?}"),
            }
        }
        if page.len() < MOST_TRADES {
            break;
        }
    }
    ensure!(
        stored.peek().is_none(),
        "stored, but never traded: {:?}",
        stored.peek()
    );
    Ok(())
}

fn traded_row(row: &Value) -> anyhow::Result<(i64, Trade)> {
    let integer = |name: &str| {
        row[name]
            .as_i64()
            .with_context(|| format!("no {name}: {row}"))
    };
    let decimal = |name: &str| number(&row[name]);
    let trade = (
        integer("T")?,
        decimal("p")?,
        decimal("q")?,
        integer("l")? - integer("f")? + 1,
        row["m"].as_bool().context("no m")?,
    );
    Ok((integer("a")?, trade))
}

/// A decimal, which the exchange sends as text.
fn number(value: &Value) -> anyhow::Result<f64> {
    let text = value
        .as_str()
        .with_context(|| format!("no text: {value}"))?;
    Ok(text.parse()?)
}

/// Compares the newest bars of trades, and returns how many.
fn equal_bars(
    stack: &Stack,
    symbol: &str,
    interval: &str,
    length_ms: i64,
    stored: &[(i64, Trade)],
) -> anyhow::Result<usize> {
    let edge = |time_ms: i64| time_ms.div_euclid(length_ms) * length_ms;
    let (_, first) = stored.first().context("nothing is stored")?;
    let (_, last) = stored.last().context("nothing is stored")?;
    // Whole bars of trades, as many as one answer holds.
    let from_ms = (edge(first.0 - 1) + length_ms).max(edge(last.0) - 1_999 * length_ms);
    let to_ms = edge(last.0) + length_ms;
    let shown = stack.get_json(&format!(
        "/api/v1/bars?symbol={symbol}&interval={interval}&startTime={from_ms}&endTime={}&limit=2000",
        to_ms - 1
    ))?;
    let truth = stack.exchange(&format!(
        "/sim/v1/truth/bars?symbol={symbol}&interval_ms={length_ms}&from_ms={from_ms}&to_ms={to_ms}"
    ))?;
    let truth = truth.as_array().context("no bars")?;
    let shown = &shown["bars"];
    let times = shown["time"].as_array().context("no times")?;
    ensure!(
        times.len() == truth.len(),
        "{} bars instead of {}",
        times.len(),
        truth.len()
    );
    for (row, truth) in truth.iter().enumerate() {
        ensure!(
            times[row] == truth["start_ms"],
            "a bar at {} instead of {}",
            times[row],
            truth["start_ms"]
        );
        ensure!(shown["trades"][row] == truth["fills"], "fills of {truth}");
        for name in ["open", "high", "low", "close", "volume"] {
            let found = shown[name][row]
                .as_f64()
                .with_context(|| format!("no {name}"))?;
            let expected = number(&truth[name])?;
            // Prices are the same numbers; sums may differ by their order.
            let exact = name != "volume";
            ensure!(
                found == expected || !exact && (found - expected).abs() <= 1e-12 * expected.abs(),
                "{name} is {found} instead of {expected} in {truth}"
            );
        }
    }
    Ok(truth.len())
}
