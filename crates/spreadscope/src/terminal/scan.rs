//! `spreadscope scan`

use std::{path::PathBuf, sync::Arc, time::Duration};

use analytics::Progress;
use anyhow::Context;
use api_types::{ParamValue, ScanPair, ScanReport, ScanRequest, ScanSymbol};
use clap::Args;
use tokio::{task::spawn_blocking, time::interval};

use super::{
    database::DatabaseArgs,
    files, print, print_json, progress,
    table::{columns, number, time},
};

/// How often it is said how far a scan is.
const LOOK_PAUSE: Duration = Duration::from_millis(100);

/// Settings of `scan`.
#[derive(Debug, Clone, Args)]
pub struct ScanArgs {
    /// The symbols [default: all of the source, or of the files].
    pub symbols: Vec<String>,

    /// CSV files to take the symbols from instead of a database; may be given more than once.
    #[arg(long = "csv", value_name = "FILE")]
    pub files: Vec<PathBuf>,

    #[command(flatten)]
    #[expect(
        missing_docs,
        reason = "a doc comment here would replace that of the flattened flags"
    )]
    pub database: DatabaseArgs,

    /// Where symbols come from in the database: live, or dataset:ID [default: live].
    #[arg(long, conflicts_with = "files")]
    pub source: Option<String>,

    /// Length of a bar, as 1m or 4h [default: 1h, or that of the files' rows].
    #[arg(long)]
    pub interval: Option<String>,

    /// Bars that are tested, the last ones [default: 1000, or all of the files].
    #[arg(long, conflicts_with = "start_time")]
    pub limit: Option<u32>,

    /// First bar that is tested: ms since the epoch, or RFC 3339.
    #[arg(long)]
    pub start_time: Option<String>,

    /// Last bar, likewise.
    #[arg(long)]
    pub end_time: Option<String>,

    /// Bars of each fit of the walk-forward z-score [default: 500].
    #[arg(long)]
    pub lookback: Option<u32>,

    /// Bars of the rolling z-score [default: 60].
    #[arg(long)]
    pub window: Option<u32>,

    /// Buckets for which a symbol's last close may stand in for a missing one [default: 5 for 1s, else 0].
    #[arg(long)]
    pub max_fill: Option<u32>,

    /// Only pairs with at most this q.
    #[arg(long, value_name = "Q")]
    pub max_q: Option<f64>,

    /// At most so many pairs in the table; the best come first.
    #[arg(long, default_value_t = 20)]
    pub rows: usize,

    /// All pairs as JSON instead of a table, and those that could not be tested.
    #[arg(long)]
    pub json: bool,
}

pub(crate) async fn run(arguments: &ScanArgs) -> anyhow::Result<()> {
    let progress = Arc::new(Progress::default());
    let report = if arguments.files.is_empty() {
        let local = arguments.database.open().await?;
        let request = arguments.request(arguments.interval.clone());
        let made = watched(local.scan(request, progress.clone()), &progress).await;
        local.close().await;
        made?
    } else {
        let wanted = arguments.interval.as_deref();
        let series = files::many(&arguments.files, &arguments.symbols, wanted)?;
        let length = series.first().map(|one| one.interval.to_string());
        let (request, counted) = (arguments.request(length), progress.clone());
        let work = spawn_blocking(move || api::offline::scan(request, &series, &counted));
        let made = watched(work, &progress).await?;
        made.map_err(|problem| anyhow::anyhow!("{}", problem.detail))?
    };
    let mut report = report.context("nobody cancels it")?;
    if let Some(most) = arguments.max_q {
        report.pairs.retain(|pair| pair.q <= most);
    }
    if arguments.json {
        return print_json(&report);
    }
    print(&shown(&report, arguments.rows))
}

impl ScanArgs {
    fn request(&self, interval: Option<String>) -> ScanRequest {
        let symbol = |name: &String| ScanSymbol {
            symbol: name.clone(),
            source: None,
        };
        let time = |text: &Option<String>| text.clone().map(ParamValue::Text);
        ScanRequest {
            symbols: (!self.symbols.is_empty()).then(|| self.symbols.iter().map(symbol).collect()),
            source: self.source.clone(),
            interval,
            limit: self.limit,
            start_time: time(&self.start_time),
            end_time: time(&self.end_time),
            lookback: self.lookback,
            window: self.window,
            max_fill: self.max_fill,
        }
    }
}

/// The outcome of `work`, with a bar that moves meanwhile.
async fn watched<T>(work: impl Future<Output = T>, progress: &Progress) -> T {
    let bar = progress::pairs("testing");
    let mut look = interval(LOOK_PAUSE);
    tokio::pin!(work);
    let done = loop {
        tokio::select! {
            done = &mut work => break done,
            _ = look.tick() => {
                bar.set_length(progress.total() as u64);
                bar.set_position(progress.done() as u64);
            }
        }
    };
    bar.finish_and_clear();
    done
}

fn shown(report: &ScanReport, most: usize) -> String {
    let (params, summary) = (&report.params, &report.summary);
    let range = summary.start_time.zip(summary.end_time);
    let range = range.map_or_else(String::new, |(from, to)| {
        format!(", {} to {}", time(from), time(to))
    });
    let by_chance = summary.pairs as f64 / 20.0;
    let mut text = format!(
        "{} symbols, {} pairs of {}{range}\n{} with p below 5 % (by chance alone about {by_chance:.0}), {} of them with q at most 5 %\n",
        params.symbols.len(),
        summary.pairs,
        params.interval,
        summary.below_five_percent,
        summary.discoveries,
    );
    let header = [
        "y",
        "x",
        "p",
        "q",
        "β",
        "half-life",
        "Hurst",
        "correlation",
        "z",
        "bars",
    ];
    let rows: Vec<Vec<String>> = report.pairs.iter().take(most).map(row).collect();
    text += &columns(&header, &rows, 2);
    if rows.len() < report.pairs.len() {
        text += &format!(
            "\n{} more; --rows shows them",
            report.pairs.len() - rows.len()
        );
    }
    let mut reasons: Vec<(&str, usize)> = Vec::new();
    for failure in &report.failures {
        match reasons.iter_mut().find(|(why, _)| *why == failure.reason) {
            Some((_, count)) => *count += 1,
            None => reasons.push((&failure.reason, 1)),
        }
    }
    for (reason, count) in reasons {
        text += &format!("\n{count} could not be tested: {reason}");
    }
    text
}

fn row(pair: &ScanPair) -> Vec<String> {
    vec![
        pair.y.clone(),
        pair.x.clone(),
        number(pair.p_pair, 4),
        number(pair.q, 4),
        number(pair.beta, 4),
        number(pair.half_life_bars, 1),
        number(pair.hurst, 3),
        number(pair.correlation, 3),
        number(pair.z, 2),
        pair.observations.to_string(),
    ]
}
