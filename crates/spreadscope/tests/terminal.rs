//! The commands that answer and end, as a person at a terminal meets them: the real program, real files, a real database.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use api_types::{BacktestResponse, DatasetCreated, Fit, PairResponse, ScanReport};
use tempfile::TempDir;
use testkit::TestDb;

const HOUR_MS: i64 = 3_600_000;
/// 2024-08-08T00:00:00Z
const START_MS: i64 = 1_723_075_200_000;
const QUICK: [&str; 8] = [
    "--lookback",
    "100",
    "--window",
    "30",
    "--entry",
    "1.2",
    "--exit",
    "0.3",
];

/// Two hourly files of legs that keep together, with opens.
struct Files {
    dir: TempDir,
}

impl Files {
    fn new(bars: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut state = 9_u64;
        let mut draw = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
        };
        let (mut level, mut error) = (500.0, 0.0);
        let (mut y, mut x) = (
            String::from("time,open,close\n"),
            String::from("time,open,close\n"),
        );
        let mut closes = (890.0, 500.0);
        for t in 0..bars {
            let time = START_MS + t as i64 * HOUR_MS;
            let opens = closes;
            level += 2.0 * draw();
            error = 0.8 * error + 2.0 * draw();
            closes = (40.0 + 1.7 * level + error, level);
            y += &format!("{time},{:.4},{:.4}\n", opens.0, closes.0);
            x += &format!("{time},{:.4},{:.4}\n", opens.1, closes.1);
        }
        fs::write(dir.path().join("YUSDT.csv"), y).unwrap();
        fs::write(dir.path().join("XUSDT.csv"), x).unwrap();
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// `command YUSDT XUSDT` on the files.
    fn run(&self, command: &str, more: &[&str]) -> Output {
        let (y, x) = (self.path("YUSDT.csv"), self.path("XUSDT.csv"));
        let mut all = vec![
            command,
            "YUSDT",
            "XUSDT",
            "--csv",
            text(&y),
            "--csv",
            text(&x),
        ];
        all.extend(more);
        spreadscope(&all)
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn spreadscope(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_spreadscope"))
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .output()
        .unwrap()
}

/// Standard output of a command that succeeds.
#[track_caller]
fn good(output: &Output) -> String {
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What a command that fails says.
#[track_caller]
fn bad(output: &Output) -> String {
    assert!(!output.status.success());
    assert_eq!(output.stdout, b"");
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn files_are_analysed_and_traded_without_a_database() {
    let files = Files::new(600);
    let shown = good(&files.run("analyze", &[]));
    assert!(
        shown.contains("cointegrated at 5 %") && shown.contains("half-life"),
        "{shown}"
    );
    let analysed: PairResponse =
        serde_json::from_str(&good(&files.run("analyze", &["--json"]))).unwrap();
    // All bars of the files, fitted in sample as in the dashboard.
    assert_eq!(analysed.analysis.series.time.len(), 600 - 60);
    assert_eq!(
        (&analysed.params.interval[..], analysed.params.fit),
        ("1h", Some(Fit::InSample))
    );
    assert!(analysed.params.y_source.ends_with("YUSDT.csv"));
    assert!((analysed.analysis.fit.beta.unwrap() - 1.7).abs() < 0.1);

    let shown = good(&files.run("backtest", &[&QUICK[..], &["--trades"]].concat()));
    assert!(
        shown.contains("Sharpe") && shown.contains("reverted"),
        "{shown}"
    );
    let arguments = [&QUICK[..], &["--split", "0.6", "--json"]].concat();
    let traded: BacktestResponse =
        serde_json::from_str(&good(&files.run("backtest", &arguments))).unwrap();
    let found = &traded.backtest;
    assert!(found.summary.trades > 3 && found.formation.is_some());
    assert_eq!(traded.params.pair.fit, Some(Fit::WalkForward));
    let opens = fs::read_to_string(files.path("YUSDT.csv")).unwrap();
    for trade in &found.trades {
        assert!(opens.contains(&format!("{},{:.4},", trade.entry_time, trade.entry_y)));
    }
}

#[test]
fn all_pairs_of_files_are_scanned_without_a_database() {
    let files = Files::new(600);
    let wide = files.path("walk.csv");
    let mut level = 100.0;
    let mut rows = String::from("time,WALK,FLAT\n");
    for t in 0..600 {
        level += f64::from((t * 7_919 + 13) % 1_009) / 1_009.0 - 0.5;
        rows += &format!("{},{level},5\n", START_MS + i64::from(t) * HOUR_MS);
    }
    fs::write(&wide, rows).unwrap();
    let (y, x) = (files.path("YUSDT.csv"), files.path("XUSDT.csv"));
    let scan = |more: &[&str]| {
        let all = [&y, &x, &wide].map(|path| ["--csv", path.to_str().unwrap()]);
        spreadscope(&[&["scan"][..], &all.concat(), more].concat())
    };
    let report: ScanReport = serde_json::from_str(&good(&scan(&["--json"]))).unwrap();
    assert_eq!((report.summary.pairs, report.summary.failures), (3, 3));
    assert_eq!(report.params.limit, Some(600));
    let best = &report.pairs[0];
    let mut names = [best.y.as_str(), best.x.as_str()];
    names.sort_unstable();
    assert_eq!(names, ["XUSDT", "YUSDT"]);
    assert!(best.q < 0.05 && best.observations == 600, "{best:?}");
    // The pair view says the same of the better direction.
    let files_of = ["--csv", text(&y), "--csv", text(&x)];
    let more = [
        "--transform",
        "log",
        "--fit",
        "walk_forward",
        "--limit",
        "600",
        "--json",
    ];
    let pair = [&["analyze", &best.y, &best.x][..], &files_of, &more].concat();
    let view: PairResponse = serde_json::from_str(&good(&spreadscope(&pair))).unwrap();
    let p = view.analysis.tests.engle_granger_yx.unwrap().p_value;
    assert!((p - best.p_y_on_x).abs() < 1e-9, "{p} {best:?}");
    assert!((view.analysis.summary.z.unwrap() - best.z.unwrap()).abs() < 1e-8);

    let shown = good(&scan(&["--max-q", "0.05", "--interval", "2h"]));
    assert!(
        shown.contains("4 symbols, 3 pairs of 2h") && shown.contains("3 could not be tested"),
        "{shown}"
    );
    let some = good(&scan(&["XUSDT", "WALK", "--json"]));
    let some: ScanReport = serde_json::from_str(&some).unwrap();
    assert_eq!(some.pairs.len(), 1);
    assert!(bad(&scan(&["NOSUCH", "WALK"])).contains("no series NOSUCH"));
    assert!(bad(&scan(&["WALK"])).contains("2 to 500"));
    assert!(bad(&scan(&["--lookback", "5"])).contains("lookback"));
}

#[test]
fn what_is_wrong_is_said_in_a_sentence() {
    let files = Files::new(200);
    let said = |more: &[&str]| bad(&files.run("backtest", more));
    let unknown = said(&["--funding", "exchange"]);
    assert!(unknown.contains("funding: is exchange"), "{unknown}");
    assert!(said(&["--window", "2"]).contains("window"));
    assert!(said(&["--fit", "in_sample"]).contains("know the future"));
    assert!(said(&["--lookback", "5000"]).contains("it takes"));
    assert!(said(&["--interval", "90m"]).contains("no multiple"));
    let empty = text(files.dir.path());
    let nowhere = bad(&spreadscope(&[
        "analyze",
        "YUSDT",
        "XUSDT",
        "--data-dir",
        empty,
    ]));
    assert!(
        nowhere.contains("--database-url") && nowhere.contains("--csv"),
        "{nowhere}"
    );
    let y = files.path("YUSDT.csv");
    let lone = bad(&spreadscope(&[
        "analyze",
        "YUSDT",
        "ZUSDT",
        "--csv",
        text(&y),
    ]));
    assert!(
        lone.contains("no series ZUSDT") && lone.contains("YUSDT"),
        "{lone}"
    );
    let broken = files.path("XUSDT.csv");
    fs::write(&broken, "time,close\n2024-08-08,5\n2024-08-09,-5\n").unwrap();
    let told = bad(&files.run("analyze", &[]));
    assert!(
        told.contains("line 3") && told.contains("XUSDT.csv"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_into_a_database_is_worked_with_there_and_comes_out_again() {
    let db = TestDb::create().await.unwrap();
    let files = Files::new(500);
    let wide = files.path("both.csv");
    let rows = |name: &str| fs::read_to_string(files.path(name)).unwrap();
    let (y, x) = (rows("YUSDT.csv"), rows("XUSDT.csv"));
    let mut file = String::from("symbol,time,open,close\n");
    for (name, rows) in [("YUSDT", y), ("XUSDT", x)] {
        rows.lines()
            .skip(1)
            .for_each(|row| file += &format!("{name},{row}\n"));
    }
    fs::write(&wide, &file).unwrap();
    let url = db.url().to_owned();
    tokio::task::spawn_blocking(move || {
        let on = |arguments: &[&str]| spreadscope(&[arguments, &["--database-url", &url]].concat());
        let created: DatasetCreated =
            serde_json::from_str(&good(&on(&["import", text(&wide), "--json"]))).unwrap();
        let source = created.dataset.source.clone();
        assert_eq!(created.dataset.name, "both.csv");
        let shown = good(&on(&["import", text(&wide), "--name", "again"]));
        assert!(shown.contains("YUSDT") && shown.contains("1h"), "{shown}");

        let pair = [
            "YUSDT",
            "XUSDT",
            "--source",
            &source,
            "--interval",
            "1h",
            "--limit",
            "300",
        ];
        let shown = good(&on(&[&["analyze"][..], &pair].concat()));
        assert!(shown.contains("cointegrated at 5 %"), "{shown}");
        let arguments = [&["backtest"][..], &pair, &QUICK, &["--json"]].concat();
        let stored: BacktestResponse = serde_json::from_str(&good(&on(&arguments))).unwrap();
        let more = [&QUICK[..], &["--limit", "300", "--json"]].concat();
        let direct: BacktestResponse =
            serde_json::from_str(&good(&files.run("backtest", &more))).unwrap();
        assert!(stored.backtest.trades.len() > 3);
        assert_eq!(stored.backtest.trades, direct.backtest.trades);

        let arguments = ["scan", "--source", &source, "--interval", "1h", "--json"];
        let scanned: ScanReport = serde_json::from_str(&good(&on(&arguments))).unwrap();
        assert_eq!(
            (scanned.pairs.len(), scanned.params.limit),
            (1, Some(1_000))
        );
        assert!(scanned.pairs[0].q < 0.05 && scanned.pairs[0].observations == 500);

        let out = files.path("out.csv");
        good(&on(&["export", &source, "--output", text(&out)]));
        assert_eq!(fs::read_to_string(&out).unwrap().lines().count(), 1_001);
        let piped = good(&on(&["export", &source]));
        assert_eq!(piped, fs::read_to_string(&out).unwrap());
        let unknown = bad(&on(&["export", "NOUSDT"]));
        assert!(unknown.contains("no symbol"), "{unknown}");
        let broken = files.path("broken.csv");
        fs::write(&broken, "symbol,time,close\nA,2024-08-08,1\nA,never,1\n").unwrap();
        let told = bad(&on(&["import", text(&broken)]));
        assert!(told.contains("line 3"), "{told}");
    })
    .await
    .unwrap();
}
