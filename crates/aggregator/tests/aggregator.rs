//! Aggregators on a real database, of the flavour that `TEST_FLAVOUR` names.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use aggregator::{Config, LEASE, Server};
use market::{Interval, Symbol, Trade, Venue};
use sqlx::{ConnectOptions, PgPool, postgres::PgConnectOptions};
use store::{
    BarRange, Store, StoredBar, SymbolId, SymbolSpec, TradeBatch, bars, leases, refresh, retention,
    symbols, trades,
};
use testkit::TestDb;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

/// A UTC midnight.
const DAY_0_MS: i64 = 1_723_075_200_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const PATIENCE: Duration = Duration::from_secs(90);

fn quick(db: &TestDb) -> Config {
    Config {
        refresh_interval_ms: 50,
        upkeep_interval_ms: 50,
        aggregator_lease_ms: 1_000,
        ..Config::new(db.url())
    }
}

/// A running aggregator that is stopped in good order by [`Running::stop`].
struct Running {
    task: JoinHandle<anyhow::Result<()>>,
    shutdown: CancellationToken,
}

impl Running {
    fn start(config: Config) -> Self {
        let shutdown = CancellationToken::new();
        Self {
            task: tokio::spawn(aggregator::run(config, shutdown.clone())),
            shutdown,
        }
    }

    async fn stop(self) {
        self.shutdown.cancel();
        tokio::time::timeout(Duration::from_secs(10), self.task)
            .await
            .expect("stops in time")
            .unwrap()
            .unwrap();
    }
}

macro_rules! wait_until {
    ($what:literal, $condition:expr) => {{
        let until = Instant::now() + PATIENCE;
        while !$condition {
            assert!(Instant::now() < until, "still waiting until {}", $what);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }};
}

/// A symbol all of whose trades are stored.
async fn symbol(store: &Store) -> SymbolId {
    let name: Symbol = "BTCUSDT".parse().unwrap();
    let registered = symbols::register(store, Venue::Simulated, &[SymbolSpec::named(name)])
        .await
        .unwrap();
    let id = registered[0].1;
    symbols::set_trades_from(store, id, DAY_0_MS).await.unwrap();
    id
}

/// `count` trades from `from_ms` on, one every `step_ms`, with ids from `first_id` on.
async fn write(store: &Store, id: SymbolId, first_id: i64, count: i64, from_ms: i64, step_ms: i64) {
    let batch: TradeBatch = (0..count)
        .map(|n| {
            let trade = Trade {
                agg_id: first_id + n,
                time_ms: from_ms + n * step_ms,
                price: 60_000.0 + ((n * 7_919) % 1_000) as f64 / 10.0,
                qty: 0.001 * (1 + n % 17) as f64,
                fills: 1 + (n % 3) as i32,
                buyer_is_maker: n % 2 == 0,
            };
            (id, trade)
        })
        .collect();
    trades::write_batch(store, &batch).await.unwrap();
}

async fn all_bars(store: &Store, id: SymbolId) -> Vec<Vec<StoredBar>> {
    let mut all = Vec::new();
    for interval in Interval::ALL {
        let range = BarRange {
            from_ms: DAY_0_MS - DAY_MS,
            to_ms: None,
            limit: 100_000,
        };
        all.push(bars::read(store, id, interval, range).await.unwrap());
    }
    all
}

fn assert_same_bars(before: &[Vec<StoredBar>], after: &[Vec<StoredBar>]) {
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-12 * a.abs().max(b.abs());
    for ((before, after), interval) in before.iter().zip(after).zip(Interval::ALL) {
        assert_eq!(before.len(), after.len(), "number of {interval} bars");
        for (a, b) in before.iter().zip(after) {
            let (a, b) = (a.bar, b.bar);
            assert_eq!(
                (a.bucket_ms, a.open, a.high, a.low, a.close),
                (b.bucket_ms, b.open, b.high, b.low, b.close)
            );
            assert_eq!(a.trades, b.trades, "{interval} at {}", a.bucket_ms);
            assert!(
                close(a.volume, b.volume) && close(a.quote_volume, b.quote_volume),
                "{a:?} {b:?}"
            );
            assert!(close(a.buy_volume, b.buy_volume), "{a:?} {b:?}");
        }
    }
}

async fn finest_watermark(store: &Store) -> i64 {
    refresh::levels(store).await.unwrap()[0]
        .watermark_ms
        .unwrap_or(i64::MIN)
}

/// Owner and epoch of the lease if it is held.
async fn holder(pool: &PgPool) -> Option<(String, i64)> {
    sqlx::query_as(
        "SELECT owner, epoch FROM leases WHERE name = $1 AND expires_at > clock_timestamp()",
    )
    .bind(LEASE)
    .fetch_optional(pool)
    .await
    .unwrap()
}

/// The newest holder's epoch; should it lose its lease and take it again, that is a new one.
async fn epoch(pool: &PgPool) -> i64 {
    sqlx::query_scalar("SELECT epoch FROM leases WHERE name = $1")
        .bind(LEASE)
        .fetch_one(pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn an_empty_database_gets_its_schema() {
    let db = TestDb::empty().await.unwrap();
    let running = Running::start(quick(&db));
    tokio::time::timeout(PATIENCE, async {
        while db
            .store()
            .wait_for_schema(store::SCHEMA_VERSION)
            .await
            .is_err()
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("the schema is migrated");
    running.stop().await;
}

#[tokio::test]
async fn services_can_log_in_by_the_passwords_in_the_files_as_soon_as_there_is_a_schema() {
    let db = TestDb::empty().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("of the {name}\n")).unwrap();
        Some(path)
    };
    let config = Config {
        ingestor_password_file: file("ingestor"),
        api_password_file: file("api"),
        reader_password_file: file("reader"),
        ..quick(&db)
    };
    let running = Running::start(config);
    let (account, place) = db.url().split_once('@').unwrap();
    let scheme = account.split("://").next().unwrap();
    for role in ["ingestor", "api", "reader"] {
        let options: PgConnectOptions = format!("{scheme}://spreadscope_{role}@{place}")
            .parse()
            .unwrap();
        let options = options.password(&format!("of the {role}"));
        wait_until!("the role can log in", options.connect().await.is_ok());
    }
    running.stop().await;

    let nowhere = Config {
        api_password_file: Some(folder.path().join("nowhere")),
        ..quick(&db)
    };
    let error = format!("{:#}", Server::bind(nowhere).await.unwrap_err());
    assert!(error.contains("API_PASSWORD_FILE"), "{error}");
}

#[tokio::test]
async fn refreshing_advances_every_level_and_leaves_the_bars_as_they_were() {
    let db = TestDb::create().await.unwrap();
    let id = symbol(db.store()).await;
    write(db.store(), id, 1, 5_000, DAY_0_MS, 30_000).await;
    let before = all_bars(db.store(), id).await;
    assert_eq!(before[0].len(), 5_000);
    assert_eq!(before[2].len(), 500);

    let running = Running::start(quick(&db));
    wait_until!("the finest level has come to the newest trades", {
        finest_watermark(db.store()).await > DAY_0_MS + 4_900 * 30_000
    });
    wait_until!("every level is materialised", {
        refresh::levels(db.store())
            .await
            .unwrap()
            .iter()
            .all(|level| level.watermark_ms.is_some_and(|ms| ms > DAY_0_MS))
    });
    assert_same_bars(&before, &all_bars(db.store(), id).await);

    // A late trade, far below every watermark.
    write(db.store(), id, 100_000, 1, DAY_0_MS + HOUR_MS + 1_001, 1).await;
    let late = all_bars(db.store(), id).await;
    assert_ne!(late[0].len(), before[0].len());
    write(
        db.store(),
        id,
        100_001,
        1_000,
        DAY_0_MS + 5_000 * 30_000,
        1_000,
    )
    .await;
    wait_until!("the refresh went on", {
        finest_watermark(db.store()).await > DAY_0_MS + 5_000 * 30_000 + 900_000
    });
    let after = all_bars(db.store(), id).await;
    let cut = |all: &[Vec<StoredBar>]| -> Vec<Vec<StoredBar>> {
        let old = |bar: &&StoredBar| {
            bar.bar.bucket_ms < DAY_0_MS + DAY_MS && bar.bar.bucket_ms >= DAY_0_MS
        };
        all.iter()
            .map(|bars| bars.iter().filter(old).copied().collect())
            .collect()
    };
    assert_same_bars(&cut(&late), &cut(&after));
    running.stop().await;
}

#[tokio::test]
async fn of_two_aggregators_one_works_and_the_other_takes_over_at_once_when_it_stops() {
    let db = TestDb::create().await.unwrap();
    let pool = PgPool::connect(db.url()).await.unwrap();
    // A term far longer than this test: only a lease that is given back can change hands.
    let config = Config {
        aggregator_lease_ms: 120_000,
        ..quick(&db)
    };
    let first = Running::start(config.clone());
    wait_until!("the first holds the lease", holder(&pool).await.is_some());
    let (first_owner, first_epoch) = holder(&pool).await.unwrap();
    let second = Running::start(Config {
        aggregator_lease_ms: 1_000,
        ..config
    });
    let id = symbol(db.store()).await;
    for round in 0..5 {
        write(
            db.store(),
            id,
            1 + round * 100,
            100,
            DAY_0_MS + round * 100_000,
            1_000,
        )
        .await;
        let written_to = DAY_0_MS + round * 100_000 + 90_000;
        wait_until!(
            "the round is refreshed",
            finest_watermark(db.store()).await >= written_to
        );
    }
    assert_eq!(
        holder(&pool).await,
        Some((first_owner.clone(), first_epoch))
    );

    first.stop().await;
    wait_until!(
        "the second holds the lease",
        holder(&pool)
            .await
            .is_some_and(|(owner, _)| owner != first_owner)
    );
    assert!(
        epoch(&pool).await > first_epoch,
        "a new holder, a new epoch"
    );
    let before = all_bars(db.store(), id).await;
    write(db.store(), id, 1_001, 100, DAY_0_MS + 500_000, 1_000).await;
    wait_until!(
        "the second refreshes",
        finest_watermark(db.store()).await >= DAY_0_MS + 590_000
    );
    assert_eq!(
        all_bars(db.store(), id).await[0].len(),
        before[0].len() + 100
    );
    second.stop().await;
}

#[tokio::test]
async fn a_standby_takes_over_from_a_holder_that_was_killed() {
    let db = TestDb::create().await.unwrap();
    let pool = PgPool::connect(db.url()).await.unwrap();
    let first = Running::start(quick(&db));
    wait_until!("the first holds the lease", holder(&pool).await.is_some());
    let (first_owner, first_epoch) = holder(&pool).await.unwrap();
    let second = Running::start(quick(&db));
    // Gone without a word, like a killed process.
    first.task.abort();
    wait_until!(
        "the second holds the lease",
        holder(&pool)
            .await
            .is_some_and(|(owner, _)| owner != first_owner)
    );
    assert!(
        epoch(&pool).await > first_epoch,
        "a new holder, a new epoch"
    );
    second.stop().await;
    assert_eq!(
        holder(&pool).await,
        None,
        "a stopped holder gives the lease back"
    );
}

#[tokio::test]
async fn a_holder_whose_lease_was_taken_stands_by_and_comes_back() {
    let db = TestDb::create().await.unwrap();
    let pool = PgPool::connect(db.url()).await.unwrap();
    let running = Running::start(quick(&db));
    wait_until!("it holds the lease", holder(&pool).await.is_some());
    let (owner, first_epoch) = holder(&pool).await.unwrap();
    // What another instance would find and do after we slept for longer than a term.
    sqlx::query("UPDATE leases SET owner = 'another', epoch = epoch + 1, expires_at = clock_timestamp() + '2 s'::interval WHERE name = $1")
        .bind(LEASE)
        .execute(&pool)
        .await
        .unwrap();
    let id = symbol(db.store()).await;
    write(db.store(), id, 1, 100, DAY_0_MS, 1_000).await;
    loop {
        // Read before the holder, so that this is how far the refresh was while the other still held the lease.
        let watermark = finest_watermark(db.store()).await;
        let held = holder(&pool).await;
        if held.is_none_or(|(holds, _)| holds != "another") {
            break;
        }
        assert_eq!(
            watermark,
            i64::MIN,
            "refreshed although another held the lease"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    wait_until!(
        "it holds the lease again",
        holder(&pool).await.is_some_and(|(holds, _)| holds == owner)
    );
    // One more for the other, one more for its return.
    assert!(epoch(&pool).await >= first_epoch + 2);
    wait_until!(
        "it refreshes again",
        finest_watermark(db.store()).await >= DAY_0_MS + 90_000
    );
    running.stop().await;
}

#[tokio::test]
async fn old_trades_are_dropped_only_when_asked_for_and_their_bars_stay() {
    let db = TestDb::create().await.unwrap();
    let id = symbol(db.store()).await;
    write(db.store(), id, 1, 5 * 24 * 60, DAY_0_MS, 60_000).await;
    let newest_ms = DAY_0_MS + 5 * DAY_MS - 60_000;
    let before = all_bars(db.store(), id).await;

    let keeps = Running::start(Config {
        compress_after_days: 0,
        ..quick(&db)
    });
    wait_until!(
        "everything is refreshed",
        finest_watermark(db.store()).await > newest_ms - HOUR_MS
    );
    assert_eq!(retention::floor_ms(db.store()).await.unwrap(), None);
    keeps.stop().await;
    assert_eq!(retention::floor_ms(db.store()).await.unwrap(), None);

    let drops = Running::start(Config {
        keep_trades_days: Some(2),
        compress_after_days: 0,
        ..quick(&db)
    });
    // The newest trade is in the last minute of the fifth day; whole days before that are dropped.
    wait_until!("old trades are dropped", {
        retention::floor_ms(db.store()).await.unwrap() == Some(DAY_0_MS + 2 * DAY_MS)
    });
    assert_same_bars(&before, &all_bars(db.store(), id).await);
    let first = trades::read(db.store(), id, 0, 1).await.unwrap()[0];
    assert!(first.time_ms >= DAY_0_MS + 2 * DAY_MS, "{first:?}");
    drops.stop().await;
}

#[tokio::test]
async fn compressed_trades_read_as_before() {
    let db = TestDb::create().await.unwrap();
    let id = symbol(db.store()).await;
    write(db.store(), id, 1, 3 * 24 * 60, DAY_0_MS, 60_000).await;
    let before = all_bars(db.store(), id).await;
    let running = Running::start(Config {
        compress_after_days: 1,
        ..quick(&db)
    });
    wait_until!(
        "everything is refreshed",
        finest_watermark(db.store()).await > DAY_0_MS + 3 * DAY_MS - HOUR_MS
    );
    if testkit::flavour() == store::Flavour::Timescale {
        let pool = PgPool::connect(db.url()).await.unwrap();
        wait_until!("old chunks are compressed", {
            let compressed: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM timescaledb_information.chunks WHERE hypertable_name = 'trades' AND is_compressed",
            )
            .fetch_one(&pool)
            .await
            .unwrap();
            compressed > 0
        });
    }
    assert_same_bars(&before, &all_bars(db.store(), id).await);
    assert_eq!(
        trades::read(db.store(), id, 0, 10_000).await.unwrap().len(),
        3 * 24 * 60
    );
    running.stop().await;
}

#[tokio::test]
async fn metrics_and_health_tell_what_it_does() {
    let db = TestDb::create().await.unwrap();
    let id = symbol(db.store()).await;
    write(db.store(), id, 1, 600, DAY_0_MS, 1_000).await;
    let server = Server::bind(Config {
        ops_bind: Some("127.0.0.1:0".parse().unwrap()),
        ..quick(&db)
    })
    .await
    .unwrap();
    let address = server.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let task = tokio::spawn(server.run(shutdown.clone()));
    wait_until!(
        "it is ready",
        get(address, "/health/ready")
            .await
            .starts_with("HTTP/1.1 200")
    );
    wait_until!(
        "a cycle was measured",
        get(address, "/metrics")
            .await
            .contains("aggregator_cycle_seconds_count")
    );
    let metrics = get(address, "/metrics").await;
    for name in [
        "aggregator_lease_held",
        "aggregator_pending_invalidations",
        "aggregator_cycle_failures_total",
    ] {
        assert!(metrics.contains(name), "{name} is missing in {metrics}");
    }
    for interval in Interval::ALL {
        let lag = format!("aggregator_level_lag_seconds{{level=\"{interval}\"}}");
        wait_until!(
            "every level's lag is there",
            get(address, "/metrics").await.contains(&lag)
        );
    }
    shutdown.cancel();
    task.await.unwrap().unwrap();
}

async fn get(address: std::net::SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_database_that_is_away_is_waited_for_and_named_by_health() {
    // A port that nothing listens on.
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let server = Server::bind(Config::new(format!("postgres://nobody@{free}/nothing")))
        .await
        .unwrap();
    let health = server.health();
    let shutdown = CancellationToken::new();
    let task = tokio::spawn(server.run(shutdown.clone()));
    wait_until!("health says that the database is away", {
        health
            .reasons()
            .get("database")
            .is_some_and(|reason| reason.contains("unavailable"))
    });
    assert!(!task.is_finished());
    shutdown.cancel();
    tokio::time::timeout(Duration::from_secs(10), task)
        .await
        .expect("stops in time")
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn bad_settings_are_named() {
    let error = Server::bind(Config::new("the database")).await.unwrap_err();
    assert!(format!("{error:#}").contains("DATABASE_URL"), "{error:#}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let config = Config {
        ops_bind: Some(taken.local_addr().unwrap()),
        ..Config::new("postgres://localhost/x")
    };
    let error = Server::bind(config).await.unwrap_err();
    assert!(format!("{error:#}").contains("--ops-bind"), "{error:#}");
}

#[tokio::test]
async fn the_program_stops_within_ten_seconds_of_sigterm_and_gives_the_lease_back() {
    let db = TestDb::create().await.unwrap();
    let pool = PgPool::connect(db.url()).await.unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_aggregator"))
        .args(["--ops-bind", "127.0.0.1:0"])
        .env("DATABASE_URL", db.url())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until!("it holds the lease", holder(&pool).await.is_some());
    let asked = Instant::now();
    assert!(
        Command::new("kill")
            .args(["-TERM", &program.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
    let status = tokio::task::spawn_blocking(move || program.wait())
        .await
        .unwrap()
        .unwrap();
    assert!(status.success(), "{status}");
    assert!(
        asked.elapsed() < Duration::from_secs(10),
        "{:?}",
        asked.elapsed()
    );
    assert!(
        leases::acquire(db.store(), LEASE, "next", Duration::from_secs(1))
            .await
            .unwrap()
            .is_some()
    );
}
