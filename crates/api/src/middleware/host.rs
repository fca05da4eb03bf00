//! Layer: only names that this server goes by.
//!
//! A page of another site can point a name of its own at 127.0.0.1 and read from here as if it were
//! the same origin (DNS rebinding); it cannot choose the `Host` that the browser sends.

use std::{collections::HashSet, net::SocketAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{StatusCode, header, uri::Authority},
    middleware::Next,
    response::Response,
};

use crate::problem;

/// The names that this server goes by, in lower case, without port.
#[derive(Debug)]
pub(crate) struct AllowedHosts {
    names: HashSet<String>,
    any: bool,
}

impl AllowedHosts {
    /// `configured` besides the loopback names and the address bound; `*` allows every name.
    pub(crate) fn new(configured: &[String], bound: SocketAddr) -> Self {
        let loopback = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned);
        let ip = match bound {
            SocketAddr::V4(v4) => v4.ip().to_string(),
            SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
        };
        let configured = configured.iter().map(|name| name.trim().to_lowercase());
        let names: HashSet<String> = configured.chain(loopback).chain([ip]).collect();
        Self {
            any: names.contains("*"),
            names,
        }
    }

    fn allows(&self, authority: &str) -> bool {
        self.any || self.names.contains(&without_port(authority).to_lowercase())
    }
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        // The last colon of `[::1]` is within the address.
        Some((host, port)) if !port.ends_with(']') => host,
        _ => authority,
    }
}

pub(crate) async fn check(
    State(hosts): State<Arc<AllowedHosts>>,
    request: Request,
    next: Next,
) -> Response {
    match verdict(&hosts, &request) {
        Some(true) => next.run(request).await,
        Some(false) => problem::of_status(
            StatusCode::MISDIRECTED_REQUEST,
            "This server does not go by that `Host`; the setting ALLOWED_HOSTS adds names.",
        ),
        None => problem::of_status(StatusCode::BAD_REQUEST, "The request has no `Host` header."),
    }
}

/// Whether every name that the request gives the server is one of its own; `None` if it gives none.
fn verdict(hosts: &AllowedHosts, request: &Request) -> Option<bool> {
    let header = request
        .headers()
        .get(header::HOST)
        .map(|value| value.to_str().unwrap_or(""));
    let target = request.uri().authority().map(Authority::as_str);
    let mut named = header.into_iter().chain(target).peekable();
    named.peek()?;
    Some(named.all(|authority| hosts.allows(authority)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_names_the_bound_address_and_configured_names_are_allowed_with_any_port() {
        let hosts = AllowedHosts::new(&["Desk.example".to_owned()], ([10, 0, 0, 7], 8000).into());
        for good in [
            "localhost",
            "LOCALHOST:8501",
            "127.0.0.1:1",
            "[::1]",
            "[::1]:80",
            "10.0.0.7:8000",
            "desk.example",
        ] {
            assert!(hosts.allows(good), "{good}");
        }
        for bad in [
            "",
            "example",
            "localhost.evil.example",
            "evil.example:8000",
            "::1",
            "*",
        ] {
            assert!(!hosts.allows(bad), "{bad}");
        }
    }

    #[test]
    fn a_star_allows_every_name() {
        let hosts = AllowedHosts::new(&["*".to_owned()], ([127, 0, 0, 1], 0).into());
        assert!(hosts.allows("anything.example:1"));
    }
}
