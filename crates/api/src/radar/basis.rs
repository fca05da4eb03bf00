//! What the radar goes by.

use std::collections::HashMap;

use analytics::{Lookback, Window, align::Join, radar::RadarParams};
use api_types::{RadarScan, ScanParams};
use market::{Interval, Venue};
use store::{
    Result, Store, feed_status,
    jobs::{
        self, Job, JobState,
        scans::{self, KIND, ScanOrder, ScanPage, ScanPair},
    },
    symbols::{self, SymbolInfo},
};

use crate::source::Source;

/// What is believed.
const LEVEL: f64 = 0.05;
/// As many pairs are followed, all of 250 symbols; of a larger universe those that the scan found.
const MOST_PAIRS: usize = 31_125;
/// As many as a scan has.
const MOST_SCANNED: u32 = 124_750;
/// Without a scan.
const USUAL_INTERVAL: Interval = Interval::M1;

/// Symbols and pairs, and how they are followed.
#[derive(Debug)]
pub(crate) struct Basis {
    pub(crate) scan: Option<RadarScan>,
    pub(super) venue: Option<Venue>,
    pub(super) interval: Interval,
    pub(super) params: RadarParams,
    pub(super) symbols: Vec<SymbolInfo>,
    /// Positions of y and x.
    pub(super) pairs: Vec<(usize, usize)>,
    /// By position among the pairs: those that the scan found cointegrated.
    pub(super) found: HashMap<usize, ScanPair>,
}

impl Basis {
    /// Reads what there is now.
    ///
    /// # Errors
    /// Only those of the database.
    pub(crate) async fn read(store: &Store) -> Result<Self> {
        let feeds = feed_status::read(store).await?;
        let active = feeds.iter().max_by_key(|feed| feed.updated_at_ms);
        let venue = active.map(|feed| feed.status.venue);
        let all = symbols::list(store).await?;
        let of_feed = |info: &SymbolInfo| venue == Some(info.venue);
        let symbols: Vec<SymbolInfo> = all.into_iter().filter(of_feed).collect();
        let (job, params) = match newest_scan(store).await? {
            Some((job, params)) => (Some(job), Some(params)),
            None => (None, None),
        };
        let scanned = match &job {
            Some(job) => scans::pairs(store, job.job_id, &every_pair()).await?,
            None => Vec::new(),
        };
        let interval = params.as_ref().and_then(live_interval);
        let interval = interval.unwrap_or(USUAL_INTERVAL);
        let (pairs, found) = directed(&symbols, params.as_ref(), &scanned);
        Ok(Self {
            scan: job
                .as_ref()
                .zip(params.as_ref())
                .and_then(|(job, params)| told(job, params)),
            venue,
            interval,
            params: how(interval, params.as_ref()),
            symbols,
            pairs,
            found,
        })
    }
}

/// The scan that a basis would have.
///
/// # Errors
/// Only those of the database.
pub(crate) async fn newest_id(store: &Store) -> Result<Option<i64>> {
    Ok(newest_scan(store).await?.map(|(job, _)| job.job_id))
}

/// The newest scan of live symbols alone that is done.
async fn newest_scan(store: &Store) -> Result<Option<(Job, ScanParams)>> {
    let live = Source::Live.to_string();
    let all = jobs::list(store, KIND).await?;
    let done = all.into_iter().filter(|job| job.state == JobState::Done);
    let mut readable = done.filter_map(|job| {
        let params: ScanParams = serde_json::from_value(job.params.clone()).ok()?;
        Some((job, params))
    });
    Ok(readable.find(|(_, params)| {
        let mut symbols = params.symbols.iter();
        symbols.all(|symbol| symbol.source.as_ref() == Some(&live))
    }))
}

fn every_pair() -> ScanPage {
    ScanPage {
        order: ScanOrder::P,
        descending: false,
        symbols: None,
        most_q: None,
        least_z: None,
        offset: 0,
        limit: MOST_SCANNED,
    }
}

fn live_interval(params: &ScanParams) -> Option<Interval> {
    params.interval.as_interval()?.as_str().parse().ok()
}

fn told(job: &Job, params: &ScanParams) -> Option<RadarScan> {
    Some(RadarScan {
        id: job.job_id,
        ended_at: job.ended_at_ms?,
        interval: params.interval.as_interval()?,
        limit: params.limit,
        lookback: params.lookback,
        window: params.window,
        max_fill: params.max_fill,
    })
}

fn how(interval: Interval, params: Option<&ScanParams>) -> RadarParams {
    let usual = RadarParams::of_bars(interval.ms());
    let Some(params) = params else { return usual };
    RadarParams {
        // They were checked before they were stored.
        lookback: Lookback::new(params.lookback as usize).unwrap_or(usual.lookback),
        window: Window::new(params.window as usize).unwrap_or(usual.window),
        join: Join {
            bucket_ms: interval.ms(),
            max_fill: params.max_fill,
        },
    }
}

type Directed = (Vec<(usize, usize)>, HashMap<usize, ScanPair>);

/// Every pair of the symbols: in the direction that the scan found better, else in that of their names.
fn directed(symbols: &[SymbolInfo], params: Option<&ScanParams>, scanned: &[ScanPair]) -> Directed {
    let places: HashMap<String, usize> = symbols
        .iter()
        .enumerate()
        .map(|(place, info)| (format!("{}:{}", info.venue, info.spec.symbol), place))
        .collect();
    let names = params.map_or(&[][..], |params| &params.symbols);
    let place = |position: i32| {
        let name = names.get(usize::try_from(position).ok()?)?;
        places.get(&name.symbol).copied()
    };
    let known = scanned.iter().filter_map(|pair| {
        let (y, x) = (place(pair.y)?, place(pair.x)?);
        Some(((y.min(x), y.max(x)), (y, x, *pair)))
    });
    let known: HashMap<(usize, usize), (usize, usize, ScanPair)> = known.collect();
    let all = (0..symbols.len()).flat_map(|a| (a + 1..symbols.len()).map(move |b| (a, b)));
    let is_small = symbols.len() * symbols.len().saturating_sub(1) / 2 <= MOST_PAIRS;
    let (mut pairs, mut found) = (Vec::new(), HashMap::new());
    for (a, b) in all {
        let scanned = known.get(&(a, b));
        let believed = scanned.filter(|(_, _, pair)| pair.q <= LEVEL);
        if !is_small && (believed.is_none() || pairs.len() == MOST_PAIRS) {
            continue;
        }
        if let Some((_, _, pair)) = believed {
            found.insert(pairs.len(), *pair);
        }
        pairs.push(scanned.map_or((a, b), |&(y, x, _)| (y, x)));
    }
    (pairs, found)
}
