//! The whole stack in one process, on a database cluster of its own.
//!
//! `demo` runs it on the simulated exchange, `up` on Binance. Either way the launcher takes a data directory for itself,
//! starts a private PostgreSQL cluster in it (or uses the server that `--database-url` names), runs every service as a
//! task of this process through the same functions as the service's own program, and prints the address of the dashboard.
//!
//! Stopping is a protocol: at the first signal the services are told and get [`stop::SERVICES_PATIENCE`] to write what
//! they hold, then the database is shut down; a second signal skips what is left of it. A killed launcher leaves its
//! database server running, and the next start adopts it.
//!
//! | module | what |
//! | --- | --- |
//! | [`cli`] | commands and settings |
//! | `place` | the data directory: where, whose, and for which kind of data |
//! | `world` | one database for each simulated world, so that their trades never mix |
//! | `port` | is the dashboard's address free? |
//! | `database` | the private cluster, or the server that was named |
//! | `feed` | the exchange and the ingestor's settings for it |
//! | `tasks` | the services: started, watched, stopped |
//! | [`stop`] | signals |
//! | `launch` | all of it in order |

pub mod cli;
mod database;
mod feed;
mod launch;
mod place;
mod port;
pub mod stop;
mod tasks;
mod world;

pub use cli::Arguments;
pub use launch::run;
