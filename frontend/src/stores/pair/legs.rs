//! The legs as they are: which instrument, which upload.

use api_types::{BarLength, Dataset, SymbolInfo};

use crate::model::{Instrument, Leg, PairChoice, Source};

/// A leg that is there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ShownLeg {
    pub(crate) leg: Leg,
    /// What is traded, for a leg of the feed.
    pub(crate) instrument: Option<Instrument>,
    /// The name by which the API knows it.
    pub(crate) api_name: String,
}

impl ShownLeg {
    /// Finds a leg among what there is. `None` while that is not known, or if it is not there.
    pub(crate) fn find(leg: &Leg, symbols: &[SymbolInfo]) -> Option<Self> {
        let instrument = match leg.source {
            Source::Live => Some(Instrument::find(&leg.name, symbols)?),
            Source::Dataset(_) if leg.name.is_empty() => return None,
            Source::Dataset(_) => None,
        };
        let api_name = instrument
            .as_ref()
            .map_or_else(|| leg.name.clone(), Instrument::qualified);
        Some(Self {
            leg: leg.clone(),
            instrument,
            api_name,
        })
    }

    /// Base and quote currency; the second is empty where it is not known.
    pub(crate) fn parts(&self) -> (String, String) {
        self.instrument.as_ref().map_or_else(
            || (self.leg.name.clone(), String::new()),
            |instrument| {
                let (base, quote) = instrument.parts();
                (base.to_owned(), quote.to_owned())
            },
        )
    }
}

/// Fills in what a link leaves open, and returns whether there was any. The legs: the two most traded symbols, the second as y; of an upload the first series that is free.
pub(super) fn fill_in(
    choice: &mut PairChoice,
    symbols: &[SymbolInfo],
    datasets: &[Dataset],
) -> bool {
    let before = choice.clone();
    let names = |source: Source| -> Vec<String> {
        match source {
            Source::Live => {
                let venue = symbols.first().map(|info| info.venue);
                let of_venue = symbols.iter().filter(|info| Some(info.venue) == venue);
                let mut names: Vec<_> = of_venue
                    .map(|info| Instrument::from(info).short_name(symbols))
                    .collect();
                if names.len() > 1 {
                    names.swap(0, 1);
                }
                names
            }
            Source::Dataset(id) => datasets_of(datasets, id),
        }
    };
    let free = |of: &Leg, other: &Leg| {
        let is_taken = |name: &String| other.source == of.source && *name == other.name;
        names(of.source)
            .into_iter()
            .find(|name| !is_taken(name))
            .unwrap_or_default()
    };
    if choice.y.name.is_empty() {
        choice.y.name = free(&choice.y, &choice.x);
    }
    if choice.x.name.is_empty() {
        choice.x.name = free(&choice.x, &choice.y);
    }
    // Another upload has another interval; one that does not fit gives way.
    if !choice.has_live()
        && let Some(own) = own_interval(choice, datasets)
        && !choice.interval.is_multiple_of(own)
    {
        choice.interval = own;
    }
    before != *choice
}

/// The shortest bars that a pair of uploads can be made of: the longer of their intervals. `None` while the uploads are not known.
pub(crate) fn own_interval(pair: &PairChoice, datasets: &[Dataset]) -> Option<BarLength> {
    let own = |leg: &Leg| {
        let Source::Dataset(id) = leg.source else {
            return None;
        };
        let dataset = datasets.iter().find(|dataset| dataset.id == id)?;
        let mut series = dataset.series.iter();
        series.find(|series| series.symbol == leg.name)?.interval
    };
    pair.legs().into_iter().filter_map(own).max()
}

/// Names of the series of an upload.
pub(crate) fn datasets_of(datasets: &[Dataset], id: i64) -> Vec<String> {
    let found = datasets.iter().find(|dataset| dataset.id == id);
    found.map_or_else(Vec::new, |dataset| {
        dataset
            .series
            .iter()
            .map(|series| series.symbol.clone())
            .collect()
    })
}
