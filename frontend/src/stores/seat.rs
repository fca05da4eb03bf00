//! A seat at the server: all pages of a browser together hold few connections, and take turns when there are more pages than seats.
//!
//! A browser opens six connections to an origin over HTTP/1.1, and a stream keeps one for itself. Hidden pages hold none; eight windows side
//! by side would still leave nothing for requests.

use leptos::prelude::*;

use crate::edge::{
    clock,
    locks::{self, Lease, Queued},
};

/// Streams of one browser at once; the other two connections are for requests.
const SEATS: usize = 4;
const NAME: &str = "spreadscope.stream.";
/// How long a page keeps its seat while others wait.
const TURN_MS: i64 = 2_500;

/// The page's seat, if it has one.
#[derive(Clone, Copy)]
pub(super) struct Seat(StoredValue<State, LocalStorage>);

#[derive(Default)]
struct State {
    lease: Option<Lease>,
    queued: Vec<Queued>,
    since: i64,
}

impl Default for Seat {
    fn default() -> Self {
        Self(StoredValue::new_local(State::default()))
    }
}

impl Seat {
    /// Calls `then` as soon as the page has a seat: now, if it has or if the browser cannot share.
    pub(super) fn take(self, then: impl Fn() + Clone + 'static) {
        if !locks::are_there() || self.0.with_value(|state| state.lease.is_some()) {
            then();
            return;
        }
        if self.0.with_value(|state| !state.queued.is_empty()) {
            return;
        }
        let queued = (0..SEATS).filter_map(|number| {
            let then = then.clone();
            locks::wait_for(&format!("{NAME}{number}"), move |lease| {
                if self.sit_down(lease) {
                    then();
                }
            })
        });
        let queued = queued.collect();
        self.0.update_value(|state| state.queued = queued);
    }

    /// Takes the lease unless there is one already: two may be granted in the same moment. Then it is given back.
    fn sit_down(self, lease: Lease) -> bool {
        self.0
            .try_update_value(|state| {
                let is_free = state.lease.is_none() && !state.queued.is_empty();
                if is_free {
                    state.lease = Some(lease);
                    state.queued.clear();
                    state.since = clock::now_ms();
                }
                is_free
            })
            .unwrap_or(false)
    }

    /// Leaves the seat, or the queue for one.
    pub(super) fn leave(self) {
        self.0.set_value(State::default());
    }

    /// Whether the page has sat for long enough to let another one.
    pub(super) fn is_turn_over(self) -> bool {
        self.0
            .with_value(|state| state.lease.is_some() && clock::now_ms() - state.since > TURN_MS)
    }
}

/// Whether other pages wait for a seat.
pub(super) async fn is_awaited() -> bool {
    locks::waiting(NAME).await > 0
}
