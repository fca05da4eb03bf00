//! All of it in order: checks, database, services, the line that says so, and the way back.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use anyhow::{Context, ensure};
use market::Symbol;
use store::{DatabaseUrls, Store};
use tokio_util::sync::CancellationToken;

use crate::{
    cli::{CommonArgs, DemoArgs, UpArgs},
    database::{Database, MAIN_DATABASE},
    feed::{self, Feed},
    place::{Kind, Place},
    port, running,
    stop::{SERVICES_PATIENCE, Stop},
    tasks::Tasks,
    world,
};

/// Which stack.
#[derive(Debug)]
pub enum Stack {
    /// On the simulated exchange.
    Demo(DemoArgs),
    /// On Binance.
    Up(UpArgs),
}

/// Runs a stack until a signal stops it.
///
/// # Errors
/// A sentence for the terminal: which setting is bad, or which service failed.
pub async fn run(stack: Stack) -> anyhow::Result<ExitCode> {
    let stop = Stop::on_signals().context("cannot install signal handlers")?;
    let plan = Plan::of(stack)?;
    let common = plan.common();
    // A second instance is told of the first, not of the port that the first one has.
    let place = match common.database_url {
        Some(_) => None,
        None => Some(Place::take(common.data_dir.as_deref(), plan.kind())?),
    };
    port::check(common.bind).await?;

    let started = tokio::select! {
        () = stop.wanted.cancelled() => return Ok(ExitCode::SUCCESS),
        database = start_database(&plan, place.as_ref()) => database?,
    };
    let served = serve(&plan, place.as_ref(), &started, &stop).await;
    // Whatever happened, from here on everything stops.
    stop.wanted.cancel();
    let stopped = started.stop(&stop).await;
    served?;
    stopped?;
    tracing::info!(event = "stopped");
    Ok(if stop.forced.is_cancelled() {
        ExitCode::from(130)
    } else {
        ExitCode::SUCCESS
    })
}

/// A command whose settings have been checked as far as they can be before anything is started.
struct Plan {
    stack: Stack,
    dashboard_dir: Option<PathBuf>,
    database_name: String,
    live_symbols: Vec<Symbol>,
}

impl Plan {
    fn of(stack: Stack) -> anyhow::Result<Self> {
        let (common, database_name, live_symbols) = match &stack {
            Stack::Demo(arguments) => (
                &arguments.common,
                world::database_name(arguments)?,
                Vec::new(),
            ),
            Stack::Up(arguments) => (
                &arguments.common,
                MAIN_DATABASE.to_owned(),
                feed::live_symbols(arguments)?,
            ),
        };
        let dashboard_dir = dashboard_dir(common)?;
        Ok(Self {
            dashboard_dir,
            database_name,
            live_symbols,
            stack,
        })
    }

    fn common(&self) -> &CommonArgs {
        match &self.stack {
            Stack::Demo(arguments) => &arguments.common,
            Stack::Up(arguments) => &arguments.common,
        }
    }

    fn kind(&self) -> Kind {
        match &self.stack {
            Stack::Demo(_) => Kind::Demo,
            Stack::Up(_) => Kind::Live,
        }
    }
}

/// The dashboard that was named, else the one that the task runner builds.
fn dashboard_dir(common: &CommonArgs) -> anyhow::Result<Option<PathBuf>> {
    if let Some(dir) = &common.dashboard_dir {
        ensure!(
            dir.join("index.html").is_file(),
            "{} (--dashboard-dir) holds no built dashboard: `cargo xtask frontend` builds one into frontend/dist",
            dir.display()
        );
        return Ok(Some(dir.clone()));
    }
    let built = PathBuf::from("frontend/dist");
    let found = built.join("index.html").is_file();
    if !found {
        tracing::warn!(
            event = "no_dashboard",
            "only the API is served: `cargo xtask frontend` builds the dashboard, --dashboard-dir says where it is"
        );
    }
    Ok(found.then_some(built))
}

async fn start_database(plan: &Plan, place: Option<&Place>) -> anyhow::Result<Database> {
    match (&plan.common().database_url, place) {
        (Some(url), _) => Ok(Database::Named { url: url.clone() }),
        (None, Some(place)) => Database::start(place, &plan.database_name, plan.common()).await,
        (None, None) => unreachable!("a place is taken whenever no server is named"),
    }
}

/// Runs the services until a signal, or until one of them fails.
async fn serve(
    plan: &Plan,
    place: Option<&Place>,
    database: &Database,
    stop: &Stop,
) -> anyhow::Result<()> {
    let url = database.url();
    let _announced = place
        .map(|place| running::announce(place.dir(), url))
        .transpose()?;
    let feed = match &plan.stack {
        Stack::Demo(arguments) => {
            feed::demo(arguments, place.map(Place::dir), &plan.database_name, url).await?
        }
        Stack::Up(arguments) => feed::live(
            arguments,
            plan.live_symbols.clone(),
            place.map(Place::dir),
            &plan.database_name,
            url,
        ),
    };
    let api = bind_api(plan, url).await?;
    let aggregator = aggregator_config(plan.common(), url);
    let ready = Ready::new(&feed, api.local_addr(), place, url)?;

    let mut tasks = Tasks::default();
    start_services(&mut tasks, feed, api, aggregator, &stop.wanted);
    let ended = tokio::select! {
        // The signal first: a service that ends because of it has not ended by itself.
        biased;
        () = stop.wanted.cancelled() => Ok(()),
        error = tasks.first_end() => Err(error),
        () = database.keep_alive(&stop.wanted) => Ok(()),
        never = ready.announce() => never,
    };
    if let Err(error) = &ended {
        tracing::error!(
            event = "service_failed",
            error = format!("{error:#}"),
            "stopping everything"
        );
    }
    stop.wanted.cancel();
    let joined = tasks.join(SERVICES_PATIENCE, &stop.forced).await;
    ended.and(joined)
}

fn start_services(
    tasks: &mut Tasks,
    feed: Feed,
    api: api::Server,
    aggregator: aggregator::Config,
    shutdown: &CancellationToken,
) {
    // First, as the others wait for its migrations.
    tasks.spawn("aggregator", aggregator::run(aggregator, shutdown.clone()));
    if let Some(sim) = feed.sim {
        let shutdown = shutdown.clone();
        tasks.spawn("exchange-sim", async move { Ok(sim.run(shutdown).await?) });
    }
    tasks.spawn("ingestor", ingestor::run(feed.ingestor, shutdown.clone()));
    tasks.spawn("api", api.run(shutdown.clone()));
}

async fn bind_api(plan: &Plan, database_url: &str) -> anyhow::Result<api::Server> {
    let common = plan.common();
    let mut config = api::Config::new(common.bind, database_url);
    config.dashboard_dir.clone_from(&plan.dashboard_dir);
    config.access.clone_from(&common.access);
    api::Server::bind(config)
        .await
        .context("cannot serve the dashboard (--bind)")
}

fn aggregator_config(common: &CommonArgs, database_url: &str) -> aggregator::Config {
    let mut config = aggregator::Config::new(database_url);
    config.keep_trades_days = common.keep_trades_days;
    config
}

/// The line that says that everything is ready, once it is.
struct Ready {
    store: Store,
    line: String,
}

impl Ready {
    fn new(
        feed: &Feed,
        address: SocketAddr,
        place: Option<&Place>,
        database_url: &str,
    ) -> anyhow::Result<Self> {
        let store = Store::connect_lazy(
            &DatabaseUrls::new(database_url),
            &store::PoolSettings::default(),
        )
        .context("cannot use --database-url")?;
        let data = place.map_or_else(
            || "the named database".to_owned(),
            |place| place.dir().display().to_string(),
        );
        let line = format!(
            "Spreadscope is ready: http://{}  ({}; data in {data}; Ctrl-C stops it)",
            browsable(address),
            feed.description
        );
        Ok(Self { store, line })
    }

    /// Never returns but for a failure: the services run on.
    async fn announce(self) -> anyhow::Result<()> {
        let mut backoff = service::Backoff::new(
            std::time::Duration::from_millis(50),
            std::time::Duration::from_millis(500),
        );
        while let Err(error) = self.store.wait_for_schema(store::SCHEMA_VERSION).await {
            tracing::debug!(event = "schema_not_ready", %error);
            tokio::time::sleep(backoff.next_delay()).await;
        }
        self.store.close().await;
        println!("{}", self.line);
        std::future::pending().await
    }
}

/// An address that a browser on this machine can open: not the one that means "all".
fn browsable(address: SocketAddr) -> String {
    if address.ip().is_unspecified() || address.ip() == std::net::Ipv4Addr::LOCALHOST {
        format!("localhost:{}", address.port())
    } else {
        address.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_shown_is_one_that_a_browser_opens() {
        for (bound, shown) in [
            ("127.0.0.1:8501", "localhost:8501"),
            ("0.0.0.0:80", "localhost:80"),
            ("[::]:80", "localhost:80"),
            ("192.168.1.5:8501", "192.168.1.5:8501"),
            ("[::1]:8501", "[::1]:8501"),
        ] {
            assert_eq!(browsable(bound.parse().unwrap()), shown);
        }
    }
}
