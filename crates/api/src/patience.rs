//! How long a client may keep the server waiting.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

/// Time that runs while somebody is waited for, and is earned back by what they do: whoever keeps up a least
/// rate is never at an end with it, whoever dribbles is.
#[derive(Debug)]
pub(crate) struct Patience {
    most: Duration,
    bytes_per_second: f64,
    left: Duration,
    waiting_since: Option<Instant>,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Patience {
    /// `most` at once, and for longer at no less than this rate.
    pub(crate) const fn new(most: Duration, bytes_per_second: f64) -> Self {
        Self {
            most,
            bytes_per_second,
            left: most,
            waiting_since: None,
            alarm: None,
        }
    }

    /// To be polled while there is nothing but to wait; ready when the patience is at an end.
    pub(crate) fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.waiting_since.is_none() {
            let now = Instant::now();
            self.waiting_since = Some(now);
            match &mut self.alarm {
                Some(alarm) => alarm.as_mut().reset(now + self.left),
                None => self.alarm = Some(Box::pin(sleep_until(now + self.left))),
            }
        }
        let alarm = self.alarm.as_mut().expect("it was set above");
        alarm.as_mut().poll(context)
    }

    /// They did something.
    pub(crate) fn moved(&mut self, bytes: usize) {
        let since = self.waiting_since.take();
        self.settle(since.map_or(Duration::ZERO, |since| since.elapsed()), bytes);
    }

    fn settle(&mut self, waited: Duration, bytes: usize) {
        let earned = Duration::from_secs_f64(bytes as f64 / self.bytes_per_second);
        let left = self.left.saturating_sub(waited);
        self.left = left.saturating_add(earned).min(self.most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn who_dribbles_is_waited_for_hardly_longer_than_who_does_nothing() {
        let mut patience = Patience::new(10 * SECOND, 100.0);
        for _ in 0..10 {
            patience.settle(SECOND, 1);
        }
        assert!(patience.left <= SECOND / 10);
    }

    #[test]
    fn who_keeps_up_the_rate_is_waited_for_however_long_it_takes() {
        let mut patience = Patience::new(10 * SECOND, 100.0);
        for _ in 0..1_000 {
            patience.settle(2 * SECOND, 200);
        }
        assert_eq!(patience.left, 10 * SECOND);
        // What is earned beyond that is not kept for later.
        patience.settle(Duration::ZERO, 1_000_000);
        patience.settle(10 * SECOND, 0);
        assert!(patience.left.is_zero());
    }
}
