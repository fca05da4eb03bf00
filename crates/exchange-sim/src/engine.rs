//! Lets the market trade: reads what has happened since the last tick, records it, applies faults
//! and hands the frames to the connections.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::extract::ws::Utf8Bytes;
use bytes::{Bytes, BytesMut};

use crate::{
    SimTrade,
    app::App,
    faults::{FaultKind, Frame, StreamFaults},
    stream::{Batch, Command, SentFrame},
    truth::TruthFile,
    wire::{Twist, push_frame, stream_name},
};

/// How often the market is looked at. A frame waits half of it on average.
const TICK: Duration = Duration::from_millis(10);
/// Trades of a symbol that are encoded at once, so that catching up does not hold everything else up.
const CHUNK: usize = 4_096;

/// The task that trades.
pub(crate) struct Engine {
    app: App,
    feeds: Vec<Feed>,
    truth_file: Option<TruthFile>,
    trades: Vec<SimTrade>,
    frames: Vec<Frame>,
}

struct Feed {
    stream: String,
    faults: StreamFaults,
}

impl Engine {
    pub(crate) fn new(app: App, truth_file: Option<TruthFile>) -> Self {
        let specs = app.series.specs();
        let feeds = specs
            .iter()
            .map(|spec| Feed {
                stream: stream_name(&spec.name),
                faults: StreamFaults::default(),
            })
            .collect();
        Self {
            app,
            feeds,
            truth_file,
            trades: Vec::new(),
            frames: Vec::new(),
        }
    }

    /// Runs until the simulator stops, or, if `to_the_end`, until nothing more will be traded.
    pub(crate) async fn run(mut self, to_the_end: bool) -> std::io::Result<()> {
        let app = self.app.clone();
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = app.stopping.cancelled() => return Ok(()),
            }
            if app.waiting.load(Ordering::Acquire) {
                continue;
            }
            let now_ms = app.clock.now_ms();
            let mut ended = true;
            for symbol in 0..self.feeds.len() {
                while self.trade(symbol, now_ms)? {
                    tokio::task::yield_now().await;
                }
                ended &= app
                    .series
                    .extent_ms(symbol)
                    .1
                    .is_some_and(|last| now_ms > last);
            }
            if let Some(file) = &mut self.truth_file {
                file.flush()?;
            }
            self.strike_connections();
            if ended && to_the_end {
                return Ok(());
            }
        }
    }

    /// One chunk of trades of one symbol; says whether there may be more.
    fn trade(&mut self, symbol: usize, now_ms: i64) -> std::io::Result<bool> {
        let app = &self.app;
        let (_, next) = app.truth.ids(symbol);
        self.trades.clear();
        app.series
            .read(symbol, next, now_ms, CHUNK, &mut self.trades);
        let spec = &app.series.specs()[symbol];
        if let Some(last) = self.trades.last() {
            // The truth comes first: a client can never have a trade that is not in it.
            if let Some(file) = &mut self.truth_file {
                file.write(spec, &self.trades)?;
            }
            app.truth.advance(symbol, last.id + 1);
        }
        let feed = &mut self.feeds[symbol];
        if !app.hub.wanted(symbol) {
            feed.faults.clear();
            return Ok(self.trades.len() == CHUNK);
        }
        self.frames.clear();
        feed.faults.apply(
            &app.book,
            &spec.name,
            &self.trades,
            now_ms,
            &mut self.frames,
        );
        if !self.frames.is_empty() {
            let frames = self.encode(symbol, now_ms);
            self.app.hub.send(&Arc::new(Batch { symbol, frames }));
        }
        Ok(self.trades.len() == CHUNK)
    }

    /// All frames of a batch share one buffer, and the raw form is a part of the combined one.
    fn encode(&self, symbol: usize, now_ms: i64) -> Vec<SentFrame> {
        let (spec, stream) = (&self.app.series.specs()[symbol], &self.feeds[symbol].stream);
        let mut text = Vec::with_capacity(self.frames.len() * 240);
        let mut ends = Vec::with_capacity(self.frames.len());
        for frame in &self.frames {
            let mut prefix = 0;
            let start = text.len();
            match frame {
                Frame::Trade(trade, twist) => {
                    prefix = push_frame(&mut text, stream, spec, trade, now_ms, (*twist).into());
                }
                Frame::Half(trade) => {
                    push_frame(&mut text, stream, spec, trade, now_ms, Twist::default());
                    text.truncate(start + (text.len() - start) / 2);
                }
                Frame::Large(bytes) => {
                    prefix = push_head(&mut text, stream);
                    text.extend_from_slice(b"{\"e\":\"noise\",\"x\":\"");
                    text.resize(text.len().max(start + bytes.saturating_sub(3)), b'x');
                    text.extend_from_slice(b"\"}}");
                }
                Frame::Unknown => {
                    prefix = push_head(&mut text, stream);
                    text.extend_from_slice(b"{\"e\":\"somethingNew\",\"E\":1,\"s\":[{}]}}");
                }
            }
            ends.push((prefix, text.len()));
        }
        let mut text: BytesMut = Bytes::from(text).into();
        let mut start = 0;
        ends.into_iter()
            .map(|(prefix, end)| {
                let combined = text.split_to(end - start).freeze();
                start = end;
                let raw = if prefix == 0 {
                    combined.clone()
                } else {
                    combined.slice(prefix..combined.len() - 1)
                };
                SentFrame {
                    combined: utf8(combined),
                    raw: utf8(raw),
                }
            })
            .collect()
    }

    /// A fault without a number strikes all open connections at once, and waits until there is one.
    fn strike_connections(&self) {
        let clients = self.app.hub.clients();
        let struck = self.app.book.strike(|spec| {
            let hits = |id| spec.connection.is_none_or(|of| of == id);
            spec.kind.is_of_connection() && clients.iter().any(|client| hits(client.id))
        });
        let Some(spec) = struck else { return };
        let command = match spec.kind {
            FaultKind::Close => Command::Close,
            FaultKind::HalfOpen => Command::Freeze,
            _ => Command::Drop,
        };
        for client in clients
            .iter()
            .filter(|client| spec.connection.is_none_or(|id| id == client.id))
        {
            client.command(command);
        }
    }
}

fn push_head(out: &mut Vec<u8>, stream: &str) -> usize {
    let start = out.len();
    out.extend_from_slice(b"{\"stream\":\"");
    out.extend_from_slice(stream.as_bytes());
    out.extend_from_slice(b"\",\"data\":");
    out.len() - start
}

fn utf8(bytes: Bytes) -> Utf8Bytes {
    Utf8Bytes::try_from(bytes).expect("frames are built from valid text and cut at ASCII")
}
