//! The socket: accepts connections within limits, and ends them in good order.

mod paced;
mod peers;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use axum::{Router, extract::Request};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use self::{paced::Paced, peers::Peers};
use crate::{Config, app::App, middleware::client::Peer, network::TrustedProxies};

/// Requests under way at shutdown have so long to end.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(4);
/// Pause after a failed accept, which is most often for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A bound server that does not accept connections yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    app: App,
    limits: Limits,
}

#[derive(Debug)]
struct Limits {
    connections: usize,
    /// Of one client; trusted proxies, which speak for many, may have all.
    of_one_client: u32,
    /// Whether this machine itself counts as one client.
    loopback: bool,
    proxies: TrustedProxies,
    /// A client has so long to send the head of a request, or to send another one on a connection that
    /// it keeps open (`axum::serve` would wait for ever).
    header: Duration,
    /// A client may take nothing of an answer for so long.
    send: Duration,
}

impl Server {
    /// Binds the socket. The database need not be there: until it is, `/health/ready` says why not
    /// and calls that need it answer 503.
    ///
    /// # Errors
    /// When the address is taken or not ours, when a database URL makes no sense, or when
    /// `dashboard_dir` is no directory.
    pub async fn bind(config: Config) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(config.api_bind).await.with_context(|| {
            format!(
                "cannot serve on {}: choose another with --api-bind or API_BIND",
                config.api_bind
            )
        })?;
        let app = App::new(&config, listener.local_addr()?)?;
        let limits = Limits {
            connections: config.api_max_connections as usize,
            loopback: config.limits.api_limit_loopback,
            send: Duration::from_millis(config.limits.api_send_timeout_ms),
            of_one_client: config.limits.api_max_connections_per_client,
            proxies: TrustedProxies::new(&config.access.trusted_proxies),
            header: Duration::from_millis(config.api_header_timeout_ms),
        };
        Ok(Self {
            listener,
            app,
            limits,
        })
    }

    /// The address bound, with the port that was chosen if port 0 was asked for.
    ///
    /// # Panics
    /// Never: a bound socket has an address.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.listener
            .local_addr()
            .expect("a bound socket has an address")
    }

    /// Serves until `shutdown`; then open streams are told so and ended, and requests under way are
    /// answered, within a few seconds.
    ///
    /// # Errors
    /// None at present; failures of single connections are theirs alone.
    pub async fn run(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        tracing::info!(address = %self.local_addr(), "serving");
        let Self {
            listener,
            app,
            limits,
        } = self;
        let running = app.start(&shutdown);
        accept(&listener, &app.router(), &limits, &shutdown).await;
        running.stop().await;
        tracing::info!("stopped");
        Ok(())
    }
}

async fn accept(
    listener: &TcpListener,
    router: &Router,
    limits: &Limits,
    shutdown: &CancellationToken,
) {
    let permits = Arc::new(Semaphore::new(limits.connections));
    let peers = Peers::new(limits.of_one_client);
    let connections = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        .max_buf_size(64 * 1024);

    loop {
        let permit = permits.clone().acquire_owned();
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = async { (permit.await, listener.accept().await) } => accepted,
        };
        let (Ok(permit), Ok((stream, peer))) = accepted else {
            tracing::warn!("a connection could not be accepted");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let is_here = peer.ip().is_loopback() && !limits.loopback;
        let speaks_for_many = is_here || limits.proxies.trusts(peer.ip());
        let place = peers.admit(peer.ip());
        if place.is_none() && !speaks_for_many {
            metrics::counter!("api_connections_refused_total").increment(1);
            continue;
        }
        let Ok(io) = Paced::new(stream, limits.send).map(TokioIo::new) else {
            continue;
        };
        let service = router
            .clone()
            .map_request(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(Peer(peer));
                request
            });
        let service = TowerToHyperService::new(service);
        let connection = connections.watch(http.serve_connection(io, service));
        metrics::gauge!("api_connections").increment(1.0);
        tokio::spawn(async move {
            // Clients leave as they like; that is no event.
            let _ = connection.await;
            metrics::gauge!("api_connections").decrement(1.0);
            drop((permit, place));
        });
    }
    if tokio::time::timeout(DRAIN_TIMEOUT, connections.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("connections were cut: their clients did not take what was left to send");
    }
}
