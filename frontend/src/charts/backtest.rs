//! Equity, drawdown, and the trades on the z-score, over one axis of time.

use api_types::{BacktestData, BacktestTrade, SpreadSide};

use super::{Sheet, sheet::level, trace};
use crate::{
    edge::plotly::{Figure, Object, column},
    model::{backtest::rows_to_draw, pair::scale::Extent},
};

/// Levels of |z|.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Levels {
    pub(crate) entry: f64,
    pub(crate) exit: f64,
    pub(crate) stop: Option<f64>,
}

/// Equity above, the share of it that is lost below, and z with an arrow for each entry and a cross for each exit.
pub(crate) fn figure(sheet: &Sheet, found: &BacktestData, levels: Levels) -> Figure {
    let palette = &sheet.palette;
    let series = &found.series;
    let equity = |row: usize| series.equity.get(row).copied();
    let lost = |row: usize| series.drawdown.get(row).map(|share| -100.0 * share);
    let z = |row: usize| series.z.get(row).copied().flatten();
    let rows = rows_to_draw(
        &series.time,
        sheet.range,
        sheet.most_points(),
        &[&equity, &lost, &z],
    );
    let x = trace::times(rows.iter().map(|row| series.time[*row]), sheet.zone);
    let values = |of: &dyn Fn(usize) -> Option<f64>| {
        column(rows.iter().map(|row| of(*row).unwrap_or(f64::NAN)))
    };
    let extent = |of: &dyn Fn(usize) -> Option<f64>| {
        let seen = rows
            .iter()
            .filter(|row| sheet.range.contains(series.time[**row]));
        Extent::of(seen.map(|row| of(*row)))
    };
    let mut traces = vec![
        trace::line(x.clone(), values(&equity), &palette.y, 1.6),
        trace::line(x.clone(), values(&lost), &palette.down, 1.2)
            .set("yaxis", "y2")
            .set("fill", "tozeroy")
            .set("fillcolor", palette.breach.as_str()),
        trace::line(x, values(&z), &palette.z, 1.2).set("yaxis", "y3"),
    ];
    for (side, symbol, colour) in [
        (SpreadSide::Long, "triangle-up", &palette.up),
        (SpreadSide::Short, "triangle-down", &palette.down),
    ] {
        let entered = seen(found, sheet, |trade| trade.entry_time);
        let entered: Vec<_> = entered.filter(|trade| trade.side == side).collect();
        traces.push(marks(
            sheet,
            found,
            &entered,
            |trade| trade.entry_time,
            symbol,
            9,
            colour,
        ));
    }
    let left: Vec<_> = seen(found, sheet, |trade| trade.exit_time).collect();
    traces.push(marks(
        sheet,
        found,
        &left,
        |trade| trade.exit_time,
        "x",
        7,
        &palette.x,
    ));
    let mut shapes = Vec::new();
    for sign in [-1.0, 1.0] {
        shapes.push(level("y3", sign * levels.entry, &palette.down, "dash"));
        shapes.push(level("y3", sign * levels.exit, &palette.crosshair, "dot"));
        let stop = levels
            .stop
            .map(|stop| level("y3", sign * stop, &palette.breach, "solid"));
        shapes.extend(stop);
    }
    shapes.extend(found.split_time.map(|time| border(sheet, time)));
    let lost_extent = extent(&lost).map(|extent| extent.with(0.0));
    let z_extent = extent(&z).map(|extent| extent.with(levels.entry).with(-levels.entry));
    sheet.figure(
        traces,
        [
            ("yaxis", sheet.values(extent(&equity), 0.62, 1.0)),
            (
                "yaxis2",
                sheet
                    .values(lost_extent, 0.41, 0.57)
                    .set("ticksuffix", " %"),
            ),
            ("yaxis3", sheet.values(z_extent, 0.0, 0.36)),
        ],
        shapes,
    )
}

fn seen<'a>(
    found: &'a BacktestData,
    sheet: &'a Sheet,
    time: impl Fn(&BacktestTrade) -> i64 + 'a,
) -> impl Iterator<Item = &'a BacktestTrade> {
    let is_seen = move |trade: &&BacktestTrade| sheet.range.contains(time(trade));
    // More marks than pixels say nothing.
    found
        .trades
        .iter()
        .filter(is_seen)
        .take(sheet.most_points())
}

/// Where the z-score was at the bars of trades.
fn marks(
    sheet: &Sheet,
    found: &BacktestData,
    trades: &[&BacktestTrade],
    time: impl Fn(&BacktestTrade) -> i64,
    symbol: &str,
    size: i32,
    colour: &str,
) -> Object {
    let series = &found.series;
    let z = |trade: &BacktestTrade| {
        let row = series.time.binary_search(&time(trade)).ok();
        row.and_then(|row| series.z[row]).unwrap_or(f64::NAN)
    };
    let x = trace::times(trades.iter().map(|trade| time(trade)), sheet.zone);
    let y = column(trades.iter().map(|trade| z(trade)));
    trace::marks(x, y, symbol, size, colour).set("yaxis", "y3")
}

/// Where the trading part begins.
fn border(sheet: &Sheet, time: i64) -> Object {
    let at = crate::edge::clock::to_wall(time, sheet.zone) as f64;
    let line = Object::new()
        .set("color", sheet.palette.crosshair.as_str())
        .set("width", 1)
        .set("dash", "dashdot");
    Object::new()
        .set("type", "line")
        .set("layer", "below")
        .set("xref", "x")
        .set("x0", at)
        .set("x1", at)
        .set("yref", "paper")
        .set("y0", 0)
        .set("y1", 1)
        .set("line", line)
}
