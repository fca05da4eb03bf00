//! Series of CSV files, of every layout that the API takes.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};
use api::offline::Series;
use api_types::BarLength;
use dataset_file::{FileError, Limits, Options, Row, SeriesSummary, Spool, read};
use store::datasets::{BucketLength, DatasetBar, Resampler};

use super::progress;

/// The series of these names, of bars of one length: `interval`, or that of their rows.
pub(super) fn legs(
    files: &[PathBuf],
    names: [&str; 2],
    interval: Option<&str>,
) -> anyhow::Result<[Series; 2]> {
    let found = read_all(files)?;
    let picked = [pick(&found, names[0])?, pick(&found, names[1])?];
    let both = <[Series; 2]>::try_from(of_one_length(&picked, interval)?);
    Ok(both.expect("there are as many as were picked"))
}

/// The series of these names, or without names all of them, of bars of one length likewise.
pub(super) fn many(
    files: &[PathBuf],
    names: &[String],
    interval: Option<&str>,
) -> anyhow::Result<Vec<Series>> {
    let found = read_all(files)?;
    let picked: Vec<&FileSeries> = if names.is_empty() {
        found.iter().collect()
    } else {
        let named = names.iter().map(|name| pick(&found, name));
        named.collect::<anyhow::Result<_>>()?
    };
    of_one_length(&picked, interval)
}

fn read_all(files: &[PathBuf]) -> anyhow::Result<Vec<FileSeries>> {
    let mut found = Vec::new();
    for file in files {
        found.extend(series(file)?);
    }
    Ok(found)
}

fn pick<'f>(found: &'f [FileSeries], name: &str) -> anyhow::Result<&'f FileSeries> {
    let same = |series: &&FileSeries| series.summary.symbol.eq_ignore_ascii_case(name);
    found.iter().find(same).with_context(|| {
        let known: Vec<&str> = found.iter().map(|s| s.summary.symbol.as_str()).collect();
        format!(
            "there is no series {name}; the files have {}",
            known.join(", ")
        )
    })
}

fn of_one_length(picked: &[&FileSeries], interval: Option<&str>) -> anyhow::Result<Vec<Series>> {
    let wanted: Option<BarLength> = interval
        .map(str::parse)
        .transpose()
        .context("--interval is no length of a bar")?;
    let own = |series: &&FileSeries| {
        let interval = series.summary.interval;
        interval.with_context(|| format!("{} has no interval", series.summary.symbol))
    };
    let lengths: Vec<BarLength> = picked.iter().map(own).collect::<anyhow::Result<_>>()?;
    let longest = lengths.iter().max().copied();
    let length = wanted.or(longest).context("the files have no series")?;
    for (series, own) in picked.iter().zip(lengths) {
        ensure!(
            length.is_multiple_of(own),
            "rows of {} are {own} apart, of which {length} is no multiple: --interval chooses one",
            series.summary.symbol
        );
    }
    Ok(picked.iter().map(|one| one.resampled(length)).collect())
}

/// A series as the file has it.
struct FileSeries {
    summary: SeriesSummary,
    source: String,
    rows: Vec<DatasetBar>,
}

fn series(path: &Path) -> anyhow::Result<Vec<FileSeries>> {
    let name = path.display();
    let file = File::open(path).with_context(|| format!("cannot open {name}"))?;
    let options = Options {
        file_name: path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned()),
        ..Options::default()
    };
    let bar = progress::counting(&format!("reading {name}"));
    let mut spool = Spool::new(tempfile::tempfile().context("cannot make a file for the rows")?);
    let watch = |rows| {
        bar.set_position(rows);
        true
    };
    let summary = read(file, &options, &Limits::default(), &mut spool, &watch);
    bar.finish_and_clear();
    let summary = summary.map_err(|error| explained(path, error))?;
    let mut all: Vec<Vec<DatasetBar>> = vec![Vec::new(); summary.series.len()];
    for row in spool.into_reader()? {
        let row = row?;
        if let Some(rows) = all.get_mut(row.series as usize) {
            rows.push(bar_of(&row));
        }
    }
    let with_rows = summary.series.into_iter().zip(all);
    let found = with_rows.map(|(summary, mut rows)| {
        rows.sort_by_key(|row| row.time_ms);
        FileSeries {
            summary,
            source: format!("csv:{name}"),
            rows,
        }
    });
    Ok(found.filter(|series| !series.rows.is_empty()).collect())
}

/// What is wrong with a file, the first of its rows in full.
fn explained(path: &Path, error: FileError) -> anyhow::Error {
    let what = match error {
        FileError::Rows {
            errors,
            total,
            hint,
        } => {
            let told = errors.iter().take(10);
            let lines = told.map(|e| format!("\n  line {}, {}: {}", e.line, e.column, e.detail));
            let hint = hint.map_or_else(String::new, |hint| format!("\n  {hint}"));
            format!(
                "{total} things are wrong with its rows:{}{hint}",
                lines.collect::<String>()
            )
        }
        FileError::NeedsSymbol => {
            "neither it nor its name says which symbol it is of: name it so".to_owned()
        }
        other => other.to_string(),
    };
    anyhow::anyhow!("{}: {what}", path.display())
}

fn bar_of(row: &Row) -> DatasetBar {
    DatasetBar {
        time_ms: row.time_ms,
        open: row.open,
        high: row.high,
        low: row.low,
        close: row.close,
        volume: row.volume,
    }
}

impl FileSeries {
    fn resampled(&self, length: BarLength) -> Series {
        let mut resampler = Resampler::new(BucketLength {
            ms: length.ms(),
            origin_ms: length.origin_ms(),
        });
        for row in &self.rows {
            resampler.push(row);
        }
        let bars = resampler.into_bars();
        Series {
            name: self.summary.symbol.clone(),
            source: self.source.clone(),
            interval: length,
            times_ms: bars.iter().map(|bar| bar.time_ms).collect(),
            opens: bars.iter().map(|bar| bar.open).collect(),
            closes: bars.iter().map(|bar| bar.close).collect(),
        }
    }
}
