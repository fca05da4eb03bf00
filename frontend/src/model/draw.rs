//! Which candles to draw: those on screen and around it, never more than Plotly draws without a stutter.

use api_types::BarRow;

use super::TimeRange;

/// Plotly takes about 50 ms for a thousand candles and half a second for ten thousand.
pub(crate) const MOST_CANDLES: usize = 1_000;
/// Bars in one candle, when there are too many to draw each.
const GROUPS: [i64; 10] = [1, 2, 3, 5, 10, 15, 20, 30, 60, 120];

/// Candles ready to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Drawn {
    pub(crate) candles: Vec<BarRow>,
    /// How many bars one candle stands for.
    pub(crate) bars_per_candle: i64,
    /// Lowest and highest price on screen.
    pub(crate) prices: Option<(f64, f64)>,
    /// Greatest volume of a candle on screen.
    pub(crate) volume: f64,
}

/// Cuts out what `range` shows, and half a screen to either side for the next move of the hand.
/// On screen there are about `most` candles at most.
pub(crate) fn select(all: &[BarRow], range: TimeRange, interval_ms: i64, most: usize) -> Drawn {
    let margin = range.span() / 2;
    let wide = slice(all, range.from - margin, range.to + margin);
    let narrow = slice(all, range.from - interval_ms, range.to);
    // The margin is given up before candles are joined.
    let most = most.clamp(20, MOST_CANDLES);
    let mut rows = if narrow.len() <= most && wide.len() <= MOST_CANDLES {
        wide
    } else {
        narrow
    };
    let bars_per_candle = GROUPS
        .into_iter()
        .find(|group| narrow.len() as i64 <= group * (most as i64 - 1))
        .unwrap_or(GROUPS[GROUPS.len() - 1]);
    let width = bars_per_candle * interval_ms;
    if let (Some(first), Some(last)) = (rows.first(), rows.last()) {
        // A joined candle is made of all its bars, also at the edge.
        rows = slice(all, first.time.div_euclid(width) * width, last.time);
    }
    let candles = join(rows, width);
    let seen = || {
        let on_screen = |bar: &&BarRow| bar.time + width > range.from && bar.time <= range.to;
        candles.iter().filter(on_screen)
    };
    let low = seen().map(|bar| bar.low).reduce(f64::min);
    let high = seen().map(|bar| bar.high).reduce(f64::max);
    let volume = seen().map(|bar| bar.volume).fold(0.0, f64::max);
    Drawn {
        bars_per_candle,
        prices: low.zip(high),
        volume,
        candles,
    }
}

fn slice(rows: &[BarRow], from: i64, to: i64) -> &[BarRow] {
    let start = rows.partition_point(|row| row.time < from);
    let end = rows.partition_point(|row| row.time <= to);
    &rows[start..end.max(start)]
}

/// Joins bars into longer ones on the same grid as the server's.
fn join(rows: &[BarRow], width_ms: i64) -> Vec<BarRow> {
    let mut joined: Vec<BarRow> = Vec::new();
    for row in rows {
        let bucket = row.time.div_euclid(width_ms) * width_ms;
        match joined.last_mut() {
            Some(candle) if candle.time == bucket => {
                candle.high = candle.high.max(row.high);
                candle.low = candle.low.min(row.low);
                candle.close = row.close;
                candle.volume += row.volume;
                candle.quote_volume += row.quote_volume;
                candle.buy_volume += row.buy_volume;
                candle.trades += row.trades;
                candle.closed &= row.closed;
                candle.complete &= row.complete;
            }
            _ => joined.push(BarRow {
                time: bucket,
                ..*row
            }),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::series::tests::bar;

    fn rows(count: i64) -> Vec<BarRow> {
        (0..count)
            .map(|index| bar(index * 60_000, 100.0 + index as f64))
            .collect()
    }

    #[test]
    fn what_is_on_screen_is_drawn_with_half_a_screen_to_either_side() {
        let range = TimeRange {
            from: 100 * 60_000,
            to: 200 * 60_000,
        };
        let drawn = select(&rows(1_000), range, 60_000, MOST_CANDLES);
        assert_eq!(drawn.bars_per_candle, 1);
        assert_eq!(drawn.candles.first().unwrap().time, 50 * 60_000);
        assert_eq!(drawn.candles.last().unwrap().time, 250 * 60_000);
        // The price axis fits what is seen, not the margins.
        assert_eq!(drawn.prices, Some((198.0, 302.0)));
    }

    #[test]
    fn there_are_never_more_than_a_thousand_candles_and_joined_ones_lose_nothing() {
        for count in [999, 1_000, 1_001, 2_500, 9_000, 20_000] {
            let all = rows(count);
            let range = TimeRange {
                from: 0,
                to: count * 60_000,
            };
            let drawn = select(&all, range, 60_000, MOST_CANDLES);
            assert!(
                drawn.candles.len() <= MOST_CANDLES,
                "{count}: {}",
                drawn.candles.len()
            );
            let volume: f64 = drawn.candles.iter().map(|candle| candle.volume).sum();
            assert_eq!(volume, count as f64);
            assert_eq!(drawn.candles[0].open, all[0].open);
            assert_eq!(
                drawn.candles.last().unwrap().close,
                all.last().unwrap().close
            );
            assert!(
                drawn
                    .candles
                    .iter()
                    .all(|c| c.time % (drawn.bars_per_candle * 60_000) == 0)
            );
        }
    }

    #[test]
    fn a_range_without_bars_draws_nothing() {
        let drawn = select(
            &rows(10),
            TimeRange {
                from: 10_000_000,
                to: 20_000_000,
            },
            60_000,
            MOST_CANDLES,
        );
        assert!(drawn.candles.is_empty());
        assert_eq!(drawn.prices, None);
    }

    #[test]
    fn a_narrow_chart_draws_fewer_candles_of_more_bars_each() {
        let all = rows(1_000);
        let range = TimeRange {
            from: 0,
            to: 1_000 * 60_000,
        };
        let drawn = select(&all, range, 60_000, 100);
        assert_eq!(drawn.bars_per_candle, 15);
        assert!(drawn.candles.len() <= 100);
    }
}
