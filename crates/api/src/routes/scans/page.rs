//! Which pairs of a scan are asked for.

use api_types::{ScanPageParams, ScanSort, SortOrder};
use store::jobs::scans::{ScanOrder, ScanPage};

use crate::{params::Params, scans::tell::Names};

const DEFAULT_LIMIT: i64 = 100;
const MOST_LIMIT: i64 = 1_000;
/// There are no more pairs.
const MOST_OFFSET: i64 = 124_750;
const LONGEST_TEXT: usize = 64;

/// Names of the parameters.
pub(super) const NAMES: [&str; 8] = [
    "sort", "order", "offset", "limit", "symbol", "maxQ", "minZ", "format",
];

/// Reads all of them but the format; [`Params::finish`] tells what is wrong.
pub(super) fn read(params: &mut Params) -> ScanPageParams {
    let sort = params.optional("sort").unwrap_or(ScanSort::P);
    // What is best comes first: small p, but large z.
    let usual = match sort {
        ScanSort::Z | ScanSort::Correlation | ScanSort::Observations => SortOrder::Descending,
        _ => SortOrder::Ascending,
    };
    let symbol: Option<String> = params.optional("symbol");
    if symbol
        .as_ref()
        .is_some_and(|text| text.len() > LONGEST_TEXT)
    {
        let detail = format!("is too long; at most {LONGEST_TEXT} bytes are allowed");
        params.error("symbol", detail);
    }
    ScanPageParams {
        sort,
        order: params.optional("order").unwrap_or(usual),
        offset: params.number("offset", 0..=MOST_OFFSET).unwrap_or(0) as u32,
        limit: params
            .number("limit", 1..=MOST_LIMIT)
            .unwrap_or(DEFAULT_LIMIT) as u32,
        symbol: symbol.filter(|text| !text.is_empty()),
        max_q: params.decimal("maxQ", 0.0..=1.0),
        min_z: params.decimal("minZ", 0.0..=1_000.0),
    }
}

/// The same for the store, names looked up.
pub(super) fn of(params: &ScanPageParams, names: &Names) -> ScanPage {
    ScanPage {
        order: match params.sort {
            ScanSort::P => ScanOrder::P,
            ScanSort::PYOnX => ScanOrder::PYOnX,
            ScanSort::PXOnY => ScanOrder::PXOnY,
            ScanSort::Q => ScanOrder::Q,
            ScanSort::Beta => ScanOrder::Beta,
            ScanSort::HalfLife => ScanOrder::HalfLife,
            ScanSort::Hurst => ScanOrder::Hurst,
            ScanSort::Correlation => ScanOrder::Correlation,
            ScanSort::Z => ScanOrder::Z,
            ScanSort::Observations => ScanOrder::Observations,
            ScanSort::FilledShare => ScanOrder::Filled,
        },
        descending: params.order == SortOrder::Descending,
        symbols: params.symbol.as_deref().map(|text| names.matching(text)),
        most_q: params.max_q,
        least_z: params.min_z,
        offset: params.offset,
        limit: params.limit,
    }
}
