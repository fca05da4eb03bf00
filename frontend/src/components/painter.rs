//! When to redraw a chart: soon after a change, at most twice a second, never under a moving hand or in a hidden tab; and of many charts one a
//! frame, so that the page answers in between.

use std::{cell::RefCell, collections::VecDeque, time::Duration};

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};

use crate::edge::clock;

const SHORTEST_BETWEEN_MS: i64 = 500;
/// A hand that has not moved for so long has let go outside the window, where no event says so.
const LONGEST_HOLD_MS: i64 = 3_000;

thread_local! {
    /// Charts whose turn it is, one a frame.
    static QUEUE: RefCell<VecDeque<Painter>> = const { RefCell::new(VecDeque::new()) };
}

/// Calls a drawing function at the right times.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Painter(StoredValue<State, LocalStorage>);

struct State {
    draw: Box<dyn Fn()>,
    drawn_at: i64,
    held_at: Option<i64>,
    due: Option<TimeoutHandle>,
}

impl Painter {
    pub(super) fn new(draw: impl Fn() + 'static) -> Self {
        Self(StoredValue::new_local(State {
            draw: Box::new(draw),
            drawn_at: 0,
            held_at: None,
            due: None,
        }))
    }

    /// Something has changed.
    pub(super) fn request(self) {
        if self.0.with_value(|state| state.due.is_some()) {
            return;
        }
        let wait = self
            .0
            .with_value(|state| state.drawn_at + SHORTEST_BETWEEN_MS - clock::now_ms());
        let wait = Duration::from_millis(u64::try_from(wait).unwrap_or(0));
        let due = set_timeout_with_handle(move || self.enqueue(), wait);
        self.0.update_value(|state| state.due = due.ok());
    }

    /// The person did something and waits for the answer.
    pub(super) fn request_now(self) {
        self.0.update_value(|state| {
            state.drawn_at = 0;
            if let Some(due) = state.due.take() {
                due.clear();
            }
        });
        self.request();
    }

    /// The hand is moving: the chart must not change under it.
    pub(super) fn hold(self) {
        self.0
            .update_value(|state| state.held_at = Some(clock::now_ms()));
    }

    /// The hand has let go.
    pub(super) fn release(self) {
        self.0.update_value(|state| state.held_at = None);
    }

    fn enqueue(self) {
        let is_first = QUEUE.with_borrow_mut(|queue| {
            let was_empty = queue.is_empty();
            if !queue.contains(&self) {
                queue.push_back(self);
            }
            was_empty
        });
        if is_first {
            request_animation_frame(draw_next);
        }
    }

    fn draw_if_free(self) {
        let now = clock::now_ms();
        let is_held = self.0.try_update_value(|state| {
            state.due = None;
            let is_held = state
                .held_at
                .is_some_and(|held| now - held < LONGEST_HOLD_MS);
            state.drawn_at = now;
            is_held
        });
        match is_held {
            Some(true) => self.request(),
            Some(false) => self.0.with_value(|state| (state.draw)()),
            // The chart is gone.
            None => {}
        }
    }
}

fn draw_next() {
    // Its place is kept while it draws: what it asks for meanwhile starts no second row of frames.
    if let Some(painter) = QUEUE.with_borrow(|queue| queue.front().copied()) {
        painter.draw_if_free();
    }
    let is_more = QUEUE.with_borrow_mut(|queue| {
        queue.pop_front();
        !queue.is_empty()
    });
    if is_more {
        request_animation_frame(draw_next);
    }
}
