//! The HTTP API: REST and server-sent events.
//!
//! [`Server::bind`] takes the socket, [`Server::run`] serves until it is told to stop. Everything is
//! answered from the database, so that any number of these processes can run side by side; the database
//! may come and go meanwhile.
//!
//! | module | what |
//! | --- | --- |
//! | [`config`] | settings |
//! | `server` | the socket: limits on connections, slow clients, graceful end |
//! | `app` | what handlers share, the tasks behind it, the table of routes |
//! | `access` | the token, and the cookie for it |
//! | `network` | addresses: who is one client, which proxies are believed |
//! | `patience` | how long a client may keep the server waiting |
//! | `availability` | whether the database can be used |
//! | `middleware` | what happens to every request, in one ordered list |
//! | `routes` | a handler a file |
//! | `params`, `body` | query strings and JSON bodies, parsed strictly |
//! | `pairs` | pair analytics: parameters, bars, figures |
//! | `problem` | every error, as RFC 9457 |
//! | `csv` | downloads, written while they are sent |
//! | `uploads` | files on their way to a dataset |
//! | `hub` | live data: heard once, read once, sent to every client |
//! | `live` | closes and analyses that follow the market, shared by everybody who asks for the same |
//! | `radar` | every pair of the feed, followed at once |
//! | `jobs`, `scans`, `sweeps` | work in the background, done by one process |
//! | `tenure` | the times in which this process holds a lease |
//! | `backtest`, `ticket` | what trading a pair would have brought, and the orders that it takes now |
//! | `alerts` | alert rules: evaluated by one process, told to everybody |
//! | [`Local`], [`offline`] | the same answers without a socket, and of bars from anywhere without a database |
//! | `dashboard` | the static files of the page |
//! | [`openapi`] | the document that describes all this |
//!
//! JSON shapes are in [`api_types`], SQL is in [`store`].

mod access;
mod alerts;
mod app;
mod availability;
mod backtest;
mod body;
pub mod config;
mod convert;
mod csv;
mod dashboard;
mod hub;
mod jobs;
mod live;
mod local;
mod middleware;
mod network;
pub mod offline;
pub mod openapi;
mod pairs;
mod params;
mod patience;
mod problem;
mod radar;
mod resolve;
mod routes;
mod scans;
mod server;
mod source;
mod status;
mod sweeps;
mod tenure;
mod ticket;
mod uploads;
mod watchlist;

use tokio_util::sync::CancellationToken;

pub use config::{AccessArgs, Config, DatabaseArgs, LimitArgs};
pub use local::{Local, LocalError};
pub use server::Server;

/// Binds and serves until `shutdown`.
///
/// # Errors
/// Those of [`Server::bind`] and [`Server::run`].
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    Server::bind(config).await?.run(shutdown).await
}
