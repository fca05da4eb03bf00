//! Links to what the API gives out as files.

use api_types::Interval;

use crate::model::{Instrument, TimeRange};

/// The bars on screen as CSV.
pub(crate) fn bars_csv(
    instrument: &Instrument,
    interval: Interval,
    shown: TimeRange,
    limit: usize,
) -> String {
    format!(
        "/api/v1/bars?symbol={}&interval={interval}&startTime={}&endTime={}&limit={limit}&format=csv",
        instrument.qualified(),
        shown.from,
        shown.to,
    )
}
