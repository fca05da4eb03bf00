//! A followed pair as a page has it, number for number: texts are kept as they came. serde_json writes the
//! shortest text that reads back as the same number, so equal texts are equal bits.

use std::collections::{BTreeMap, HashMap};

use api_types::EventKind;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Api, events::Events};

type Fields = HashMap<String, Box<RawValue>>;
/// Name of the column, text of the number.
pub type Row = BTreeMap<String, String>;

/// The parts of an answer that are not its series, as texts.
pub type Parts = BTreeMap<String, String>;

/// What a page knows that follows a pair.
pub struct Followed {
    pub events: Events,
    /// By time.
    pub rows: BTreeMap<i64, Row>,
    pub parts: Parts,
    /// Rows of the last event.
    pub news: usize,
}

#[derive(Deserialize)]
struct Event {
    kind: EventKind,
    data: Fields,
}

impl Followed {
    pub async fn open(api: &Api, query: &str) -> Self {
        Self::open_from(api, query, None).await
    }

    pub async fn open_from(api: &Api, query: &str, last_id: Option<&str>) -> Self {
        let topic = format!("pair:{query}");
        Self::of(Events::open_from(api, &topic, last_id).await)
    }

    pub fn of(events: Events) -> Self {
        Self {
            events,
            rows: BTreeMap::new(),
            parts: Parts::new(),
            news: 0,
        }
    }

    /// Takes in the next event of a pair.
    pub async fn next(&mut self) -> EventKind {
        loop {
            let event = self.events.next().await.expect("the stream goes on");
            if event
                .topic()
                .is_some_and(|topic| topic.starts_with("pair:"))
            {
                break;
            }
        }
        let event: Event = serde_json::from_str(&self.events.last_data).unwrap();
        if event.kind != EventKind::Update {
            self.rows.clear();
            self.parts.clear();
        }
        let mut data = event.data;
        let news = rows(&data.remove("series").expect("every event has a series"));
        self.news = news.len();
        self.rows.extend(news);
        // Which trades it is made of is told of what changes alone.
        data.remove("aggIds");
        let parts = data.into_iter().map(|(name, part)| (name, text(&part)));
        self.parts.extend(parts);
        event.kind
    }

    /// Takes in events until this holds; all must be updates.
    pub async fn until(&mut self, condition: impl Fn(&Self) -> bool) {
        while !condition(self) {
            assert_eq!(self.next().await, EventKind::Update);
        }
    }

    /// Whether this bar is closed and the figures are those of after it.
    pub fn has(&self, bar_ms: i64) -> bool {
        let closed = |row: &Row| row["closed"] == "true";
        let fit = self
            .parts
            .get("fit")
            .map(String::as_str)
            .unwrap_or_default();
        self.rows.get(&bar_ms).is_some_and(closed) && fit.contains(&format!("\"toTime\":{bar_ms},"))
    }

    /// How far it is.
    pub fn last_id(&self) -> String {
        self.events.last_id.clone().expect("an event has come")
    }
}

/// The answer of `/pairs/analytics`, in the same form.
pub async fn batch(api: &Api, query: &str) -> (BTreeMap<i64, Row>, Parts) {
    let path = format!("/api/v1/pairs/analytics?{query}");
    let mut answer: Fields = api.json(&path).await;
    let series = answer.remove("series").expect("it has a series");
    for own in ["asOf", "version"] {
        answer.remove(own);
    }
    let parts = answer.into_iter().map(|(name, part)| (name, text(&part)));
    (rows(&series), parts.collect())
}

fn rows(series: &RawValue) -> BTreeMap<i64, Row> {
    let mut columns: HashMap<String, Vec<Box<RawValue>>> =
        serde_json::from_str(series.get()).unwrap();
    let times = columns.remove("time").expect("a column of times");
    let mut rows = BTreeMap::new();
    for (index, time) in times.iter().enumerate() {
        let cells = columns.iter();
        let cells = cells.map(|(name, column)| (name.clone(), text(&column[index])));
        rows.insert(time.get().parse().unwrap(), cells.collect());
    }
    rows
}

fn text(value: &RawValue) -> String {
    value.get().to_owned()
}
