//! The application: what handlers share, the tasks behind it, and its routes.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use axum::{Router, extract::Request, routing::get};
use bytes::Bytes;
use service::{Backoff, Health};
use store::{SCHEMA_VERSION, Store, StoreError, schema};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Config, dashboard,
    hub::Hub,
    middleware::{self, host::AllowedHosts},
    openapi, problem,
    resolve::Directory,
    routes::docs,
    status::StatusReader,
};

/// How often the database is asked whether it is still there.
const CHECK_PAUSE: Duration = Duration::from_secs(2);
const RETRY_FIRST: Duration = Duration::from_millis(100);
/// Connections to the database have so long to end; the database ends what is left of them.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// What handlers share. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) directory: Directory,
    pub(crate) hub: Hub,
    pub(crate) status: StatusReader,
    /// One permit for each stream that may be open.
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) max_streams: usize,
}

/// Everything but the socket.
#[derive(Debug)]
pub(crate) struct App {
    shared: Shared,
    health: Health,
    router: Router,
}

impl App {
    pub(crate) fn new(config: &Config, bound: SocketAddr) -> anyhow::Result<Self> {
        if let Some(directory) = &config.dashboard_dir {
            anyhow::ensure!(
                directory.is_dir(),
                "DASHBOARD_DIR is {}, which is no directory",
                directory.display()
            );
        }
        let store = Store::connect_lazy(&config.database.urls(), &config.pools())
            .context("DATABASE_URL, DATABASE_READ_URL or DATABASE_LISTEN_URL cannot be used")?;
        let directory = Directory::new(store.clone());
        let status = StatusReader::new(store.clone());
        let coalesce = Duration::from_millis(config.api_coalesce_ms);
        let max_streams = config.api_max_streams as usize;
        let shared = Shared {
            hub: Hub::new(store.clone(), directory.clone(), status.clone(), coalesce),
            directory,
            store,
            status,
            streams: Arc::new(Semaphore::new(max_streams)),
            max_streams,
        };
        // The recorder must be there before the first figure is recorded.
        service::metrics::handle();
        let health = Health::default();
        health.not_ready("database", "it has not answered yet");
        health.not_ready("notifications", "they have not been heard yet");
        let hosts = Arc::new(AllowedHosts::new(&config.allowed_hosts, bound));
        let timeout = Duration::from_millis(config.api_request_timeout_ms);
        let router = middleware::wrap(routes(config, &shared, &health), hosts, timeout);
        Ok(Self {
            shared,
            health,
            router,
        })
    }

    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    /// Starts the tasks behind the routes.
    pub(crate) fn start(&self, shutdown: &CancellationToken) -> Running {
        self.shared.hub.start();
        let tasks = TaskTracker::new();
        let (store, health) = (self.shared.store.clone(), self.health.clone());
        tasks.spawn(
            shutdown
                .clone()
                .run_until_cancelled_owned(watch_database(store, health)),
        );
        let (hub, health) = (self.shared.hub.clone(), self.health.clone());
        let listening = async move {
            hub.pulse().listening().await;
            health.ready("notifications");
        };
        tasks.spawn(shutdown.clone().run_until_cancelled_owned(listening));
        // Streams end as soon as shutdown begins: a connection with an open one would never be idle.
        let (hub, shutdown) = (self.shared.hub.clone(), shutdown.clone());
        tasks.spawn(async move {
            shutdown.cancelled().await;
            hub.stop().await;
        });
        Running {
            tasks,
            store: self.shared.store.clone(),
        }
    }
}

/// The tasks behind the routes.
pub(crate) struct Running {
    tasks: TaskTracker,
    store: Store,
}

impl Running {
    /// Waits for the tasks, which end by the shutdown that they were started with.
    pub(crate) async fn stop(self) {
        self.tasks.close();
        self.tasks.wait().await;
        // A query under way is waited for, and a database that does not answer may never end one.
        if tokio::time::timeout(CLOSE_TIMEOUT, self.store.close())
            .await
            .is_err()
        {
            tracing::debug!("connections to the database were cut");
        }
    }
}

fn routes(config: &Config, shared: &Shared, health: &Health) -> Router {
    let (api, operation) = (openapi::api_routes(), openapi::operation_routes());
    let document = Bytes::from(openapi::to_json(&openapi::document()));
    let directory = config.dashboard_dir.clone();
    let api = Router::from(api)
        .fallback(problem::unknown_route)
        .with_state(shared.clone());
    Router::new()
        .nest("/api/v1", api)
        .route("/api", axum::routing::any(problem::unknown_route))
        .route("/api/{*rest}", axum::routing::any(problem::unknown_route))
        .merge(Router::from(operation).with_state(health.clone()))
        .route("/openapi.json", get(docs::document).with_state(document))
        .route("/docs", get(docs::to_index))
        .route("/docs/", get(docs::index))
        .route("/docs/{file}", get(docs::asset))
        .fallback(move |request: Request| dashboard::serve(directory.clone(), request))
}

/// Keeps `/health/ready` true to the database. What it says is for everybody, so the cause, which may
/// name hosts and users, goes to the log alone.
async fn watch_database(store: Store, health: Health) {
    let mut backoff = Backoff::new(RETRY_FIRST, CHECK_PAUSE);
    let mut away = false;
    loop {
        let pause = match check(&store).await {
            Ok(()) => {
                health.ready("database");
                if away {
                    tracing::info!("database is back");
                }
                away = false;
                backoff.reset();
                CHECK_PAUSE
            }
            Err(error) => {
                health.not_ready("database", reason(&error));
                if !away {
                    tracing::warn!(%error, "database is away");
                }
                away = true;
                backoff.next_delay()
            }
        };
        tokio::time::sleep(pause).await;
    }
}

async fn check(store: &Store) -> store::Result<()> {
    let found = schema::version(store).await?;
    if found < SCHEMA_VERSION {
        return Err(StoreError::SchemaTooOld {
            found,
            wanted: SCHEMA_VERSION,
        });
    }
    Ok(())
}

fn reason(error: &StoreError) -> String {
    match error {
        StoreError::SchemaTooOld { found, wanted } => {
            format!(
                "its schema is at version {found}, {wanted} is needed: the aggregator migrates it"
            )
        }
        _ => "it does not answer".to_owned(),
    }
}
