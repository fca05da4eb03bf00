//! Times one piece of work of this crate on given input, for `reference/compare.py`, which times the
//! Python references on the same input in the same run.
//!
//! ```text
//! compare WORK FILE SERIES REPEATS
//! ```
//!
//! FILE holds SERIES series of equal length, one after the other, as little-endian `f64`; of two the first
//! is y and the second x. Prints one line of JSON: the seconds of each repeat by the clock, figures that show what
//! was computed, and this process' memory in KiB before the work and at its peak.

use std::hint::black_box;
use std::time::Instant;

use analytics::Progress;
use analytics::align::Closes;
use analytics::cointegration::{EngleGrangerOptions, engle_granger_both};
use analytics::johansen::{JohansenOptions, johansen};
use analytics::kalman::{KalmanParams, Noise, kalman};
use analytics::mean_reversion::{half_life, hurst};
use analytics::scan::{ScanParams, scan};
use analytics::stationarity::{AdfOptions, adf};
use analytics::{
    Estimator, HuberParams, Intercept, Lookback, theil_sen, theil_sen_line, walk_forward,
};
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [work, file, series, repeats] = &arguments[..] else {
        return Err("usage: compare WORK FILE SERIES REPEATS".into());
    };
    let series = read(file, series.parse()?)?;
    // Forget the peak of the reading.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let before = memory_kib("VmRSS:");
    let mut seconds = Vec::new();
    let mut figures = Value::Null;
    for _ in 0..repeats.parse::<usize>()? {
        let start = Instant::now();
        figures = black_box(run(work, black_box(&series))?);
        seconds.push(start.elapsed().as_secs_f64());
    }
    let line = json!({
        "seconds": seconds,
        "figures": figures,
        "memory_kib_before": before,
        "memory_kib_peak": memory_kib("VmHWM:"),
    });
    println!("{line}");
    Ok(())
}

fn run(work: &str, series: &[Vec<f64>]) -> Outcome<Value> {
    let y = &series[0];
    let x = series.get(1).unwrap_or(y);
    Ok(match work {
        "adf" => {
            let test = adf(y, AdfOptions::default())?;
            json!({ "statistic": test.statistic, "p": test.p_value, "lag": test.used_lag })
        }
        "engle_granger" => {
            let test = engle_granger_both(y, x, EngleGrangerOptions::default())?;
            let (forth, back) = (test.y_on_x?, test.x_on_y?);
            json!({ "y_on_x": forth.statistic, "p": forth.p_value, "x_on_y": back.statistic })
        }
        "scan" => scan_of(series, true)?,
        "scan_counts" => scan_of(series, false)?,
        "johansen" => {
            let test = johansen(&[y, x], JohansenOptions::default())?;
            json!({ "trace": test.trace[0].statistic, "max": test.max_eigenvalue[0].statistic })
        }
        "half_life" => json!({ "lambda": half_life(y)?.lambda }),
        "hurst" => json!({ "exponent": hurst(y)? }),
        "ols" => {
            let fit = analytics::ols(y, x)?;
            let hac = fit.se_hac.ok_or("no standard errors")?;
            json!({ "beta": fit.line.beta, "alpha": fit.line.alpha, "se_hac": hac.beta })
        }
        "theil_sen" => {
            let fit = theil_sen(y, x, Intercept::Separate)?;
            json!({
                "beta": fit.line.beta, "alpha": fit.line.alpha,
                "low": fit.beta_low, "high": fit.beta_high,
            })
        }
        "theil_sen_line" => {
            let line = theil_sen_line(y, x, Intercept::Separate)?;
            json!({ "beta": line.beta, "alpha": line.alpha })
        }
        "huber" => {
            let fit = analytics::huber(y, x, &HuberParams::default())?;
            json!({ "beta": fit.line.beta, "alpha": fit.line.alpha, "scale": fit.scale })
        }
        "kalman" => {
            let run = kalman(y, x, &KalmanParams::of(Noise::pykalman()))?;
            let last = run.steps.last().copied().flatten().ok_or("no step")?;
            json!({ "beta": last.line.beta, "alpha": last.line.alpha })
        }
        "walk_forward_ols" => walk_forward_of(y, x, Estimator::Ols)?,
        "walk_forward_huber" => walk_forward_of(y, x, Estimator::Huber(HuberParams::default()))?,
        "walk_forward_theil_sen" => {
            walk_forward_of(y, x, Estimator::TheilSen(Intercept::Separate))?
        }
        other => return Err(format!("no work is called {other}").into()),
    })
}

/// Coefficients from the 500 bars before each bar; the figures are those of the last bar.
fn walk_forward_of(y: &[f64], x: &[f64], estimator: Estimator) -> Outcome<Value> {
    let lines = walk_forward(y, x, estimator, Lookback::new(500)?)?;
    let last = lines.last().copied().flatten().ok_or("no line")?;
    Ok(json!({ "beta": last.beta, "alpha": last.alpha }))
}

/// Every pair of the series, which are hourly closes, on as many threads as there are processors. Without a line for each
/// pair the memory is that of the scan alone.
fn scan_of(series: &[Vec<f64>], with_pairs: bool) -> Outcome<Value> {
    const HOUR_MS: i64 = 3_600_000;
    let bars = series.first().map_or(0, Vec::len);
    let times: Vec<i64> = (0..).map(|bar| bar * HOUR_MS).take(bars).collect();
    let symbols: Vec<Closes<'_>> = series
        .iter()
        .map(|closes| Closes {
            times_ms: &times,
            closes,
        })
        .collect();
    let threads = std::thread::available_parallelism()?;
    let params = ScanParams::of_bars(HOUR_MS);
    let found = scan(&symbols, &params, threads, &Progress::default()).ok_or("cancelled")?;
    let told = if with_pairs { &found.pairs[..] } else { &[] };
    let pairs: Vec<Value> = told
        .iter()
        .map(|pair| json!([pair.y, pair.x, pair.p_y_on_x, pair.p_x_on_y, pair.q]))
        .collect();
    Ok(json!({
        "tests": 2 * found.pairs.len(),
        "failures": found.failures.len(),
        "threads": threads.get(),
        "pairs": pairs,
    }))
}

fn read(file: &str, series: usize) -> Outcome<Vec<Vec<f64>>> {
    let bytes = std::fs::read(file)?;
    let (values, rest) = bytes.as_chunks::<8>();
    if series == 0 || !rest.is_empty() || !values.len().is_multiple_of(series) || values.is_empty()
    {
        return Err("the file does not hold so many series of equal length".into());
    }
    Ok(values
        .chunks_exact(values.len() / series)
        .map(|one| one.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect())
        .collect())
}

/// A line of this process' status; `None` where the system has no such file.
fn memory_kib(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
