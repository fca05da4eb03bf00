//! From what a client asks for to the parameters of a scan, everything checked.

use std::ops::RangeInclusive;

use api_types::{
    BarLength, Interval, ParamValue, ProblemError, SCAN_LEAST_SYMBOLS, SCAN_MOST_SYMBOLS,
    ScanParams, ScanRequest, ScanSymbol,
};
use market::Instrument;
use store::{feed_status, symbols};

use crate::{
    app::Shared,
    pairs::PairSpec,
    params::{Params, Time},
    problem::ApiError,
    source::{DatasetSeries, Source, dataset},
};

/// Bars of all symbols together, so that a scan has room in memory.
const MOST_CLOSES: u64 = 5_000_000;
const DEFAULT_LIMIT: i64 = 1_000;
const DEFAULT_LOOKBACK: i64 = 500;
const DEFAULT_WINDOW: i64 = 60;
/// Seconds without a trade are common, minutes are not.
const DEFAULT_FILL_OF_SECONDS: i64 = 5;
const LOOKBACKS: RangeInclusive<i64> = 30..=10_000;
const WINDOWS: RangeInclusive<i64> = 3..=10_000;
const FILLS: RangeInclusive<i64> = 0..=1_000;

/// Everything but the symbols.
const NAMES: [&str; 8] = [
    "source",
    "interval",
    "limit",
    "startTime",
    "endTime",
    "lookback",
    "window",
    "maxFill",
];

/// The parameters in force.
///
/// # Errors
/// [`ApiError::BadParameters`] with everything that is wrong, [`ApiError::UnknownSymbol`] and its like, and those of the
/// database.
pub(crate) async fn read(shared: &Shared, request: ScanRequest) -> Result<ScanParams, ApiError> {
    let wanted = request.symbols.clone();
    let draft = parse(request)?;
    let symbols = match wanted {
        Some(symbols) => resolved(shared, &symbols, draft.source).await?,
        None => all_of(shared, draft.source).await?,
    };
    check(&symbols, &draft)?;
    Ok(draft.of(symbols))
}

/// The parameters in force for series that are at hand, `bars` of them at most: all bars unless there is a range.
///
/// # Errors
/// [`ApiError::BadParameters`] with everything that is wrong.
pub(super) fn of_series(
    request: ScanRequest,
    symbols: Vec<ScanSymbol>,
    bars: usize,
) -> Result<ScanParams, ApiError> {
    let (least, most) = PairSpec::LIMITS;
    let all = || u32::try_from(bars).unwrap_or(most).clamp(least, most);
    let is_ranged = request.limit.is_some() || request.start_time.is_some();
    let draft = parse(ScanRequest {
        limit: if is_ranged {
            request.limit
        } else {
            Some(all())
        },
        ..request
    })?;
    check(&symbols, &draft)?;
    Ok(draft.of(symbols))
}

/// What is read before symbols are looked up.
#[derive(Debug)]
struct Draft {
    source: Source,
    interval: BarLength,
    limit: Option<u32>,
    start_ms: Option<i64>,
    end_ms: Option<i64>,
    lookback: u32,
    window: u32,
    max_fill: u32,
}

impl Draft {
    fn of(self, symbols: Vec<ScanSymbol>) -> ScanParams {
        ScanParams {
            symbols,
            interval: self.interval,
            limit: self.limit,
            start_time: self.start_ms,
            end_time: self.end_ms,
            lookback: self.lookback,
            window: self.window,
            max_fill: self.max_fill,
        }
    }
}

fn parse(request: ScanRequest) -> Result<Draft, ApiError> {
    let mut given = Vec::new();
    let mut give = |name: &str, value: Option<String>| {
        given.extend(value.map(|value| (name.to_owned(), value)));
    };
    give("source", request.source);
    give("interval", request.interval);
    give("limit", request.limit.map(|n| n.to_string()));
    let text = |value: ParamValue| value.to_string();
    give("startTime", request.start_time.map(text));
    give("endTime", request.end_time.map(text));
    give("lookback", request.lookback.map(|n| n.to_string()));
    give("window", request.window.map(|n| n.to_string()));
    give("maxFill", request.max_fill.map(|n| n.to_string()));
    let mut params = Params::of_pairs(given, &NAMES);

    let source: Source = params.optional("source").unwrap_or_default();
    let interval: BarLength = params
        .optional("interval")
        .unwrap_or_else(|| Interval::H1.into());
    let time = |params: &mut Params, name| params.optional::<Time>(name).map(|time| time.0);
    let (start_ms, end_ms) = (time(&mut params, "startTime"), time(&mut params, "endTime"));
    if let (Some(start), Some(end)) = (start_ms, end_ms)
        && start > end
    {
        let detail = "is after endTime; it must be at or before it".to_owned();
        params.error("startTime", detail);
    }
    let (least, most) = PairSpec::LIMITS;
    let whole = |params: &mut Params, name, range: RangeInclusive<i64>, default| {
        params.number(name, range).unwrap_or(default) as u32
    };
    let limit = if start_ms.is_some() {
        params.refuse(
            "limit",
            "contradicts startTime, from which on all bars are tested",
        );
        None
    } else {
        let limits = i64::from(least)..=i64::from(most);
        Some(whole(&mut params, "limit", limits, DEFAULT_LIMIT))
    };
    let fill = if interval == Interval::S1.into() {
        DEFAULT_FILL_OF_SECONDS
    } else {
        0
    };
    let draft = Draft {
        source,
        interval,
        limit,
        start_ms,
        end_ms,
        lookback: whole(&mut params, "lookback", LOOKBACKS, DEFAULT_LOOKBACK),
        window: whole(&mut params, "window", WINDOWS, DEFAULT_WINDOW),
        max_fill: whole(&mut params, "maxFill", FILLS, fill),
    };
    params.finish()?;
    Ok(draft)
}

/// Every symbol that is named, as it is called where it comes from.
async fn resolved(
    shared: &Shared,
    wanted: &[ScanSymbol],
    default: Source,
) -> Result<Vec<ScanSymbol>, ApiError> {
    if wanted.len() > SCAN_MOST_SYMBOLS {
        return Err(too_many(wanted.len()));
    }
    let mut wrong = Vec::new();
    let mut note = |place: usize, detail: String| {
        wrong.push(ProblemError {
            field: format!("symbols[{place}]"),
            line: None,
            detail,
        });
    };
    // What cannot be read is told at once, before anything is looked up.
    let mut read = Vec::with_capacity(wanted.len());
    for (place, one) in wanted.iter().enumerate() {
        match named(one, default) {
            Ok(named) => read.push(named),
            Err(detail) => note(place, detail),
        }
    }
    if read.len() == wanted.len() {
        let mut symbols: Vec<ScanSymbol> = Vec::with_capacity(wanted.len());
        for (place, named) in read.into_iter().enumerate() {
            let symbol = named.found(shared).await?;
            if let Some(first) = symbols.iter().position(|other| *other == symbol) {
                note(place, format!("is the same series as symbols[{first}]"));
            }
            symbols.push(symbol);
        }
        if wrong.is_empty() {
            return Ok(symbols);
        }
    }
    Err(ApiError::BadParameters(wrong))
}

/// A symbol whose name can be read.
enum Named<'a> {
    Live(Instrument),
    OfDataset(i64, &'a str),
}

/// What is wrong with it stands for itself.
fn named(one: &ScanSymbol, default: Source) -> Result<Named<'_>, String> {
    let source = one.source.as_deref().map(str::parse::<Source>).transpose();
    let source = source.map_err(|error| format!("its source {error}"))?;
    match source.unwrap_or(default) {
        Source::Live => one
            .symbol
            .parse()
            .map(Named::Live)
            .map_err(|error: market::symbol::BadInstrument| error.to_string()),
        Source::Dataset(id) => Ok(Named::OfDataset(id, &one.symbol)),
    }
}

impl Named<'_> {
    /// As it is called where it comes from.
    async fn found(self, shared: &Shared) -> Result<ScanSymbol, ApiError> {
        match self {
            Self::Live(instrument) => Ok(live(&shared.directory.resolve(&instrument).await?)),
            Self::OfDataset(id, symbol) => {
                let series = DatasetSeries::find(&shared.store, id, symbol).await?;
                Ok(ScanSymbol {
                    symbol: series.symbol,
                    source: Some(Source::Dataset(id).to_string()),
                })
            }
        }
    }
}

fn live(info: &symbols::SymbolInfo) -> ScanSymbol {
    ScanSymbol {
        symbol: format!("{}:{}", info.venue, info.spec.symbol),
        source: Some(Source::Live.to_string()),
    }
}

/// Every symbol of a source; of the feeds that of which something was heard last.
async fn all_of(shared: &Shared, source: Source) -> Result<Vec<ScanSymbol>, ApiError> {
    match source {
        Source::Live => {
            let feeds = feed_status::read(&shared.store).await?;
            let active = feeds.iter().max_by_key(|feed| feed.updated_at_ms);
            let active = active.map(|feed| feed.status.venue);
            let all = symbols::list(&shared.store).await?;
            let of_feed =
                |info: &&symbols::SymbolInfo| active.is_none_or(|venue| venue == info.venue);
            Ok(all.iter().filter(of_feed).map(live).collect())
        }
        Source::Dataset(id) => {
            let stored = dataset(&shared.store, id).await?;
            let series = stored.dataset.series.iter();
            let symbol = |series: &store::datasets::NewSeries| ScanSymbol {
                symbol: series.symbol.clone(),
                source: Some(source.to_string()),
            };
            Ok(series.map(symbol).collect())
        }
    }
}

fn too_many(count: usize) -> ApiError {
    let detail = format!("are {count}; {SCAN_LEAST_SYMBOLS} to {SCAN_MOST_SYMBOLS} are allowed");
    ApiError::bad_parameter("symbols", detail)
}

/// What depends on how many symbols there are and where they come from.
fn check(symbols: &[ScanSymbol], draft: &Draft) -> Result<(), ApiError> {
    let count = symbols.len();
    if !(SCAN_LEAST_SYMBOLS..=SCAN_MOST_SYMBOLS).contains(&count) {
        return Err(too_many(count));
    }
    let live = Source::Live.to_string();
    let any_live = symbols
        .iter()
        .any(|symbol| symbol.source.as_ref() == Some(&live));
    if any_live && draft.interval.as_interval().is_none() {
        let all: Vec<&str> = Interval::ALL.iter().map(|i| i.as_str()).collect();
        let detail = format!(
            "is {}; the feed's bars come in {}",
            draft.interval,
            all.join(" ")
        );
        return Err(ApiError::bad_parameter("interval", detail));
    }
    let (field, bars) = match (draft.limit, draft.start_ms) {
        (Some(limit), _) => ("limit", u64::from(limit)),
        (None, start) => {
            let end_ms = draft.end_ms.unwrap_or_else(crate::convert::now_ms);
            let span_ms = end_ms.saturating_sub(start.unwrap_or(end_ms)).max(0);
            (
                "startTime",
                span_ms.unsigned_abs() / draft.interval.ms().unsigned_abs() + 1,
            )
        }
    };
    let warm_up = u64::from(draft.lookback) + u64::from(draft.window);
    let most_bars = (MOST_CLOSES / count as u64).min(u64::from(PairSpec::LIMITS.1));
    if bars.max(warm_up) > most_bars {
        let detail = format!(
            "makes {} bars of each of {count} symbols; at most {most_bars} are allowed for so many",
            bars.max(warm_up)
        );
        return Err(ApiError::bad_parameter(field, detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(request: ScanRequest) -> Vec<String> {
        match parse(request) {
            Err(ApiError::BadParameters(errors)) => errors.into_iter().map(|e| e.field).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn defaults_are_an_hour_a_thousand_bars_and_those_of_the_pair_view() {
        let draft = parse(ScanRequest::default()).unwrap();
        assert_eq!(draft.interval.to_string(), "1h");
        assert_eq!(
            (draft.limit, draft.lookback, draft.window),
            (Some(1_000), 500, 60)
        );
        assert_eq!((draft.source, draft.max_fill), (Source::Live, 0));
        let seconds = parse(ScanRequest {
            interval: Some("1s".to_owned()),
            ..ScanRequest::default()
        });
        assert_eq!(seconds.unwrap().max_fill, 5);
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let wrong = ScanRequest {
            source: Some("nowhere".to_owned()),
            interval: Some("7x".to_owned()),
            limit: Some(5),
            end_time: Some(ParamValue::Text("yesterday".to_owned())),
            lookback: Some(1),
            window: Some(2),
            max_fill: Some(5_000),
            ..ScanRequest::default()
        };
        let expected = [
            "source", "interval", "endTime", "limit", "lookback", "window", "maxFill",
        ];
        assert_eq!(errors(wrong), expected);
        let both = ScanRequest {
            limit: Some(100),
            start_time: Some(ParamValue::Whole(0)),
            ..ScanRequest::default()
        };
        assert_eq!(errors(both), ["limit"]);
        let back = ScanRequest {
            start_time: Some(ParamValue::Whole(1)),
            end_time: Some(ParamValue::Text("1970-01-01T00:00:00Z".to_owned())),
            ..ScanRequest::default()
        };
        assert_eq!(errors(back), ["startTime"]);
    }

    #[test]
    fn as_many_bars_are_allowed_as_there_is_room_for() {
        let symbol = |n: usize| ScanSymbol {
            symbol: format!("S{n}"),
            source: Some("dataset:1".to_owned()),
        };
        let draft = |limit| {
            let limit = Some(limit);
            parse(ScanRequest {
                limit,
                ..ScanRequest::default()
            })
            .unwrap()
        };
        let many: Vec<ScanSymbol> = (0..500).map(symbol).collect();
        assert!(check(&many, &draft(10_000)).is_ok());
        assert!(check(&many, &draft(10_001)).is_err());
        assert!(check(&many[..2], &draft(100_000)).is_ok());
        assert!(check(&many[..1], &draft(100)).is_err());
    }
}
