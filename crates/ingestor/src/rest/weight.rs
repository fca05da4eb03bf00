//! The weight of REST calls that the exchange allows a minute and IP address.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::venue::Urgency;

const WINDOW: Duration = Duration::from_secs(60);

/// Counts weight by the exchange's own figures where there are any, and by what was asked for in
/// between. Work that can wait gets half, so that the live feed always finds some left.
#[derive(Debug)]
pub struct WeightBudget(Mutex<State>);

#[derive(Debug)]
struct State {
    limit: u32,
    /// Weight used in the window, as far as is known.
    used: u32,
    /// No later than this, the exchange has begun to count anew.
    window_ends: Instant,
    /// No call before this.
    blocked_until: Option<Instant>,
}

impl WeightBudget {
    /// A budget of this much weight a minute, of which nothing is used.
    #[must_use]
    pub fn new(limit: u32) -> Self {
        Self(Mutex::new(State::new(limit, Instant::now())))
    }

    /// Changes the limit to what the exchange says that it is.
    pub fn set_limit(&self, limit: u32) {
        self.state().limit = limit.max(1);
    }

    /// Waits until `weight` may be spent, and spends it.
    pub async fn spend(&self, weight: u32, urgency: Urgency) {
        loop {
            let wait_until = match self.state().try_spend(Instant::now(), weight, urgency) {
                Ok(()) => return,
                Err(until) => until,
            };
            tokio::time::sleep_until(wait_until).await;
        }
    }

    /// Takes note of what the exchange says is used.
    pub fn observe(&self, used: u32) {
        self.state().observe(Instant::now(), used);
    }

    /// Lets no call out for this long.
    pub fn block(&self, duration: Duration) {
        self.state().block(Instant::now() + duration);
    }

    /// Weight used in the present window, as far as is known.
    #[must_use]
    pub fn used(&self) -> u32 {
        self.state().used
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new(limit: u32, now: Instant) -> Self {
        Self {
            limit: limit.max(1),
            used: 0,
            window_ends: now + WINDOW,
            blocked_until: None,
        }
    }

    fn observe(&mut self, now: Instant, used: u32) {
        // Replies can overtake each other, but a figure of less than half is a new window.
        if used < self.used / 2 {
            self.window_ends = now + WINDOW;
            self.used = used;
        }
        self.used = self.used.max(used);
    }

    fn block(&mut self, until: Instant) {
        self.blocked_until = Some(self.blocked_until.map_or(until, |set| set.max(until)));
    }

    /// Spends, or says when to try again.
    fn try_spend(&mut self, now: Instant, weight: u32, urgency: Urgency) -> Result<(), Instant> {
        if let Some(until) = self.blocked_until {
            if now < until {
                return Err(until);
            }
            self.blocked_until = None;
        }
        if now >= self.window_ends {
            self.used = 0;
            self.window_ends = now + WINDOW;
        }
        let ceiling = match urgency {
            // A tenth is left for whoever else calls from this address.
            Urgency::Live => self.limit - self.limit / 10,
            Urgency::Background => self.limit / 2,
        };
        // A call that alone is above the ceiling goes out once nothing else is counted.
        if self.used > 0 && self.used.saturating_add(weight) > ceiling {
            return Err(self.window_ends);
        }
        self.used = self.used.saturating_add(weight);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spends when that is allowed; returns how many seconds after `now` that is.
    fn spend(state: &mut State, now: Instant, weight: u32, urgency: Urgency) -> u64 {
        match state.try_spend(now, weight, urgency) {
            Ok(()) => 0,
            Err(until) => {
                state
                    .try_spend(until, weight, urgency)
                    .expect("the wait was long enough");
                (until - now).as_secs()
            }
        }
    }

    #[test]
    fn work_that_can_wait_gets_half_and_the_live_feed_the_rest() {
        let now = Instant::now();
        let mut state = State::new(100, now);
        assert_eq!(spend(&mut state, now, 50, Urgency::Background), 0);
        assert_eq!(spend(&mut state, now, 40, Urgency::Live), 0);
        assert_eq!(spend(&mut state, now, 1, Urgency::Background), 60);
        assert_eq!(state.used, 1);
    }

    #[test]
    fn the_exchanges_own_count_is_believed() {
        let now = Instant::now();
        let mut state = State::new(100, now);
        assert_eq!(spend(&mut state, now, 5, Urgency::Background), 0);
        state.observe(now, 80);
        state.observe(now, 70);
        assert_eq!(state.used, 80, "a reply that was overtaken");
        assert_eq!(
            state.try_spend(now, 5, Urgency::Background),
            Err(now + WINDOW)
        );
        let later = now + Duration::from_secs(20);
        state.observe(later, 2);
        assert_eq!(
            (state.used, state.window_ends),
            (2, later + WINDOW),
            "it counts anew"
        );
    }

    #[test]
    fn nobody_calls_while_the_exchange_wants_silence() {
        let now = Instant::now();
        let mut state = State::new(100, now);
        state.block(now + Duration::from_secs(120));
        state.block(now + Duration::from_secs(3));
        assert_eq!(spend(&mut state, now, 1, Urgency::Live), 120);
    }

    #[test]
    fn a_call_dearer_than_the_whole_share_still_goes_out() {
        let now = Instant::now();
        let mut state = State::new(10, now);
        assert_eq!(spend(&mut state, now, 20, Urgency::Background), 0);
        assert_eq!(spend(&mut state, now, 20, Urgency::Background), 60);
    }
}
