//! The life of one connection.

use std::{
    collections::{HashSet, VecDeque},
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use futures::SinkExt;

use super::{
    control::Session,
    hub::{Batch, Client, Command, Inbox},
};
use crate::{app::App, wire::stream_name};

/// Messages a second that a client may send, pings and pongs included.
const MOST_MESSAGES: usize = 10;

/// A connection and what it is subscribed to.
pub(super) struct Connection {
    app: App,
    client: Arc<Client>,
    inbox: Inbox,
    session: Session,
    /// Whether subscriptions on this path are served.
    delivers: bool,
}

/// Why a connection ends.
enum End {
    /// Without a word.
    Silently,
    /// With a close frame.
    With(u16, &'static str),
}

impl Connection {
    pub(super) fn open(
        app: &App,
        peer: SocketAddr,
        path: String,
        session: Session,
        delivers: bool,
    ) -> Self {
        let (client, inbox) = app.hub.open(peer, path);
        tracing::info!(connection = client.id, %peer, path = client.path, "connected");
        let connection = Self {
            app: app.clone(),
            client,
            inbox,
            session,
            delivers,
        };
        connection.route();
        connection
    }

    pub(super) async fn serve(mut self, mut socket: WebSocket) {
        let client = Arc::clone(&self.client);
        let end = tokio::select! {
            end = self.talk(&mut socket) => end,
            () = client.kill.cancelled() => End::Silently,
        };
        // First, so that nothing more is put into the queue.
        self.app.hub.close(client.id);
        let reason = match end {
            End::Silently => "dropped",
            End::With(code, reason) => {
                let frame = CloseFrame {
                    code,
                    reason: reason.into(),
                };
                let goodbye = socket.send(Message::Close(Some(frame)));
                // A client that does not read must not keep the simulator from stopping.
                let _ = tokio::time::timeout(Duration::from_secs(1), goodbye).await;
                reason
            }
        };
        let sent = client.sent.load(Ordering::Relaxed);
        tracing::info!(connection = client.id, sent, reason, "disconnected");
    }

    async fn talk(&mut self, socket: &mut WebSocket) -> End {
        let app = self.app.clone();
        let mut pings = tokio::time::interval(app.config.ping_interval());
        pings.reset();
        let mut last_pong = Instant::now();
        let mut lifetime = std::pin::pin!(tokio::time::sleep(app.config.connection_lifetime()));
        let mut said = VecDeque::with_capacity(MOST_MESSAGES);
        loop {
            let sent = tokio::select! {
                biased;
                () = app.stopping.cancelled() => return End::With(close_code::AWAY, "exchange stops"),
                command = self.inbox.commands.recv() => match command {
                    Some(Command::Freeze) => {
                        self.client.set_symbols([].into());
                        app.stopping.cancelled().await;
                        return End::Silently;
                    }
                    Some(Command::Close) => return End::With(close_code::NORMAL, "asked to"),
                    Some(Command::Drop) | None => return End::Silently,
                },
                () = &mut lifetime => return End::With(close_code::NORMAL, "end of lifetime"),
                _ = pings.tick() => {
                    if last_pong.elapsed() > app.config.pong_timeout() {
                        return End::With(close_code::POLICY, "no pong");
                    }
                    socket.send(Message::Ping(crate::clock::host_ms().to_string().into())).await
                }
                message = socket.recv() => {
                    let Some(Ok(message)) = message else { return End::Silently };
                    if too_many(&mut said) {
                        return End::With(close_code::POLICY, "Too many requests");
                    }
                    match message {
                        Message::Text(text) => {
                            let answer = self.session.handle(&text);
                            self.route();
                            socket.send(Message::Text(answer.to_string().into())).await
                        }
                        Message::Pong(_) => {
                            last_pong = Instant::now();
                            Ok(())
                        }
                        Message::Close(_) => return End::With(close_code::NORMAL, "goodbye"),
                        // Pings are answered by the library when it next reads or writes.
                        Message::Ping(_) => socket.flush().await,
                        Message::Binary(_) => return End::With(close_code::UNSUPPORTED, "text only"),
                    }
                }
                batch = self.inbox.batches.recv() => match batch {
                    Some(batch) => self.pass_on(socket, batch).await,
                    None => return End::Silently,
                },
            };
            if sent.is_err() {
                return End::Silently;
            }
        }
    }

    /// Writes what is waiting, and flushes once.
    async fn pass_on(
        &mut self,
        socket: &mut WebSocket,
        first: Arc<Batch>,
    ) -> Result<(), axum::Error> {
        let mut next = Some(first);
        let mut room = 64;
        while let Some(batch) = next.take() {
            if self.client.subscribed(batch.symbol) {
                for frame in &batch.frames {
                    let text: &Utf8Bytes = if self.session.combined {
                        &frame.combined
                    } else {
                        &frame.raw
                    };
                    socket.feed(Message::Text(text.clone())).await?;
                }
                self.client
                    .sent
                    .fetch_add(batch.frames.len() as u64, Ordering::Relaxed);
            }
            self.client.taken(batch.frames.len());
            room -= 1;
            if room > 0 {
                next = self.inbox.batches.try_recv().ok();
            }
        }
        socket.flush().await
    }

    /// Tells the hub which symbols the streams stand for. A name that stands for none is
    /// acknowledged like any other and stays silent.
    fn route(&self) {
        let served = |(symbol, index): (&String, &usize)| {
            self.session
                .streams
                .contains(&stream_name(symbol))
                .then_some(*index)
        };
        let symbols = self.app.symbols.iter().filter_map(served);
        let symbols: HashSet<usize> = if self.delivers {
            symbols.collect()
        } else {
            [].into()
        };
        let any = !symbols.is_empty();
        self.client.set_symbols(symbols);
        if any && self.app.waiting.swap(false, Ordering::AcqRel) {
            self.app.clock.set(None, Some(false));
        }
    }
}

/// Whether this message is one too many within a second.
fn too_many(said: &mut VecDeque<Instant>) -> bool {
    let now = Instant::now();
    if said.len() == MOST_MESSAGES {
        let oldest = said.pop_front().expect("it is full");
        if now.duration_since(oldest) < Duration::from_secs(1) {
            return true;
        }
    }
    said.push_back(now);
    false
}
