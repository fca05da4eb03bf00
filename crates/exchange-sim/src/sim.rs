//! A simulator from its settings to its end.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    EPOCH_MS, Model, Series, SimConfig, SimError, admin,
    app::{App, Shared},
    clock::{Clock, host_ms},
    config::{ReplayEnd, Shift},
    engine::Engine,
    faults::Book,
    replay::{DAY_MS, Recording, shift_days},
    rest::{self, Limits},
    stream::{self, Hub},
    truth::{Truth, TruthFile},
};

/// How long open requests may take when the simulator stops.
const GRACE: Duration = Duration::from_secs(3);

/// A simulated exchange that listens already and trades once [`run`](Self::run) is called.
pub struct Sim {
    listener: TcpListener,
    addr: SocketAddr,
    app: App,
    engine: Engine,
    stop_at_end: bool,
}

impl Sim {
    /// Builds the market, or reads the recording, and starts to listen.
    ///
    /// # Errors
    /// When a setting makes no sense, a file cannot be read or written, or the address is taken.
    pub async fn bind(config: SimConfig) -> Result<Self, SimError> {
        config.check()?;
        let (series, start_ms, warp) = open_series(&config)?;
        let truth_file = config.truth_file.as_deref().map(|path| {
            TruthFile::create(path).map_err(|source| SimError::File {
                path: path.to_owned(),
                source,
            })
        });
        let truth_file = truth_file.transpose()?;
        let listener = TcpListener::bind(config.bind)
            .await
            .map_err(|source| SimError::Bind {
                address: config.bind,
                source,
            })?;
        let addr = listener.local_addr()?;

        let names = series.specs().iter().map(|spec| spec.name.clone());
        let symbols = names
            .enumerate()
            .map(|(symbol, name)| (name, symbol))
            .collect();
        let first: Vec<u64> = (0..series.specs().len())
            .map(|symbol| series.first_id_at(symbol, start_ms))
            .collect();
        let book = Book::default();
        for fault in &config.faults {
            book.add(fault.clone());
        }
        let stop_at_end = config.replay_end == ReplayEnd::Stop;
        let clock = Clock::new(start_ms, warp);
        if config.wait_for_client {
            clock.set(None, Some(true));
        }
        let app = App::new(Shared {
            symbols,
            clock,
            waiting: AtomicBool::new(config.wait_for_client),
            book,
            hub: Hub::new(config.client_buffer_frames),
            limits: Limits::new(config.weight_per_minute),
            truth: Truth::new(&first),
            stopping: CancellationToken::new(),
            series,
            config,
        });
        let engine = Engine::new(app.clone(), truth_file);
        Ok(Self {
            listener,
            addr,
            app,
            engine,
            stop_at_end,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The market itself, to compare with.
    #[must_use]
    pub fn series(&self) -> Arc<dyn Series> {
        Arc::clone(&self.app.series)
    }

    /// Trades and serves until `shutdown`, or, with [`ReplayEnd::Stop`], the end of the recording.
    ///
    /// # Errors
    /// When the socket fails or the ground truth cannot be written.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), SimError> {
        let Self {
            listener,
            addr,
            app,
            engine,
            stop_at_end,
        } = self;
        let (warp, _) = app.clock.state();
        tracing::info!(%addr, symbols = app.symbols.len(), exchange_ms = app.clock.now_ms(), warp, "exchange open");
        let (stopping, served) = (app.stopping.clone(), app.clone());
        let router = Router::new()
            .merge(stream::routes())
            .merge(rest::routes())
            .merge(admin::routes())
            .with_state(app)
            .into_make_service_with_connect_info::<SocketAddr>();
        let server = axum::serve(listener, router)
            .with_graceful_shutdown(stopping.clone().cancelled_owned());
        let mut server = tokio::spawn(server.into_future());
        let traded = tokio::select! {
            traded = engine.run(stop_at_end) => {
                // The end of the recording: what is queued still goes out.
                let _ = tokio::time::timeout(GRACE, served.hub.drained()).await;
                traded.map_err(SimError::from)
            }
            served = &mut server => served.map_err(std::io::Error::other).flatten().map_err(SimError::from),
            () = shutdown.cancelled() => Ok(()),
        };
        stopping.cancel();
        // Connections say goodbye; a client that holds on is left behind.
        if tokio::time::timeout(GRACE, &mut server).await.is_err() {
            server.abort();
        }
        served.tell_truth();
        tracing::info!("exchange closed");
        traded
    }
}

/// The market, the exchange time at start, and how fast it runs.
fn open_series(config: &SimConfig) -> Result<(Arc<dyn Series>, i64, f64), SimError> {
    if let Some(path) = &config.replay {
        let recording = Recording::read(path)?;
        let shift_days = match config.replay_shift {
            Shift::None => 0,
            Shift::Days => shift_days(
                config.state_dir.as_deref(),
                path,
                recording.span_ms(),
                host_ms(),
            )?,
        };
        let recording = recording.shifted(shift_days * DAY_MS);
        let (start_ms, end_ms) = recording.span_ms();
        tracing::info!(path = %path.display(), shift_days, start_ms, end_ms, "recording loaded");
        return Ok((Arc::new(recording), start_ms, config.replay_speed));
    }
    let start_ms = config.start_ms.unwrap_or_else(host_ms) + config.clock_offset_ms;
    if start_ms < EPOCH_MS {
        let reason = format!("{start_ms} lies before the first trade of all, at {EPOCH_MS}");
        return Err(SimError::Setting {
            setting: "--start-ms",
            reason,
        });
    }
    let model = Model::new(config.seed, &config.symbols, config.rate);
    Ok((Arc::new(model), start_ms, config.time_warp))
}
