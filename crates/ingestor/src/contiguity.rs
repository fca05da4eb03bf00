//! The gap rule: ids of trades are contiguous per symbol, so a hole is a trade that was missed.
//!
//! Order is by id alone; time and the ids of the fills say nothing. A late id fills the hole that
//! it left. Nothing here does I/O: the writer records what is found, before it stores the
//! trades behind a hole, so that a crash in between cannot hide it.

use std::collections::VecDeque;

/// Holes of one symbol that are kept in mind. More are still recorded; they are then only closed by
/// repair, not by late trades.
const MAX_OPEN: usize = 10_000;

/// Consecutive ids that are missing, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// First missing id.
    pub from_id: i64,
    /// Last missing id.
    pub to_id: i64,
    /// Time of the trade before, milliseconds since the epoch.
    pub from_ms: i64,
    /// Time of the trade after, milliseconds since the epoch.
    pub to_ms: i64,
}

/// What an id means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// The first one of a symbol that was never followed before.
    First,
    /// The one that was expected.
    Next,
    /// Some before it are missing.
    Ahead(Missing),
    /// It was missing, and is no longer.
    Filled,
    /// It was there already, or is older than all that is followed.
    Past,
}

/// What is known of one symbol's ids.
#[derive(Debug, Clone, Default)]
pub struct Contiguity {
    /// The id that should come next; `None` before the first.
    next: Option<i64>,
    /// Time of the trade with the greatest id.
    last_ms: i64,
    open: VecDeque<OpenGap>,
}

#[derive(Debug, Clone)]
struct OpenGap {
    from_id: i64,
    to_id: i64,
    /// Its row, once it has one.
    gap_id: Option<i64>,
    /// What of it is still missing: ascending, apart.
    missing: Vec<(i64, i64)>,
}

impl Contiguity {
    /// Goes on after the trade that was stored last, if there is one.
    #[must_use]
    pub fn resume(last: Option<(i64, i64)>) -> Self {
        Self {
            next: last.map(|(id, _)| id + 1),
            last_ms: last.map_or(0, |(_, time_ms)| time_ms),
            open: VecDeque::new(),
        }
    }

    /// Takes note of a gap that is recorded already and not filled.
    pub fn reopen(&mut self, gap_id: i64, from_id: i64, to_id: i64) {
        self.push(OpenGap {
            from_id,
            to_id,
            gap_id: Some(gap_id),
            missing: vec![(from_id, to_id)],
        });
    }

    /// Takes note of an id that arrived, and of its time if that is known.
    pub fn observe(&mut self, id: i64, time_ms: Option<i64>) -> Seen {
        let time_ms = time_ms.unwrap_or(self.last_ms);
        let Some(next) = self.next else {
            (self.next, self.last_ms) = (Some(id + 1), time_ms);
            return Seen::First;
        };
        if id < next {
            return if self.fill(id) {
                Seen::Filled
            } else {
                Seen::Past
            };
        }
        let from_ms = self.last_ms;
        (self.next, self.last_ms) = (Some(id + 1), time_ms);
        if id == next {
            return Seen::Next;
        }
        let missing = Missing {
            from_id: next,
            to_id: id - 1,
            from_ms,
            to_ms: time_ms.max(from_ms),
        };
        self.push(OpenGap {
            from_id: missing.from_id,
            to_id: missing.to_id,
            gap_id: None,
            missing: vec![(missing.from_id, missing.to_id)],
        });
        Seen::Ahead(missing)
    }

    /// Takes note of the row that a gap has been given.
    pub fn recorded(&mut self, missing: &Missing, gap_id: i64) {
        if let Some(gap) = self
            .open
            .iter_mut()
            .rfind(|gap| (gap.from_id, gap.to_id) == (missing.from_id, missing.to_id))
        {
            gap.gap_id = Some(gap_id);
        }
    }

    /// Rows of gaps in which nothing is missing any more; each is named once.
    pub fn take_filled(&mut self) -> Vec<i64> {
        let filled = self
            .open
            .iter()
            .filter(|gap| gap.missing.is_empty())
            .filter_map(|gap| gap.gap_id)
            .collect();
        self.open
            .retain(|gap| !gap.missing.is_empty() || gap.gap_id.is_none());
        filled
    }

    /// The id that should come next; `None` before the first.
    #[must_use]
    pub const fn expected(&self) -> Option<i64> {
        self.next
    }

    /// How many gaps are open.
    #[must_use]
    pub fn open_gaps(&self) -> usize {
        self.open
            .iter()
            .filter(|gap| !gap.missing.is_empty())
            .count()
    }

    fn push(&mut self, gap: OpenGap) {
        if self.open.len() == MAX_OPEN {
            self.open.pop_front();
        }
        self.open.push_back(gap);
    }

    /// Takes an id off every gap that lacks it; gaps found before and after a crash can overlap.
    fn fill(&mut self, id: i64) -> bool {
        let mut filled = false;
        for gap in self
            .open
            .iter_mut()
            .filter(|gap| (gap.from_id..=gap.to_id).contains(&id))
        {
            let Some(at) = gap
                .missing
                .iter()
                .position(|(from, to)| (*from..=*to).contains(&id))
            else {
                continue;
            };
            let (from, to) = gap.missing.remove(at);
            if id < to {
                gap.missing.insert(at, (id + 1, to));
            }
            if from < id {
                gap.missing.insert(at, (from, id - 1));
            }
            filled = true;
        }
        filled
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn contiguous_ids_leave_no_gap() {
        let mut ids = Contiguity::resume(None);
        assert_eq!(ids.observe(7, Some(1)), Seen::First);
        assert_eq!(ids.observe(8, Some(1)), Seen::Next);
        assert_eq!(ids.observe(8, Some(1)), Seen::Past);
        assert_eq!(ids.observe(3, Some(1)), Seen::Past);
        assert_eq!(ids.open_gaps(), 0);
    }

    #[test]
    fn a_hole_after_a_restart_is_seen_from_the_cursor_on() {
        let mut ids = Contiguity::resume(Some((100, 5_000)));
        assert_eq!(
            ids.observe(104, Some(9_000)),
            Seen::Ahead(Missing {
                from_id: 101,
                to_id: 103,
                from_ms: 5_000,
                to_ms: 9_000
            })
        );
    }

    #[test]
    fn late_ids_fill_the_hole_that_they_left_in_any_order() {
        let mut ids = Contiguity::resume(Some((1, 0)));
        let Seen::Ahead(missing) = ids.observe(6, Some(10)) else {
            panic!("no gap")
        };
        ids.recorded(&missing, 42);
        for id in [4, 2, 5] {
            assert_eq!(ids.observe(id, None), Seen::Filled);
            assert!(ids.take_filled().is_empty());
        }
        assert_eq!(ids.observe(4, None), Seen::Past);
        assert_eq!(ids.observe(3, None), Seen::Filled);
        assert_eq!((ids.open_gaps(), ids.take_filled()), (0, vec![42]));
        assert!(ids.take_filled().is_empty(), "each gap is named once");
    }

    #[test]
    fn a_gap_recorded_before_a_crash_is_filled_together_with_the_one_found_after_it() {
        let mut ids = Contiguity::resume(Some((10, 0)));
        ids.reopen(1, 11, 12);
        let Seen::Ahead(missing) = ids.observe(14, Some(1)) else {
            panic!("no gap")
        };
        ids.recorded(&missing, 2);
        for id in 11..=13 {
            ids.observe(id, None);
        }
        assert_eq!(ids.take_filled(), [1, 2]);
    }

    #[test]
    fn an_id_without_a_time_does_not_move_the_clock() {
        let mut ids = Contiguity::resume(Some((1, 500)));
        assert_eq!(ids.observe(2, None), Seen::Next);
        let Seen::Ahead(missing) = ids.observe(4, Some(600)) else {
            panic!("no gap")
        };
        assert_eq!((missing.from_ms, missing.to_ms), (500, 600));
    }

    #[test]
    fn the_number_of_gaps_in_mind_is_bounded() {
        let mut ids = Contiguity::resume(Some((0, 0)));
        for id in 1..30_000 {
            ids.observe(2 * id, None);
        }
        assert_eq!(ids.open_gaps(), MAX_OPEN);
    }

    proptest! {
        #[test]
        fn every_id_is_either_seen_or_within_an_open_gap(ids in prop::collection::vec(1_i64..80, 1..120)) {
            let mut tracker = Contiguity::resume(Some((0, 0)));
            let mut seen = BTreeSet::new();
            let mut gaps = Vec::new();
            for id in ids {
                let fresh = seen.insert(id);
                match tracker.observe(id, None) {
                    Seen::Ahead(missing) => {
                        tracker.recorded(&missing, gaps.len() as i64);
                        gaps.push((missing.from_id, missing.to_id));
                    }
                    Seen::Past => prop_assert!(!fresh),
                    Seen::First => prop_assert!(false, "resumed"),
                    Seen::Next | Seen::Filled => prop_assert!(fresh),
                }
            }
            let filled: BTreeSet<i64> = tracker.take_filled().into_iter().collect();
            let last = *seen.last().expect("at least one");
            for id in 1..=last {
                let gap = gaps.iter().position(|(from, to)| (*from..=*to).contains(&id));
                let is_open = gap.is_some_and(|gap| !filled.contains(&(gap as i64)));
                prop_assert!(seen.contains(&id) || is_open, "{id} is nowhere");
            }
            for (gap, (from, to)) in gaps.iter().enumerate() {
                let whole = (*from..=*to).all(|id| seen.contains(&id));
                prop_assert_eq!(whole, filled.contains(&(gap as i64)));
            }
        }
    }
}
