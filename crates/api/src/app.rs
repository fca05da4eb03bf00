//! The application: what handlers share, the tasks behind it, and its routes.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use axum::{Router, extract::Request, middleware::from_fn_with_state, routing::get};
use bytes::Bytes;
use service::Health;
use store::{Store, probe::Probe};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Config,
    access::Access,
    alerts::{
        evaluator::Evaluator,
        webhook::{Reach, Sender},
    },
    availability::Availability,
    dashboard,
    hub::Hub,
    jobs::Runner,
    middleware::{self, Rules, deadline::Times, host::AllowedHosts, rate_limit::RateLimit},
    network::TrustedProxies,
    openapi,
    pairs::{cache::Cache, workers::Workers},
    problem,
    resolve::Directory,
    routes::docs,
    status::StatusReader,
    uploads::Uploads,
};

/// Connections to the database have so long to end; the database ends what is left of them.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// What handlers share. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) directory: Directory,
    pub(crate) hub: Hub,
    pub(crate) status: StatusReader,
    /// Computes analyses.
    pub(crate) workers: Workers,
    /// Analyses that were computed.
    pub(crate) answers: Cache,
    pub(crate) uploads: Uploads,
    /// One permit for each stream that may be open.
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) max_streams: usize,
    pub(crate) max_alert_rules: u32,
    /// Jobs of all kinds that may wait or run at once.
    pub(crate) max_jobs: u32,
    /// Where webhooks may lead.
    pub(crate) webhooks: Reach,
}

/// Everything but the socket.
#[derive(Debug)]
pub(crate) struct App {
    shared: Shared,
    evaluator: Evaluator,
    runner: Runner,
    database: Availability,
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
        let store = Store::connect_lazy(&config.database.urls()?, &config.pools())
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
            workers: Workers::default(),
            answers: Cache::default(),
            uploads: Uploads::new(config),
            streams: Arc::new(Semaphore::new(max_streams)),
            max_streams,
            max_alert_rules: config.alerts.api_max_alert_rules,
            max_jobs: config.jobs.api_max_jobs,
            webhooks: if config.alerts.api_webhooks_anywhere {
                Reach::Anywhere
            } else {
                Reach::Public
            },
        };
        let evaluator = Evaluator {
            store: shared.store.clone(),
            hub: shared.hub.clone(),
            sessions: shared.hub.sessions().clone(),
            directory: shared.directory.clone(),
            sender: Sender::new(shared.webhooks)?,
            term: Duration::from_millis(config.alerts.api_alert_lease_ms),
        };
        let runner = Runner {
            shared: shared.clone(),
            term: Duration::from_millis(config.jobs.api_job_lease_ms),
        };
        // The recorder must be there before the first figure is recorded.
        service::metrics::handle();
        let health = Health::default();
        health.not_ready("database", "it has not answered yet");
        health.not_ready("notifications", "they have not been heard yet");
        let database = Availability::new(Duration::from_millis(config.api_database_wait_ms));
        let (given, limits) = (&config.access, &config.limits);
        given.warn_if_open(bound);
        let token = given.token()?;
        let access = Arc::new(Access::new(token.as_ref(), given.api_token_reads));
        let rules = Rules {
            proxies: TrustedProxies::new(&given.trusted_proxies),
            rate: RateLimit::new(
                limits.api_rate_per_second,
                limits.api_rate_burst,
                limits.api_limit_loopback,
            ),
            hosts: AllowedHosts::new(&given.allowed_hosts, bound),
            access: access.clone(),
            times: Times {
                answer: Duration::from_millis(config.api_request_timeout_ms),
                body: Duration::from_millis(limits.api_body_timeout_ms),
            },
        };
        let router = routes(config, &shared, &database, &health, access);
        let router = middleware::wrap(router, rules);
        Ok(Self {
            shared,
            evaluator,
            runner,
            database,
            health,
            router,
        })
    }

    pub(crate) const fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(crate) const fn database(&self) -> &Availability {
        &self.database
    }

    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    /// Starts the tasks behind the routes, and those of the one process among all that alerts and does jobs.
    pub(crate) fn start(&self, shutdown: &CancellationToken) -> Running {
        let running = self.answer(shutdown);
        let tasks = &running.tasks;
        tasks.spawn(self.evaluator.clone().run(shutdown.clone()));
        tasks.spawn(self.runner.clone().run(shutdown.clone()));
        running
    }

    /// Starts the tasks behind the routes, and nothing that acts by itself.
    pub(crate) fn answer(&self, shutdown: &CancellationToken) -> Running {
        self.shared.hub.start();
        let tasks = TaskTracker::new();
        let probe = Probe::new(&self.shared.store);
        let database = self.database.clone().watch(probe, self.health.clone());
        tasks.spawn(shutdown.clone().run_until_cancelled_owned(database));
        let notifications = watch_notifications(self.shared.hub.clone(), self.health.clone());
        tasks.spawn(shutdown.clone().run_until_cancelled_owned(notifications));
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
#[derive(Debug)]
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

fn routes(
    config: &Config,
    shared: &Shared,
    database: &Availability,
    health: &Health,
    access: Arc<Access>,
) -> Router {
    let (api, operation) = (openapi::api_routes(), openapi::operation_routes());
    let session = Router::from(openapi::session_routes()).with_state(access);
    let document = Bytes::from(openapi::to_json(&openapi::document()));
    let directory = config.dashboard_dir.clone();
    let api = Router::from(api)
        .route_layer(from_fn_with_state(
            database.clone(),
            middleware::database::guard,
        ))
        .with_state(shared.clone())
        .merge(session)
        .fallback(problem::unknown_route);
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

/// Keeps `/health/ready` true to whether notifications are heard: while they are not, streams are behind.
async fn watch_notifications(hub: Hub, health: Health) {
    let mut listening = hub.pulse().listening();
    loop {
        let heard = *listening.borrow_and_update();
        if heard {
            health.ready("notifications");
        } else {
            health.not_ready("notifications", "they are not heard: streams are behind");
        }
        if listening.changed().await.is_err() {
            return;
        }
    }
}
