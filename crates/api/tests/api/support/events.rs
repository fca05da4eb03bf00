//! A client of the event stream.

use api_types::{BarRow, BarsData, EndReason, EventKind, StreamEvent};
use reqwest::Response;

use super::{Api, PATIENCE};

/// An open stream.
pub struct Events {
    response: Response,
    buffer: String,
    /// Id of the last event.
    pub last_id: Option<String>,
    /// Data of the last event, as they came.
    pub last_data: String,
}

impl Events {
    pub async fn open(api: &Api, topics: &str) -> Self {
        Self::open_from(api, topics, None).await
    }

    pub async fn open_from(api: &Api, topics: &str, last_id: Option<&str>) -> Self {
        let headers: Vec<_> = last_id
            .map(|id| ("last-event-id", id))
            .into_iter()
            .collect();
        Self::open_with(api, topics, &headers).await
    }

    pub async fn open_with(api: &Api, topics: &str, headers: &[(&str, &str)]) -> Self {
        let mut request = api
            .client
            .get(api.url("/api/v1/stream"))
            .query(&[("topics", topics)]);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        assert!(
            status == 200,
            "{status}: {}",
            response.text().await.unwrap()
        );
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert!(response.headers().get("content-encoding").is_none());
        Self {
            response,
            buffer: String::new(),
            last_id: None,
            last_data: String::new(),
        }
    }

    /// The next event; `None` when the server has ended the stream.
    pub async fn next(&mut self) -> Option<StreamEvent> {
        loop {
            if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                let block = block.to_owned();
                self.buffer = rest.to_owned();
                if let Some(event) = self.event(&block) {
                    return Some(event);
                }
                continue;
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
            let chunk = chunk.expect("an event in time").unwrap()?;
            self.buffer.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    fn event(&mut self, block: &str) -> Option<StreamEvent> {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
        let data = field("data: ")?;
        self.last_id = Some(field("id: ").unwrap().to_owned());
        data.clone_into(&mut self.last_data);
        Some(serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {data}")))
    }

    /// The next event that passes; those before it are dropped.
    pub async fn find<T>(&mut self, mut pick: impl FnMut(StreamEvent) -> Option<T>) -> T {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if let Some(found) = pick(event) {
                return found;
            }
        }
    }

    /// The next event with bars, of whatever topic.
    pub async fn bars(&mut self) -> (EventKind, Vec<BarRow>) {
        self.find(|event| match event {
            StreamEvent::Bars { kind, data, .. } => Some((kind, rows(&data))),
            _ => None,
        })
        .await
    }

    /// Reads updates until one has a bar that passes; returns that bar.
    pub async fn bar(&mut self, passes: impl Fn(&BarRow) -> bool) -> BarRow {
        loop {
            let (_, rows) = self.bars().await;
            if let Some(row) = rows.into_iter().find(|row| passes(row)) {
                return row;
            }
        }
    }

    /// Reads to the end, which must come with a reason.
    pub async fn end(&mut self) -> EndReason {
        let reason = self
            .find(|event| match event {
                StreamEvent::End { reason, .. } => Some(reason),
                _ => None,
            })
            .await;
        assert_eq!(self.next().await, None);
        reason
    }
}

pub fn rows(data: &BarsData) -> Vec<BarRow> {
    data.bars.rows().collect()
}
