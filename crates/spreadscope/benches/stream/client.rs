//! A client of the event stream that remembers when it heard of which trade.

use std::{collections::HashMap, net::SocketAddr, time::Duration};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    sync::watch,
    time::{Instant, timeout_at},
};

use crate::{demo::Demo, histogram::Histogram, now_ms};

/// Nothing takes nearly so long.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Stream {
    reader: BufReader<TcpStream>,
    symbols: [&'static str; 2],
}

/// What a client heard: the ids of the newest trades, and when.
pub struct Heard {
    symbols: [&'static str; 2],
    /// Of `ticks:` y.
    ticks: Vec<(i64, i64)>,
    /// Of y and of x in the pair.
    pair: [Vec<(i64, i64)>; 2],
    events: usize,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    data: Data,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    agg_id: Option<i64>,
    agg_ids: Option<[i64; 2]>,
}

impl Stream {
    /// Follows the pair and the last price of y, and has the first event of both.
    pub async fn open(address: SocketAddr, y: &'static str, x: &'static str) -> Result<Self> {
        let mut socket = TcpStream::connect(address).await?;
        let topics = format!("ticks:{y},pair:y%3D{y}%26x%3D{x}%26open%3Dtrue");
        let request = format!(
            "GET /api/v1/stream?topics={topics} HTTP/1.0\r\nHost: localhost:{}\r\n\r\n",
            address.port()
        );
        socket.write_all(request.as_bytes()).await?;
        let mut stream = Self {
            reader: BufReader::with_capacity(4_096, socket),
            symbols: [y, x],
        };
        let until = Instant::now() + PATIENCE;
        let (mut ticks, mut pair) = (false, false);
        while !(ticks && pair) {
            let event = timeout_at(until, stream.next())
                .await
                .context("no snapshot came")??;
            ticks |= event.kind == "ticks";
            pair |= event.kind == "pair";
        }
        Ok(stream)
    }

    async fn next(&mut self) -> Result<Event> {
        let mut line = String::new();
        loop {
            line.clear();
            if self.reader.read_line(&mut line).await? == 0 {
                bail!("the stream ended");
            }
            if let Some(status) = line.strip_prefix("HTTP/1.") {
                ensure!(status.contains(" 200 "), "{line}");
            }
            if let Some(data) = line.strip_prefix("data: ") {
                return serde_json::from_str(data).with_context(|| data.to_owned());
            }
        }
    }

    /// Listens until this begins, and then for so long.
    pub async fn listen(mut self, begun: watch::Receiver<bool>, length: Duration) -> Result<Heard> {
        let mut until = None;
        let mut heard = Heard {
            symbols: self.symbols,
            ticks: Vec::new(),
            pair: [Vec::new(), Vec::new()],
            events: 0,
        };
        loop {
            let event = match until {
                Some(until) => timeout_at(until, self.next()).await,
                None => Ok(self.next().await),
            };
            let Ok(event) = event else { return Ok(heard) };
            let (event, at_ms) = (event?, now_ms()?);
            if until.is_none() {
                until = begun.borrow().then(|| Instant::now() + length);
                continue;
            }
            heard.events += 1;
            if let Some(id) = event.data.agg_id {
                heard.ticks.push((at_ms, id));
            }
            if let Some(ids) = event.data.agg_ids {
                for (column, id) in heard.pair.iter_mut().zip(ids) {
                    column.push((at_ms, id));
                }
            }
        }
    }
}

impl Heard {
    pub fn events(&self) -> usize {
        self.events
    }

    /// Adds how long each trade took of which a topic told.
    pub async fn latencies(&self, topic: &str, demo: &Demo, into: &mut Histogram) -> Result<()> {
        let [y, x] = self.symbols;
        let [pair_y, pair_x] = &self.pair;
        let columns = match topic {
            "ticks" => vec![(y, &self.ticks)],
            _ => vec![(y, pair_y), (x, pair_x)],
        };
        for (symbol, column) in columns {
            let (Some(first), Some(last)) = (column.first(), column.last()) else {
                bail!("nothing was told of {symbol}");
            };
            let times: HashMap<i64, i64> = demo.trades(symbol, first.1, last.1).await?;
            for pair in column.windows(2) {
                let [(_, before), (at_ms, id)] = [pair[0], pair[1]];
                for id in before + 1..=id {
                    let time = times.get(&id).with_context(|| format!("{symbol} {id}"))?;
                    into.add(at_ms - time);
                }
            }
        }
        Ok(())
    }
}
