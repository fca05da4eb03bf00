//! Which pair an upload makes.

use api_types::Dataset;

use super::{Tab, View};

/// The pair view of an upload: its first two series; a single one against the newest other upload that overlaps in time, else against the feed.
pub(crate) fn view_of(dataset: &Dataset, all: &[Dataset]) -> Option<View> {
    let y = dataset.series.first()?;
    let own = dataset.series.get(1).map(|x| (dataset, x));
    let other = || {
        let others = all.iter().filter(|other| other.id != dataset.id);
        let mut series = others.filter_map(|other| Some((other, other.series.first()?)));
        series.find(|(_, x)| x.first <= y.last && y.first <= x.last && x.interval.is_some())
    };
    let x = own.or_else(other);
    // The longer one: of the shorter one's bars it can be made, not the other way round.
    let intervals = [y.interval, x.and_then(|(_, x)| x.interval)];
    let interval = intervals
        .into_iter()
        .flatten()
        .max_by_key(|interval| interval.ms());
    let get = |name: &str| match name {
        "y" => Some(y.symbol.clone()),
        "ySource" => Some(dataset.source.clone()),
        "x" => x.map(|(_, x)| x.symbol.clone()),
        "xSource" => x.map(|(other, _)| other.source.clone()),
        "interval" => interval.map(|interval| interval.to_string()),
        _ => None,
    };
    Some(View {
        tab: Tab::Pair,
        ..View::from_query(get)
    })
}
