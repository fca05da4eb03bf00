//! The bars of one symbol and interval that the page holds.

use api_types::BarRow;

/// More than this is forgotten, oldest first: a page may stay open for months.
const MOST_BARS: usize = 20_000;

/// Bars in ascending order of time, without holes between what was read and what was streamed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct BarSeries {
    rows: Vec<BarRow>,
    /// Time from which on the stream has spoken; what was read by request does not replace it.
    streamed_from: Option<i64>,
    /// Whether nothing lies before the first bar.
    at_beginning: bool,
    /// Whether the bars are of another interval, and go with the first of the right one.
    is_void: bool,
}

/// Whether a snapshot joins what is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Join {
    /// Nothing is missing between the two.
    Seamless,
    /// Bars between what was held and the snapshot may be missing: read again.
    Torn,
}

impl BarSeries {
    pub(crate) fn rows(&self) -> &[BarRow] {
        &self.rows
    }

    pub(crate) fn first(&self) -> Option<&BarRow> {
        self.rows.first()
    }

    pub(crate) fn last(&self) -> Option<&BarRow> {
        self.rows.last()
    }

    /// Whether older bars may be asked for.
    pub(crate) fn may_grow(&self) -> bool {
        !self.at_beginning && !self.rows.is_empty() && self.rows.len() < MOST_BARS
    }

    /// The bars that a request answered, for everything up to its time. `asked` is the limit of the request: fewer bars mean that there are
    /// no older ones.
    pub(crate) fn read_latest(&mut self, rows: Vec<BarRow>, asked: usize) {
        self.clear_void();
        self.at_beginning = rows.len() < asked;
        let border = self.streamed_from.unwrap_or(i64::MAX);
        let streamed = self.rows.partition_point(|row| row.time < border);
        let mut merged = rows;
        merged.truncate(merged.partition_point(|row| row.time < border));
        merged.extend_from_slice(&self.rows[streamed..]);
        self.rows = merged;
        self.forget();
    }

    /// The bars before the first one held, as a request answered them.
    pub(crate) fn read_older(&mut self, mut older: Vec<BarRow>, asked: usize) {
        self.at_beginning = older.len() < asked;
        if let Some(first) = self.rows.first() {
            older.truncate(older.partition_point(|row| row.time < first.time));
        }
        older.append(&mut self.rows);
        self.rows = older;
    }

    /// A snapshot of the stream: it stands for everything from its first bar on.
    pub(crate) fn snapshot(
        &mut self,
        rows: impl Iterator<Item = BarRow>,
        interval_ms: i64,
    ) -> Join {
        self.clear_void();
        let mut rows = rows.peekable();
        let Some(first) = rows.peek().map(|row| row.time) else {
            return Join::Seamless;
        };
        let kept = self.rows.partition_point(|row| row.time < first);
        // A snapshot that overlaps what is held, or follows on it, joins it.
        let touches = kept < self.rows.len()
            || self
                .rows
                .last()
                .is_none_or(|last| last.time + interval_ms >= first);
        let had_bars = !self.rows.is_empty();
        self.rows.truncate(kept);
        self.rows.extend(rows);
        self.streamed_from = Some(self.streamed_from.map_or(first, |from| from.min(first)));
        self.forget();
        if had_bars && !touches {
            Join::Torn
        } else {
            Join::Seamless
        }
    }

    /// Bars that changed or are new.
    pub(crate) fn update(&mut self, rows: impl Iterator<Item = BarRow>) {
        self.clear_void();
        for row in rows {
            let at = self.rows.partition_point(|held| held.time < row.time);
            match self.rows.get_mut(at) {
                Some(held) if held.time == row.time => *held = row,
                // Late trades of a time before all that is held would leave a hole after them.
                Some(_) if at == 0 => continue,
                _ => self.rows.insert(at, row),
            }
            self.streamed_from = Some(
                self.streamed_from
                    .map_or(row.time, |from| from.min(row.time)),
            );
        }
        self.forget();
    }

    /// None of it counts any more, but it is shown until an answer or a snapshot takes its place.
    pub(crate) fn make_void(&mut self) {
        self.streamed_from = None;
        self.is_void = true;
    }

    /// What was streamed is void; the next request's answer counts for all of it.
    pub(crate) fn distrust(&mut self) {
        self.streamed_from = None;
    }

    fn forget(&mut self) {
        if let Some(surplus @ 1..) = self.rows.len().checked_sub(MOST_BARS) {
            self.rows.drain(..surplus);
            self.at_beginning = false;
        }
    }

    fn clear_void(&mut self) {
        if std::mem::take(&mut self.is_void) {
            self.rows.clear();
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use api_types::Origin;

    pub(crate) fn bar(time: i64, close: f64) -> BarRow {
        BarRow {
            time,
            open: close - 1.0,
            high: close + 2.0,
            low: close - 2.0,
            close,
            volume: 1.0,
            quote_volume: close,
            buy_volume: 0.5,
            trades: 3,
            closed: true,
            complete: true,
            origin: Origin::Trades,
        }
    }

    fn times(series: &BarSeries) -> Vec<i64> {
        series.rows().iter().map(|row| row.time).collect()
    }

    #[test]
    fn an_answer_that_comes_after_the_stream_does_not_replace_what_was_streamed() {
        let mut series = BarSeries::default();
        series.update([bar(3, 30.0), bar(4, 40.0)].into_iter());
        series.read_latest(vec![bar(1, 1.0), bar(2, 2.0), bar(3, 3.0)], 3);
        assert_eq!(times(&series), [1, 2, 3, 4]);
        assert_eq!(series.rows()[2].close, 30.0);
        assert!(!series.at_beginning);
    }

    #[test]
    fn a_snapshot_stands_for_everything_from_its_first_bar_on() {
        let mut series = BarSeries::default();
        series.read_latest(vec![bar(1, 1.0), bar(2, 2.0), bar(3, 3.0)], 10);
        assert!(series.at_beginning);
        // Bar 3 was void: the snapshot does not have it.
        let join = series.snapshot([bar(2, 9.0), bar(4, 4.0)].into_iter(), 1);
        assert_eq!(join, Join::Seamless);
        assert_eq!(times(&series), [1, 2, 4]);
        assert_eq!(series.rows()[1].close, 9.0);
    }

    #[test]
    fn a_snapshot_after_a_long_absence_is_known_to_leave_a_hole() {
        let mut series = BarSeries::default();
        assert_eq!(
            series.snapshot([bar(1, 1.0)].into_iter(), 1),
            Join::Seamless
        );
        assert_eq!(
            series.snapshot([bar(2, 2.0)].into_iter(), 1),
            Join::Seamless
        );
        assert_eq!(series.snapshot([bar(9, 9.0)].into_iter(), 1), Join::Torn);
    }

    #[test]
    fn an_update_replaces_the_bar_of_its_time_or_is_put_in_order() {
        let mut series = BarSeries::default();
        series.read_latest(vec![bar(1, 1.0), bar(3, 3.0)], 10);
        series.update([bar(3, 8.0), bar(2, 2.0), bar(4, 4.0), bar(0, 0.0)].into_iter());
        assert_eq!(times(&series), [1, 2, 3, 4]);
        assert_eq!(series.rows()[2].close, 8.0);
    }

    #[test]
    fn older_bars_are_put_before_without_overlap() {
        let mut series = BarSeries::default();
        series.read_latest(vec![bar(5, 5.0), bar(6, 6.0)], 2);
        assert!(series.may_grow());
        series.read_older(vec![bar(3, 3.0), bar(4, 4.0), bar(5, 0.0)], 5);
        assert_eq!(times(&series), [3, 4, 5, 6]);
        assert_eq!(series.rows()[2].close, 5.0);
        assert!(series.at_beginning);
    }

    #[test]
    fn bars_of_another_interval_are_shown_until_the_first_of_the_right_one() {
        let mut series = BarSeries::default();
        series.read_latest(vec![bar(1, 1.0), bar(2, 2.0)], 2);
        series.make_void();
        assert_eq!(times(&series), [1, 2]);
        series.update([bar(5, 5.0)].into_iter());
        assert_eq!(times(&series), [5]);
        series.read_latest(vec![bar(0, 1.0), bar(5, 2.0)], 2);
        assert_eq!(times(&series), [0, 5]);
    }

    #[test]
    fn a_page_that_stays_open_forgets_the_oldest_bars() {
        let mut series = BarSeries::default();
        let many = i64::try_from(MOST_BARS).unwrap() + 5;
        series.update((0..many).map(|time| bar(time, 1.0)));
        assert_eq!(series.rows().len(), MOST_BARS);
        assert_eq!(series.first().unwrap().time, 5);
    }
}
