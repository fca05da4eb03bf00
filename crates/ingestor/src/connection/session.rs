//! A connection from handshake to end.

use std::{collections::VecDeque, time::Duration};

use futures::{SinkExt, StreamExt};
use market::binance::rest::is_restricted_location;
use service::Backoff;
use tokio::{net::TcpStream, time::Instant};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{Error, Message, protocol::WebSocketConfig},
};
use tokio_util::sync::CancellationToken;

use super::{
    Connection, End, Heard, Loss, about_silence,
    successor::{News, Successor},
};
use crate::{
    batch::Batch,
    clock::now_ms,
    silence::Remedy,
    venue::{Event, Venue},
};

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A frame of a trade has 200 bytes; a larger one than this ends the connection.
const MAX_FRAME_BYTES: usize = 4 << 20;
const READ_BUFFER_BYTES: usize = 64 << 10;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// How often silence and age are looked at.
const TICK: Duration = Duration::from_millis(200);

/// What lives as long as a session.
struct Session {
    socket: Socket,
    batch: Batch,
    /// The clock of the last tick: exact enough for silence, and free.
    now: Instant,
    last_frame: Instant,
    ping_sent: bool,
    /// Control messages that wait for their turn.
    outbox: VecDeque<String>,
    next_message: Instant,
    messages: i64,
    /// Lag of the last frame of the batch.
    lag_ms: Option<i64>,
    successor: Successor,
}

impl<V: Venue> Connection<V> {
    pub(super) async fn session(
        &mut self,
        backoff: &mut Backoff,
        shutdown: &CancellationToken,
    ) -> End {
        self.hear_share_only();
        if self.heard.is_empty() {
            return End::Unneeded;
        }
        let connected = tokio::select! {
            () = shutdown.cancelled() => return End::Stopped,
            connected = connect(self.url()) => connected,
        };
        let socket = match connected {
            Ok(socket) => socket,
            Err(end) => return end,
        };

        let now = Instant::now();
        let mut session = Session {
            socket,
            batch: self.new_batch(),
            now,
            last_frame: now,
            ping_sent: false,
            outbox: VecDeque::new(),
            next_message: now,
            messages: 0,
            lag_ms: None,
            successor: Successor::NotBefore(now + self.settings.max_age),
        };
        for heard in &mut self.heard {
            heard.silence.excused(now.into_std());
        }
        self.shared.connection_is(self.number, true);
        self.shared
            .clear_note(&format!("connection {}", self.number));
        tracing::info!(
            event = "connected",
            connection = self.number,
            symbols = self.heard.len()
        );

        let end = self.hear(&mut session, backoff, shutdown).await;
        // What was heard is handed on whatever the end was.
        self.hand_on(&mut session).await;
        if matches!(end, End::Stopped | End::Unneeded) {
            close(session.socket).await;
        }
        end
    }

    async fn hear(
        &mut self,
        session: &mut Session,
        backoff: &mut Backoff,
        shutdown: &CancellationToken,
    ) -> End {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let due = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(due);
        let mut waiting = false;
        loop {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return End::Stopped,
                () = &mut due, if waiting => {
                    waiting = false;
                    self.hand_on(session).await;
                }
                _ = tick.tick() => {
                    session.now = Instant::now();
                    self.roll_over(session);
                    if let Err(end) = self.look_after(session).await {
                        return end;
                    }
                }
                message = session.socket.next() => {
                    session.last_frame = session.now;
                    session.ping_sent = false;
                    if let Err((loss, reason)) = self.read(session, message, backoff) {
                        // Its successor may be there already.
                        if !self.take_over(session) {
                            return End::Lost(loss, reason);
                        }
                        tracing::warn!(event = "connection_lost", connection = self.number, %reason,
                            "its successor takes over");
                    }
                }
                news = session.successor.news() => self.hear_successor(session, news, backoff),
                changed = self.share.changed() => {
                    if changed.is_err() || self.share.borrow().is_empty() {
                        return End::Unneeded;
                    }
                    self.change_share(session);
                }
            }
            if session.batch.len() >= self.settings.batch_max_trades {
                waiting = false;
                self.hand_on(session).await;
            } else if !waiting && !session.batch.is_empty() {
                waiting = true;
                due.as_mut()
                    .reset(Instant::now() + self.settings.batch_interval);
            }
        }
    }

    /// What a message says; an error ends the connection that it came from.
    fn read(
        &mut self,
        session: &mut Session,
        message: Option<Result<Message, Error>>,
        backoff: &mut Backoff,
    ) -> Result<(), (Loss, String)> {
        match message {
            Some(Ok(Message::Text(text))) => self.take(session, text.as_str(), backoff),
            Some(Ok(Message::Binary(bytes))) => match std::str::from_utf8(&bytes) {
                Ok(text) => self.take(session, text, backoff),
                Err(_) => self.malformed(session, &String::from_utf8_lossy(&bytes), "not UTF-8"),
            },
            Some(Ok(Message::Close(frame))) => {
                let reason = frame.map(|frame| format!("{} {}", frame.code, frame.reason));
                let reason = reason.unwrap_or_default();
                return Err((Loss::Closed, format!("closed by the exchange: {reason}")));
            }
            // Pings are answered by the library at the next read.
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err((Loss::Broken, error.to_string())),
            None => return Err((Loss::Broken, "the stream ended".into())),
        }
        Ok(())
    }

    /// Takes in what the successor of the connection says. It may fail: the old one still carries.
    fn hear_successor(&mut self, session: &mut Session, news: News, backoff: &mut Backoff) {
        let failed = match news {
            News::Connected(Ok(socket)) => {
                session.successor.opened(socket, session.now);
                return;
            }
            News::Connected(Err(End::Lost(_, reason) | End::Restricted(reason))) => reason,
            News::Connected(Err(End::Stopped | End::Unneeded)) => return,
            News::Message(message) => {
                let held = session.batch.len();
                match self.read(session, message, backoff) {
                    Ok(()) => {
                        if session.batch.len() > held {
                            session.successor.heard_something();
                        }
                        return;
                    }
                    Err((_, reason)) => reason,
                }
            }
        };
        let wait = backoff.next_delay();
        metrics::counter!("ingestor_roll_over_failures_total").increment(1);
        tracing::warn!(event = "roll_over_failed", connection = self.number, reason = %failed,
            retry_in_ms = wait.as_millis(), "the old connection carries on");
        session.successor = Successor::NotBefore(session.now + wait);
    }

    /// Opens a second connection that hears the new share, to take over from this one.
    fn change_share(&mut self, session: &mut Session) {
        self.hear_more();
        session.now = Instant::now();
        session.successor = Successor::NotBefore(session.now);
        tracing::info!(
            event = "share_changed",
            connection = self.number,
            symbols = self.share.borrow().len(),
            "another connection takes over"
        );
    }

    /// Opens a second connection when this one is old, and lets it take over once both have been heard
    /// for a while.
    fn roll_over(&mut self, session: &mut Session) {
        let now = session.now;
        if session.successor.is_useless(now) {
            metrics::counter!("ingestor_roll_over_failures_total").increment(1);
            tracing::warn!(
                event = "roll_over_failed",
                connection = self.number,
                reason = "silent"
            );
            session.successor = Successor::NotBefore(now);
        }
        session.successor.start_if_due(now, || self.url());
        if session.successor.is_ready(now) && self.take_over(session) {
            metrics::counter!("ingestor_roll_overs_total").increment(1);
            tracing::info!(event = "connection_rolled_over", connection = self.number);
        }
    }

    /// Goes on with the successor alone, if it is open.
    fn take_over(&mut self, session: &mut Session) -> bool {
        let next = session.now + self.settings.max_age;
        let Some(socket) = session.successor.take(next) else {
            return false;
        };
        let old = std::mem::replace(&mut session.socket, socket);
        session.ping_sent = false;
        session.last_frame = session.now;
        tokio::spawn(close(old));
        self.hear_share_only();
        true
    }

    fn take(&mut self, session: &mut Session, text: &str, backoff: &mut Backoff) {
        match self.venue.decode(text) {
            Event::Trade {
                symbol,
                event_ms,
                trade,
            } => {
                let Some(&place) = self.places.get(symbol) else {
                    metrics::counter!("ingestor_unexpected_symbol_total").increment(1);
                    return;
                };
                let heard = &mut self.heard[place];
                session.batch.trades.push((heard.market.slot(), trade));
                let exchange_ms = event_ms.unwrap_or(trade.time_ms);
                session
                    .batch
                    .saw_exchange_time(exchange_ms.max(trade.time_ms));
                session.lag_ms = event_ms.map(|event_ms| now_ms() - event_ms);
                heard.market.heard(exchange_ms);
                heard.silence.heard(session.now.into_std());
                backoff.reset();
            }
            Event::Rejected(reject) => {
                metrics::counter!("ingestor_rejected_total", "reason" => reject.reason)
                    .increment(1);
                let place = reject
                    .symbol
                    .and_then(|symbol| self.places.get(symbol))
                    .copied();
                if let Some(place) = place {
                    self.heard[place].silence.heard(session.now.into_std());
                }
                let slot = place.map(|place| self.heard[place].market.slot());
                session
                    .batch
                    .reject(slot, reject.agg_id, reject.time_ms, reject.reason, text);
            }
            Event::Accepted => tracing::debug!(event = "control_accepted"),
            Event::Refused(reason) => {
                metrics::counter!("ingestor_control_refused_total").increment(1);
                tracing::warn!(event = "control_refused", connection = self.number, reason);
            }
            Event::Other => metrics::counter!("ingestor_other_frames_total").increment(1),
            Event::Malformed(what) => self.malformed(session, text, what),
        }
    }

    fn malformed(&self, session: &mut Session, text: &str, what: &'static str) {
        metrics::counter!("ingestor_rejected_total", "reason" => "malformed").increment(1);
        tracing::debug!(event = "malformed_frame", connection = self.number, what);
        session.batch.reject(None, None, None, "malformed", text);
    }

    /// Hands the batch on. When the writer is behind, this waits, and with it the reading of the
    /// socket: that is the bound on memory.
    async fn hand_on(&mut self, session: &mut Session) {
        if session.batch.is_empty() {
            return;
        }
        let batch = std::mem::replace(&mut session.batch, self.new_batch());
        metrics::counter!("ingestor_trades_received_total").increment(batch.trades.len() as u64);
        if let Some(lag_ms) = session.lag_ms.take() {
            self.shared.lag(lag_ms);
            #[expect(clippy::cast_precision_loss, reason = "a lag is far below 2^53 ms")]
            metrics::histogram!("ingestor_receive_lag_seconds").record(lag_ms as f64 / 1e3);
        }
        let (held, asked) = (batch.len(), Instant::now());
        if self.batches.send(batch).await.is_err() {
            // Only after the writer gave up at the end of its time to stop.
            tracing::error!(event = "batch_lost", rows = held);
        }
        // The wait for the writer is not the exchange's silence.
        let now = Instant::now();
        if now.duration_since(asked) > TICK {
            session.now = now;
            session.last_frame = now;
            for heard in &mut self.heard {
                heard.silence.excused(now.into_std());
            }
        }
    }

    fn new_batch(&self) -> Batch {
        Batch {
            session: Some(self.session_id()),
            ..Batch::default()
        }
    }

    /// Looks for silence, and sends what waits to be sent.
    async fn look_after(&mut self, session: &mut Session) -> Result<(), End> {
        let silent = session.now.saturating_duration_since(session.last_frame);
        if silent >= self.settings.connection_silence {
            return Err(End::Lost(
                Loss::Silent,
                format!("nothing arrived for {} ms", silent.as_millis()),
            ));
        }
        let now = session.now.into_std();
        let silent_symbols = self
            .heard
            .iter()
            .filter(|heard| heard.silence.silent_for(now).is_some())
            .count();
        let half_silent = 2 * silent_symbols >= self.heard.len();
        for place in 0..self.heard.len() {
            self.look_after_symbol(session, place, half_silent)?;
        }
        if session.now < session.next_message {
            return Ok(());
        }
        let message = if let Some(text) = session.outbox.pop_front() {
            Message::text(text)
        } else if silent >= self.settings.connection_silence / 2 && !session.ping_sent {
            session.ping_sent = true;
            Message::Ping(Vec::new().into())
        } else {
            return Ok(());
        };
        session.next_message = session.now + self.venue.limits().message_spacing;
        // A peer that reads nothing must not stop the watch over it.
        match tokio::time::timeout(CLOSE_TIMEOUT, session.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(End::Lost(Loss::Broken, error.to_string())),
            Err(_) => Err(End::Lost(Loss::Silent, "the exchange reads nothing".into())),
        }
    }

    fn look_after_symbol(
        &mut self,
        session: &mut Session,
        place: usize,
        half_silent: bool,
    ) -> Result<(), End> {
        let now = session.now.into_std();
        let Heard { market, silence } = &mut self.heard[place];
        let symbol = market.symbol();
        let about = about_silence(symbol);
        let Some(silent) = silence.silent_for(now) else {
            self.shared.clear_note(&about);
            return Ok(());
        };
        let says = format!("{symbol}: no trade for {} s", silent.as_secs());
        match silence.remedy(now, half_silent) {
            None => self.shared.note(about, says),
            Some(Remedy::Resubscribe) => {
                metrics::counter!("ingestor_silent_symbols_total").increment(1);
                tracing::warn!(event = "symbol_silent", %symbol, silent_ms = silent.as_millis(),
                    remedy = "subscribing again");
                self.shared.note(about, says);
                let symbols = std::slice::from_ref(symbol);
                session.messages += 2;
                session
                    .outbox
                    .push_back(self.venue.unsubscribe(symbols, session.messages - 1));
                session
                    .outbox
                    .push_back(self.venue.subscribe(symbols, session.messages));
            }
            Some(Remedy::Reconnect) => {
                self.shared.note(about, says.clone());
                return Err(End::Lost(Loss::Silent, says));
            }
        }
        Ok(())
    }
}

/// Opens a socket on which at once all that `url` names is heard.
pub(super) async fn connect(url: String) -> Result<Socket, End> {
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_message_size(Some(MAX_FRAME_BYTES))
        .max_frame_size(Some(MAX_FRAME_BYTES));
    let connecting = connect_async_with_config(url, Some(config), true);
    match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
        Ok(Ok((socket, _))) => Ok(socket),
        Ok(Err(error)) => Err(refused(&error)),
        Err(_) => Err(End::Lost(
            Loss::Refused,
            "no answer to the handshake".into(),
        )),
    }
}

/// Says goodbye, if the peer listens.
async fn close(mut socket: Socket) {
    let _ = tokio::time::timeout(CLOSE_TIMEOUT, socket.close(None)).await;
}

/// What a failed handshake means.
fn refused(error: &Error) -> End {
    if let Error::Http(response) = error {
        let status = response.status();
        let body = response.body().as_deref().unwrap_or_default();
        let body = String::from_utf8_lossy(body);
        if status.as_u16() == 451 || is_restricted_location(&body) {
            return End::Restricted(format!(
                "the exchange does not serve this location (HTTP {}: restricted location)",
                status.as_u16()
            ));
        }
        return End::Lost(
            Loss::Refused,
            format!("the exchange refused the connection (HTTP {status})"),
        );
    }
    End::Lost(Loss::Refused, error.to_string())
}

#[cfg(test)]
mod tests {
    use tokio_tungstenite::tungstenite::http::Response;

    use super::*;

    fn answer(status: u16, body: &str) -> End {
        let response = Response::builder()
            .status(status)
            .body(Some(body.as_bytes().to_vec()));
        refused(&Error::Http(Box::new(response.expect("a response"))))
    }

    #[test]
    fn a_place_that_the_exchange_does_not_serve_is_told_from_other_refusals() {
        let body = r#"{"code":0,"msg":"Service unavailable from a restricted location"}"#;
        for (status, body) in [(451, ""), (403, body)] {
            let End::Restricted(reason) = answer(status, body) else {
                panic!("{status}")
            };
            assert!(reason.contains("does not serve this location"), "{reason}");
        }
        let End::Lost(Loss::Refused, reason) = answer(503, "busy") else {
            panic!("503")
        };
        assert!(reason.contains("503"), "{reason}");
    }
}
