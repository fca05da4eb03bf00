//! Who has been silent for too long.
//!
//! A dead subscription looks alive, as pongs keep coming; so each symbol is watched by itself. A
//! symbol that is silent is subscribed again; if that does not help, and others of the connection
//! are silent too, the connection is made anew. As a market can also just be quiet, each further
//! try waits twice as long as the one before.

use std::time::{Duration, Instant};

/// Longest wait between two tries for a symbol that stays silent.
const LONGEST: Duration = Duration::from_secs(3_600);

/// What to do for a symbol that is silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remedy {
    Resubscribe,
    Reconnect,
}

/// Watches one symbol. Lives as long as the symbol is followed, across connections.
#[derive(Debug, Clone)]
pub(crate) struct SilenceWatch {
    patience: Duration,
    last_heard: Instant,
    next_try: Instant,
    tries: u32,
}

impl SilenceWatch {
    pub(crate) fn new(patience: Duration, now: Instant) -> Self {
        Self {
            patience,
            last_heard: now,
            next_try: now + patience,
            tries: 0,
        }
    }

    /// A frame of the symbol arrived.
    #[inline]
    pub(crate) fn heard(&mut self, now: Instant) {
        self.last_heard = now;
        self.tries = 0;
    }

    /// Nothing could be heard until now, as there was no connection or nobody listened. That
    /// deserves some patience, but does not make a silent symbol less silent.
    pub(crate) fn excused(&mut self, now: Instant) {
        self.next_try = self.next_try.max(now + self.patience);
        if self.tries == 0 {
            self.last_heard = now;
        }
    }

    /// For how long it has been silent, if that is too long.
    pub(crate) fn silent_for(&self, now: Instant) -> Option<Duration> {
        let silent = now.saturating_duration_since(self.last_heard);
        (silent >= self.patience).then_some(silent)
    }

    /// What to do now, if anything. A new connection costs all of its symbols some trades, so it is
    /// a remedy only when `half_silent`: when at least half of them are silent.
    pub(crate) fn remedy(&mut self, now: Instant, half_silent: bool) -> Option<Remedy> {
        self.silent_for(now)?;
        if self.tries > 0 && now < self.next_try {
            return None;
        }
        let wait = self.patience.saturating_mul(1 << self.tries.min(16));
        self.next_try = now + wait.min(LONGEST.max(self.patience));
        self.tries += 1;
        Some(if self.tries > 1 && half_silent {
            Remedy::Reconnect
        } else {
            Remedy::Resubscribe
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_symbol_is_subscribed_again_then_reconnected_ever_more_rarely() {
        let start = Instant::now();
        let at = |s| start + Duration::from_secs(s);
        let mut watch = SilenceWatch::new(Duration::from_secs(60), start);
        let tries: Vec<_> = (0..2_000)
            .filter_map(|s| watch.remedy(at(s), true).map(|remedy| (s, remedy)))
            .collect();
        use Remedy::*;
        assert_eq!(
            tries,
            [
                (60, Resubscribe),
                (120, Reconnect),
                (240, Reconnect),
                (480, Reconnect),
                (960, Reconnect),
                (1920, Reconnect)
            ]
        );
        assert_eq!(
            watch.silent_for(at(2_000)),
            Some(Duration::from_secs(2_000))
        );
    }

    #[test]
    fn a_symbol_that_is_silent_among_busy_ones_is_only_subscribed_again() {
        let start = Instant::now();
        let at = |s| start + Duration::from_secs(s);
        let mut watch = SilenceWatch::new(Duration::from_secs(60), start);
        let tries: Vec<_> = (0..900)
            .filter_map(|s| watch.remedy(at(s), false).map(|remedy| (s, remedy)))
            .collect();
        assert_eq!(tries, [60, 120, 240, 480].map(|s| (s, Remedy::Resubscribe)));
        assert_eq!(
            watch.remedy(at(960), true),
            Some(Remedy::Reconnect),
            "now the others are silent too"
        );
    }

    #[test]
    fn a_symbol_that_is_heard_again_starts_from_the_beginning() {
        let start = Instant::now();
        let at = |s| start + Duration::from_secs(s);
        let mut watch = SilenceWatch::new(Duration::from_secs(60), start);
        assert_eq!(watch.remedy(at(60), true), Some(Remedy::Resubscribe));
        assert_eq!(watch.remedy(at(130), true), Some(Remedy::Reconnect));
        watch.heard(at(131));
        assert_eq!(
            (watch.silent_for(at(190)), watch.remedy(at(190), true)),
            (None, None)
        );
        assert_eq!(watch.remedy(at(191), true), Some(Remedy::Resubscribe));
    }

    #[test]
    fn a_new_connection_does_not_end_the_silence_of_a_silent_symbol() {
        let start = Instant::now();
        let at = |s| start + Duration::from_secs(s);
        let mut watch = SilenceWatch::new(Duration::from_secs(60), start);
        watch.excused(at(50));
        assert_eq!(
            watch.remedy(at(109), true),
            None,
            "nothing was to be heard before"
        );
        assert_eq!(watch.remedy(at(110), true), Some(Remedy::Resubscribe));
        assert_eq!(watch.remedy(at(170), true), Some(Remedy::Reconnect));
        watch.excused(at(171));
        assert!(watch.silent_for(at(171)).is_some());
        assert_eq!(watch.remedy(at(200), true), None);
    }
}
