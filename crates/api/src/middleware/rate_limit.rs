//! Layer: nobody asks so often that others have to wait.
//!
//! A token bucket for each client, kept as the one time at which it will be full again (the "generic cell rate
//! algorithm"). A crate would do that as well; what it would not do is keep to a fixed amount of memory while
//! still remembering whom it knows, and that is most of what follows.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    network::{Client, neighbourhood},
    problem::ApiError,
};

/// Clients that are remembered one by one, about 5 MB of them. Beyond that newcomers share one bucket.
const MOST_CLIENTS: usize = 65_536;
const NEWCOMERS: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
/// Those whose bucket is full again are forgotten at most so often, as it means to look at all.
const FORGET_PAUSE: Duration = Duration::from_secs(1);

/// The buckets of all clients.
#[derive(Debug)]
pub(crate) struct RateLimit {
    /// Time in which a bucket gains one request.
    interval: Duration,
    /// Time in which an empty bucket is full.
    depth: Duration,
    /// Whether the limit is for this machine itself, too.
    loopback: bool,
    most_clients: usize,
    buckets: Mutex<Buckets>,
}

#[derive(Debug, Default)]
struct Buckets {
    full_at: HashMap<IpAddr, Instant>,
    forgot_at: Option<Instant>,
}

impl RateLimit {
    pub(crate) fn new(per_second: u32, burst: u32, loopback: bool) -> Self {
        let interval = Duration::from_secs(1) / per_second.max(1);
        Self {
            interval,
            depth: interval * burst.max(1),
            loopback,
            most_clients: MOST_CLIENTS,
            buckets: Mutex::default(),
        }
    }

    /// Takes one request out of the client's bucket.
    ///
    /// # Errors
    /// When there is none in it: the time until there is.
    fn take(&self, ip: IpAddr, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let mut key = neighbourhood(ip);
        if !buckets.full_at.contains_key(&key) && buckets.full_at.len() >= self.most_clients {
            buckets.forget_full(now);
            if buckets.full_at.len() >= self.most_clients {
                key = NEWCOMERS;
            }
        }
        let full_at = buckets.full_at.entry(key).or_insert(now);
        let full_then = (*full_at).max(now) + self.interval;
        match (full_then - now).checked_sub(self.depth) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                *full_at = full_then;
                Ok(())
            }
        }
    }
}

impl Buckets {
    fn forget_full(&mut self, now: Instant) {
        if self.forgot_at.is_none_or(|at| now - at >= FORGET_PAUSE) {
            self.forgot_at = Some(now);
            self.full_at.retain(|_, full_at| *full_at > now);
        }
    }
}

pub(crate) async fn enforce(
    State(limit): State<Arc<RateLimit>>,
    request: Request,
    next: Next,
) -> Response {
    let client = request.extensions().get::<Client>();
    let limited = client.filter(|client| limit.loopback || !client.ip.is_loopback());
    if let Some(client) = limited
        && let Err(wait) = limit.take(client.ip, Instant::now())
    {
        metrics::counter!("api_rate_limited_total").increment(1);
        return ApiError::TooManyRequests(wait).into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(last: u16) -> IpAddr {
        IpAddr::V6([0x2001, 0xdb8, 0, last, 0, 0, 0, 1].into())
    }

    #[test]
    fn a_client_has_its_burst_then_its_rate_and_is_told_how_long_to_wait() {
        let limit = RateLimit::new(10, 5, true);
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        for _ in 0..5 {
            assert_eq!(limit.take(ip(1), at(0)), Ok(()));
        }
        assert_eq!(limit.take(ip(1), at(0)), Err(Duration::from_millis(100)));
        // To be refused costs nothing, and others have buckets of their own.
        assert_eq!(limit.take(ip(1), at(40)), Err(Duration::from_millis(60)));
        assert_eq!(limit.take(ip(2), at(40)), Ok(()));
        assert_eq!(limit.take(ip(1), at(100)), Ok(()));
        assert_eq!(limit.take(ip(1), at(100)), Err(Duration::from_millis(100)));
        // Rest fills the bucket, and no more than fills it.
        for _ in 0..5 {
            assert_eq!(limit.take(ip(1), at(60_000)), Ok(()));
        }
        assert!(limit.take(ip(1), at(60_000)).is_err());
    }

    #[test]
    fn any_number_of_clients_takes_bounded_room_and_those_that_are_known_keep_their_buckets() {
        let mut limit = RateLimit::new(1, 10, true);
        limit.most_clients = 100;
        let start = Instant::now();
        for client in 0..1_000 {
            // Newcomers share a bucket of ten once there is no room.
            assert_eq!(limit.take(ip(client), start).is_ok(), client < 110);
        }
        assert!(limit.buckets.lock().unwrap().full_at.len() <= 101);
        assert_eq!(limit.take(ip(5), start), Ok(()));
        // Once their buckets are full, clients are forgotten, and there is room again.
        let later = start + Duration::from_secs(20);
        assert_eq!(limit.take(ip(2_000), later), Ok(()));
        assert!(limit.buckets.lock().unwrap().full_at.len() <= 2);
    }
}
