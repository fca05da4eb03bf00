//! Which pages of klines to ask for, and in which order.

use market::Interval;
use store::history::Coverage;

/// How far back klines are wanted, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spans {
    pub(crate) m1_ms: i64,
    pub(crate) h1_ms: i64,
    pub(crate) d1_ms: i64,
}

impl Spans {
    /// The longest of them.
    pub(super) fn longest_ms(self) -> i64 {
        self.m1_ms.max(self.h1_ms).max(self.d1_ms)
    }

    /// In the order in which charts need them.
    pub(super) fn by_interval(self) -> [(Interval, i64); 3] {
        [
            (Interval::M1, self.m1_ms),
            (Interval::H1, self.h1_ms),
            (Interval::D1, self.d1_ms),
        ]
    }
}

/// A page: the klines that open in `[start_ms, end_ms]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    /// Place of the symbol among those followed.
    pub(super) symbol: usize,
    pub(super) interval: Interval,
    pub(super) start_ms: i64,
    pub(super) end_ms: i64,
    /// How many newer pages there are of the same symbol and interval.
    pub(super) rank: usize,
}

/// The pages that make `covered` reach over the last `span_ms` before `now_ms`, newest first. Only
/// klines that are closed are asked for.
pub(super) fn pages(
    symbol: usize,
    interval: Interval,
    span_ms: i64,
    now_ms: i64,
    covered: &[Coverage],
    rows_per_page: u32,
) -> Vec<Page> {
    let step = interval.ms();
    let (from, to) = (
        interval.bucket_of(now_ms - span_ms),
        interval.bucket_of(now_ms),
    );
    let page_ms = step * i64::from(rows_per_page.max(1));
    let mut pages = Vec::new();
    for (start, end) in holes(from, to, covered).into_iter().rev() {
        let mut end = end;
        while end > start {
            let page_start = start.max(end - page_ms);
            pages.push(Page {
                symbol,
                interval,
                start_ms: page_start,
                end_ms: end - step,
                rank: pages.len(),
            });
            end = page_start;
        }
    }
    pages
}

/// Puts pages of all symbols into one order: the newest of each first, so that every chart shows
/// something before any chart shows everything.
pub(super) fn newest_first(mut pages: Vec<Page>) -> Vec<Page> {
    pages.sort_by_key(|page| (page.rank, page.interval, page.symbol));
    pages
}

/// The parts of `[from, to)` that are not covered, ascending. Coverage is ascending.
pub(super) fn holes(from: i64, to: i64, covered: &[Coverage]) -> Vec<(i64, i64)> {
    let mut holes = Vec::new();
    let mut at = from;
    for range in covered {
        if range.from_ms > at {
            holes.push((at, range.from_ms.min(to)));
        }
        at = at.max(range.to_ms);
    }
    holes.push((at, to));
    holes.retain(|(start, end)| start < end);
    holes
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn range(from: i64, to: i64) -> Coverage {
        Coverage {
            from_ms: from * MINUTE,
            to_ms: to * MINUTE,
        }
    }

    fn minutes(pages: &[Page]) -> Vec<(i64, i64)> {
        pages
            .iter()
            .map(|page| (page.start_ms / MINUTE, page.end_ms / MINUTE))
            .collect()
    }

    #[test]
    fn pages_reach_back_from_the_last_closed_kline_newest_first() {
        let now = 100 * MINUTE + 30_000;
        let plan = pages(0, Interval::M1, 25 * MINUTE, now, &[], 10);
        assert_eq!(minutes(&plan), [(90, 99), (80, 89), (75, 79)]);
    }

    #[test]
    fn what_is_covered_is_not_asked_for_again() {
        let now = 100 * MINUTE;
        let plan =
            |covered: &[Coverage]| minutes(&pages(0, Interval::M1, 20 * MINUTE, now, covered, 50));
        assert_eq!(plan(&[range(80, 100)]), []);
        assert_eq!(plan(&[range(0, 200)]), []);
        assert_eq!(plan(&[range(85, 95)]), [(95, 99), (80, 84)]);
        assert_eq!(
            plan(&[range(0, 82), range(90, 91), range(98, 99)]),
            [(99, 99), (91, 97), (82, 89)]
        );
    }

    #[test]
    fn every_chart_shows_something_before_any_chart_shows_everything() {
        use Interval::{H1, M1};
        let now = 100 * 86_400_000;
        let of =
            |symbol, interval: Interval| pages(symbol, interval, 3 * interval.ms(), now, &[], 2);
        let all = [of(0, H1), of(0, M1), of(1, M1)].concat();
        let order: Vec<_> = newest_first(all)
            .iter()
            .map(|page| (page.rank, page.interval, page.symbol))
            .collect();
        assert_eq!(
            order,
            [
                (0, M1, 0),
                (0, M1, 1),
                (0, H1, 0),
                (1, M1, 0),
                (1, M1, 1),
                (1, H1, 0)
            ]
        );
    }
}
