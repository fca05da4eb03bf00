//! Where the range of a followed pair begins: a matter of its parameters and the feed's clock alone, so that
//! every process comes to the same.

use market::Interval;

use crate::pairs::PairSpec;

/// A market that trades more rarely than once in so many buckets (a power of 2) has to do with fewer rows.
pub(super) const WIDEST: u32 = 6;

/// Rows wanted before the anchor: those shown, and those before them that give them every figure.
pub(super) fn rows(spec: &PairSpec) -> usize {
    spec.limit as usize + spec.warmup()
}

/// The start of the last stretch of time that is over: a multiple of a span of at least [`rows`] buckets. What
/// is followed begins anew whenever time comes to the next one.
pub(super) fn anchor_ms(spec: &PairSpec, interval: Interval, closed_until_ms: i64) -> i64 {
    let buckets = rows(spec).next_power_of_two().max(512) as i64;
    let span_ms = buckets * interval.ms();
    // Before a feed was heard of nothing is closed, which is written as the least number there is.
    let closed_until_ms = closed_until_ms.max(0);
    closed_until_ms - closed_until_ms.rem_euclid(span_ms)
}

/// Where to look for [`rows`] before the anchor, at the `widening`-th attempt.
pub(super) fn start_ms(spec: &PairSpec, interval: Interval, anchor_ms: i64, widening: u32) -> i64 {
    let buckets = (rows(spec) as i64) << widening;
    interval.bucket_of(anchor_ms.saturating_sub(buckets.saturating_mul(interval.ms())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{pairs::Defaults, params::Params};

    #[test]
    fn before_a_feed_was_heard_of_the_range_begins_where_time_does() {
        let mut params = Params::of_text("y=YUSDT&x=XUSDT", &PairSpec::FOLLOWED);
        let spec = PairSpec::read(&mut params, Defaults::VIEW).expect("a pair");
        let anchor = |closed| anchor_ms(&spec, Interval::M1, closed);
        assert_eq!((anchor(i64::MIN), anchor(-1), anchor(0)), (0, 0, 0));
        let span = 2_048 * 60_000;
        assert_eq!((anchor(span - 1), anchor(span)), (0, span));
    }
}
