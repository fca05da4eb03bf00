//! The last bars of a series, as its clients have them.

use std::collections::VecDeque;

use api_types::BarRow;

/// The last bars, ascending, at most `most` of them.
#[derive(Debug)]
pub(crate) struct Window {
    bars: VecDeque<BarRow>,
    most: usize,
}

impl Window {
    pub(crate) const fn new(most: usize) -> Self {
        Self {
            bars: VecDeque::new(),
            most,
        }
    }

    pub(crate) fn replace(&mut self, bars: impl IntoIterator<Item = BarRow>) {
        self.bars = bars.into_iter().collect();
    }

    pub(crate) fn clear(&mut self) {
        self.bars = VecDeque::new();
    }

    pub(crate) fn bars(&self) -> impl Iterator<Item = BarRow> + '_ {
        self.bars.iter().copied()
    }

    /// Whether a change at `time` is older than what the window shows, where there may be more.
    pub(crate) fn is_behind(&self, time: i64) -> bool {
        self.bars.len() >= self.most && self.bars.front().is_some_and(|first| time < first.time)
    }

    /// Start of the earliest bar that is not closed.
    pub(crate) fn first_open(&self) -> Option<i64> {
        // Open bars are at the end, and few.
        self.bars
            .iter()
            .rev()
            .take_while(|bar| !bar.closed)
            .last()
            .map(|bar| bar.time)
    }

    /// Takes in all bars from `from` on as they are now, and returns those that differ. `None` when one
    /// that was there is not any more, which no list of changed bars can say.
    pub(crate) fn update(&mut self, from: i64, now: Vec<BarRow>) -> Option<Vec<BarRow>> {
        let kept = self.bars.partition_point(|bar| bar.time < from);
        let before: Vec<BarRow> = self.bars.drain(kept..).collect();
        let vanished = before
            .iter()
            .any(|bar| now.binary_search_by_key(&bar.time, |now| now.time).is_err());
        let mut old = before.iter().peekable();
        let changed = now
            .iter()
            .filter(|bar| {
                while old.next_if(|old| old.time < bar.time).is_some() {}
                old.next_if(|old| old.time == bar.time) != Some(bar)
            })
            .copied()
            .collect();
        self.bars.extend(now);
        let surplus = self.bars.len().saturating_sub(self.most);
        self.bars.drain(..surplus);
        if vanished { None } else { Some(changed) }
    }
}

#[cfg(test)]
mod tests {
    use api_types::Origin;

    use super::*;

    fn bar(time: i64, close: f64, closed: bool) -> BarRow {
        BarRow {
            time,
            open: 1.0,
            high: 9.0,
            low: 1.0,
            close,
            volume: 1.0,
            quote_volume: 1.0,
            buy_volume: 1.0,
            trades: 1,
            closed,
            complete: true,
            origin: Origin::Trades,
        }
    }

    fn window() -> Window {
        let mut window = Window::new(3);
        window.replace([bar(10, 1.0, true), bar(20, 2.0, true), bar(30, 3.0, false)]);
        window
    }

    #[test]
    fn only_bars_that_differ_are_told_and_the_oldest_leave() {
        let mut window = window();
        let changed = window.update(
            20,
            vec![bar(20, 2.0, true), bar(30, 3.5, true), bar(40, 4.0, false)],
        );
        assert_eq!(changed.unwrap(), [bar(30, 3.5, true), bar(40, 4.0, false)]);
        assert_eq!(
            window.bars().map(|bar| bar.time).collect::<Vec<_>>(),
            [20, 30, 40]
        );
        assert_eq!(window.first_open(), Some(40));
    }

    #[test]
    fn a_new_bar_between_old_ones_is_told() {
        let mut window = Window::new(5);
        window.replace([bar(10, 1.0, true), bar(30, 3.0, false)]);
        let now = vec![bar(10, 1.0, true), bar(20, 2.0, true), bar(30, 3.0, false)];
        assert_eq!(window.update(10, now).unwrap(), [bar(20, 2.0, true)]);
    }

    #[test]
    fn a_bar_that_vanished_cannot_be_told_as_a_change() {
        let mut window = window();
        assert!(window.update(20, vec![bar(30, 3.0, false)]).is_none());
    }

    #[test]
    fn changes_before_a_full_window_are_behind_it() {
        assert!(window().is_behind(9) && !window().is_behind(10));
        let mut sparse = Window::new(5);
        sparse.replace([bar(10, 1.0, true)]);
        assert!(!sparse.is_behind(5));
    }
}
