//! A receiver of webhooks.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use api_types::AlertEvent;
use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use tokio::{net::TcpListener, sync::watch};

/// What came, in its order.
#[derive(Debug, Clone)]
pub struct Received {
    pub event: AlertEvent,
    pub body: Vec<u8>,
    pub headers: HeaderMap,
}

/// How deliveries are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    With(u16),
    /// Never.
    Silence,
}

#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
    answer: watch::Sender<Answer>,
    count: watch::Sender<usize>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            url: format!("http://{}/hook", listener.local_addr().unwrap()),
            received: Arc::default(),
            answer: watch::Sender::new(Answer::With(200)),
            count: watch::Sender::new(0),
        };
        let router = Router::new()
            .route("/hook", post(receive))
            .with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        receiver
    }

    pub fn answer(&self, answer: Answer) {
        self.answer.send_replace(answer);
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Waits until so many have come.
    pub async fn until(&self, count: usize) -> Vec<Received> {
        let mut counts = self.count.subscribe();
        let wait = counts.wait_for(|now| *now >= count);
        tokio::time::timeout(Duration::from_secs(60), wait)
            .await
            .unwrap_or_else(|_| panic!("{count} deliveries, of {}", self.received().len()))
            .unwrap();
        self.received()
    }

    /// Each event once, by its id.
    pub fn events(&self) -> BTreeMap<i64, AlertEvent> {
        let received = self.received();
        received
            .into_iter()
            .map(|one| (one.event.id, one.event))
            .collect()
    }
}

async fn receive(
    State(receiver): State<Receiver>,
    headers: HeaderMap,
    body: Bytes,
) -> axum::http::StatusCode {
    let event: AlertEvent = serde_json::from_slice(&body).unwrap();
    assert_eq!(headers["x-spreadscope-event"], event.id.to_string());
    let answer = *receiver.answer.borrow();
    receiver.received.lock().unwrap().push(Received {
        event,
        body: body.to_vec(),
        headers,
    });
    receiver.count.send_modify(|count| *count += 1);
    match answer {
        Answer::With(status) => axum::http::StatusCode::from_u16(status).unwrap(),
        Answer::Silence => std::future::pending().await,
    }
}
