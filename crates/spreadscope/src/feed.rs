//! The exchange, and the ingestor's settings for it.

use std::path::Path;

use anyhow::{Context, ensure};
use exchange_sim::{Sim, SimConfig};
use market::{FeedMode, Symbol};

use crate::{
    cli::{DemoArgs, UpArgs},
    stop::SERVICES_PATIENCE,
    world,
};

/// Where trades come from.
pub(crate) struct Feed {
    /// The simulated exchange, bound and not running yet.
    pub(crate) sim: Option<Sim>,
    pub(crate) ingestor: ingestor::Config,
    /// For the line that says that all is ready.
    pub(crate) description: String,
}

/// The simulated exchange on a free port of this machine, and an ingestor that follows all its symbols.
pub(crate) async fn demo(
    arguments: &DemoArgs,
    state_dir: Option<&Path>,
    database_name: &str,
    database_url: &str,
) -> anyhow::Result<Feed> {
    let mut config = SimConfig {
        seed: arguments.seed,
        rate: arguments.rate,
        time_warp: arguments.warp,
        replay: arguments.replay.clone(),
        replay_speed: arguments.replay_speed,
        replay_shift: arguments.shift,
        // A recording is to be seen from its first trade on.
        wait_for_client: arguments.replay.is_some(),
        state_dir: state_dir.map(Path::to_owned),
        ..SimConfig::default()
    };
    if !arguments.symbols.is_empty() {
        config.symbols.clone_from(&arguments.symbols);
    }
    if let Some(dir) = state_dir {
        config.start_ms = world::start_ms(dir, database_name, arguments.warp)?;
    }
    let sim = Sim::bind(config)
        .await
        .context("cannot start the simulated exchange")?;
    let symbols = sim
        .series()
        .specs()
        .iter()
        .map(|spec| {
            spec.name
                .parse()
                .with_context(|| format!("{} is no symbol", spec.name))
        })
        .collect::<anyhow::Result<Vec<Symbol>>>()?;
    let mode = if arguments.replay.is_some() {
        FeedMode::Replay
    } else {
        FeedMode::Simulated
    };
    let description = match &arguments.replay {
        Some(path) => format!("replay of {}", path.display()),
        None => format!("simulated exchange, {} symbols", symbols.len()),
    };
    let mut ingestor = ingestor_config(database_url, database_name, symbols, state_dir);
    ingestor.feed_mode = Some(mode);
    ingestor.exchange_ws_url = format!("ws://{}", sim.addr());
    ingestor.exchange_rest_url = format!("http://{}", sim.addr());
    Ok(Feed {
        sim: Some(sim),
        ingestor,
        description,
    })
}

/// The symbols of `up`, checked before anything is started.
pub(crate) fn live_symbols(arguments: &UpArgs) -> anyhow::Result<Vec<Symbol>> {
    let names = arguments
        .symbols
        .iter()
        .map(|name| name.trim())
        .filter(|name| !name.is_empty());
    let symbols = names
        .map(|name| {
            name.parse()
                .with_context(|| format!("--symbols (SYMBOLS): {name:?} is no symbol"))
        })
        .collect::<anyhow::Result<Vec<Symbol>>>()?;
    ensure!(!symbols.is_empty(), "--symbols (SYMBOLS) names no symbol");
    Ok(symbols)
}

/// Binance, or whatever speaks like it at the URLs given.
pub(crate) fn live(
    arguments: &UpArgs,
    symbols: Vec<Symbol>,
    state_dir: Option<&Path>,
    database_name: &str,
    database_url: &str,
) -> Feed {
    let mut ingestor = ingestor_config(database_url, database_name, symbols, state_dir);
    ingestor
        .exchange_ws_url
        .clone_from(&arguments.exchange_ws_url);
    ingestor
        .exchange_rest_url
        .clone_from(&arguments.exchange_rest_url);
    let description = match ingestor.mode() {
        FeedMode::Live => "live from Binance".to_owned(),
        FeedMode::Simulated | FeedMode::Replay => {
            format!("simulated exchange at {}", arguments.exchange_ws_url)
        }
    };
    Feed {
        sim: None,
        ingestor,
        description,
    }
}

fn ingestor_config(
    database_url: &str,
    database_name: &str,
    symbols: Vec<Symbol>,
    state_dir: Option<&Path>,
) -> ingestor::Config {
    let mut config = ingestor::Config {
        database_url: database_url.to_owned(),
        symbols,
        symbols_file: state_dir.map(|dir| dir.join("symbols")),
        // What waits for one simulated market must not come up in another.
        spool_dir: state_dir.map(|dir| dir.join("spool").join(database_name)),
        ..ingestor::Config::default()
    };
    // It has to be through before it would be abandoned.
    let patience_ms = u64::try_from(SERVICES_PATIENCE.as_millis()).unwrap_or(u64::MAX);
    config.stop_timeout_ms = config
        .stop_timeout_ms
        .min(patience_ms.saturating_sub(1_000));
    config
}
