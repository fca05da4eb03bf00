//! Layer: a request has its time, whoever it is that takes it.
//!
//! While the handler waits for the client's body, the client's patience runs: it may pause, and it may be slow,
//! but not for ever. All other time until the answer begins is the handler's, and so is the time between two
//! parts of the answer, unless that is an event stream.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio_util::sync::CancellationToken;

use super::body_limit::is_upload;
use crate::{patience::Patience, problem, problem::ApiError};

/// A client that sends less than this for long holds a place that others could have.
const LEAST_BYTES_PER_SECOND: f64 = 8.0 * 1_024.0;
/// What was uploaded has to be read, checked and stored before there is an answer.
const UPLOAD_TIME: Duration = Duration::from_secs(600);

/// Time that requests may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    /// Until an answer begins.
    pub(crate) answer: Duration,
    /// For which a client may send nothing of its body.
    pub(crate) body: Duration,
}

pub(crate) async fn enforce(State(times): State<Times>, request: Request, next: Next) -> Response {
    let most = if is_upload(request.method(), request.uri().path()) {
        UPLOAD_TIME.max(times.answer)
    } else {
        times.answer
    };
    let clock = Arc::new(Clock::default());
    let too_slow = CancellationToken::new();
    let request = request.map(|body| {
        Body::new(Awaited {
            body,
            patience: Patience::new(times.body, LEAST_BYTES_PER_SECOND),
            clock: Some(clock.clone()),
            too_slow: too_slow.clone(),
        })
    });
    tokio::select! {
        // What a handler says of a body that broke off is not what matters then.
        biased;
        () = too_slow.cancelled() => body_too_slow(),
        response = next.run(request) => {
            if too_slow.is_cancelled() { body_too_slow() } else { paced(response, most) }
        }
        () = clock.run_out(most) => {
            tracing::warn!(most_ms = most.as_millis(), "request timed out");
            ApiError::RequestTimeout(most).into_response()
        }
    }
}

fn body_too_slow() -> Response {
    metrics::counter!("api_slow_clients_total", "at" => "body").increment(1);
    problem::of_status(
        StatusCode::REQUEST_TIMEOUT,
        "The body of the request came too slowly, or stopped to come.",
    )
}

fn paced(response: Response, most: Duration) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE);
    if kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
        return response;
    }
    response.map(|body| {
        Body::new(Awaited {
            body,
            // Any part earns the whole time for the next.
            patience: Patience::new(most, 1e-3),
            clock: None,
            too_slow: CancellationToken::new(),
        })
    })
}

/// Time that a handler took, without that in which it waited for the client.
#[derive(Debug)]
struct Clock(Mutex<Running>);

#[derive(Debug)]
struct Running {
    taken: Duration,
    /// `None` while the client is waited for.
    since: Option<Instant>,
}

impl Default for Clock {
    fn default() -> Self {
        Self(Mutex::new(Running {
            taken: Duration::ZERO,
            since: Some(Instant::now()),
        }))
    }
}

impl Clock {
    fn pause(&self) {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(since) = running.since.take() {
            running.taken += since.elapsed();
        }
    }

    fn go_on(&self) {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.since.get_or_insert_with(Instant::now);
    }

    fn taken(&self) -> Duration {
        let running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.taken
            + running
                .since
                .map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Waits until `most` is taken.
    async fn run_out(&self, most: Duration) {
        loop {
            let left = most.saturating_sub(self.taken());
            if left.is_zero() {
                return;
            }
            // A clock that is paused may go on at any time.
            tokio::time::sleep(left.max(Duration::from_millis(10))).await;
        }
    }
}

/// A body whose parts are not waited for for ever.
struct Awaited {
    body: Body,
    patience: Patience,
    clock: Option<Arc<Clock>>,
    too_slow: CancellationToken,
}

impl HttpBody for Awaited {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        match Pin::new(&mut this.body).poll_frame(context) {
            Poll::Ready(frame) => {
                if let Some(clock) = &this.clock {
                    clock.go_on();
                }
                let data = frame
                    .as_ref()
                    .and_then(|frame| frame.as_ref().ok()?.data_ref());
                this.patience.moved(data.map_or(0, Bytes::len));
                Poll::Ready(frame)
            }
            Poll::Pending => {
                if let Some(clock) = &this.clock {
                    clock.pause();
                }
                ready!(this.patience.poll_end(context));
                this.too_slow.cancel();
                let error = std::io::Error::from(std::io::ErrorKind::TimedOut);
                Poll::Ready(Some(Err(axum::Error::new(error))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
