//! The task of a `ticks:` topic: the last price as it is heard of, and the volume of the day.

use std::{sync::Arc, time::Duration};

use api_types::{EventKind, StreamEvent, Tick};
use store::{TradeNotice, symbols::SymbolInfo};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

use super::{
    Admission, forget_gone,
    outbox::{Audience, Message},
    overview::{Overview, Overviews},
    pump::Pulse,
    signal::Signal,
};
use crate::convert;

pub(crate) struct TicksTopic {
    pulse: Arc<Pulse>,
    overviews: Arc<Overviews>,
    name: Arc<str>,
    symbol: SymbolInfo,
    coalesce: Duration,
    signal: Arc<Signal>,
    audience: Audience,
    /// Clients that were admitted and have been sent nothing yet.
    waiting: Vec<Admission>,
    /// Followed only while there is an audience.
    overview: Option<watch::Receiver<Option<Arc<Overview>>>>,
    /// What the audience was sent last.
    sent: Option<Tick>,
    next_send: Instant,
}

impl TicksTopic {
    pub(crate) fn new(
        pulse: Arc<Pulse>,
        overviews: Arc<Overviews>,
        name: Arc<str>,
        symbol: SymbolInfo,
        coalesce: Duration,
    ) -> Self {
        Self {
            signal: pulse.signal_for(symbol.symbol_id),
            pulse,
            overviews,
            name,
            symbol,
            coalesce,
            audience: Audience::default(),
            waiting: Vec::new(),
            overview: None,
            sent: None,
            next_send: Instant::now(),
        }
    }

    pub(crate) async fn run(mut self, mut admissions: mpsc::Receiver<Admission>) {
        loop {
            tokio::select! {
                admission = admissions.recv() => match admission {
                    Some(admission) => self.waiting.push(admission),
                    None => return,
                },
                () = self.signal.raised() => {
                    tokio::time::sleep_until(self.next_send).await;
                    self.signal.take();
                }
                () = changed(self.overview.as_mut()) => {}
            }
            while let Ok(admission) = admissions.try_recv() {
                self.waiting.push(admission);
            }
            self.tell();
        }
    }

    fn tell(&mut self) {
        forget_gone(&mut self.waiting);
        if self.audience.is_empty() && self.waiting.is_empty() {
            (self.overview, self.sent) = (None, None);
            return;
        }
        let overview = self.overview.get_or_insert_with(|| self.overviews.follow());
        // Until the first overview is there, a first event would lack half of what it is to say.
        let Some(overview) = overview.borrow_and_update().clone() else {
            return;
        };
        let tick = self.tick(&overview);
        if self.sent.as_ref() != Some(&tick) {
            self.next_send = Instant::now() + self.coalesce;
            let message = self.message(EventKind::Update, &tick);
            self.audience.send(&message);
            self.sent = Some(tick.clone());
        }
        if self.waiting.is_empty() {
            return;
        }
        let message = self.message(EventKind::Snapshot, &tick);
        for Admission { outbox, .. } in self.waiting.drain(..) {
            if outbox.send(message.clone()) {
                self.audience.admit(outbox);
            }
        }
    }

    fn tick(&self, overview: &Overview) -> Tick {
        let stored = overview.get(&self.symbol.symbol_id);
        let heard: Option<TradeNotice> = self.pulse.newest(self.symbol.symbol_id);
        let volumes = stored.filter(|stored| stored.last_time_ms.is_some());
        Tick {
            venue: convert::venue(self.symbol.venue),
            symbol: self.symbol.spec.symbol.to_string(),
            price: heard
                .map(|n| n.last_price)
                .or(stored.and_then(|s| s.last_price)),
            time: heard
                .map(|n| n.last_time_ms)
                .or(stored.and_then(|s| s.last_time_ms)),
            agg_id: heard
                .map(|n| n.last_agg_id)
                .or(stored.and_then(|s| s.last_agg_id)),
            volume_24h: volumes.map(|stored| stored.volume_24h),
            quote_volume_24h: volumes.map(|stored| stored.quote_volume_24h),
        }
    }

    fn message(&self, kind: EventKind, tick: &Tick) -> Message {
        Message::new(&StreamEvent::Ticks {
            topic: self.name.to_string(),
            kind,
            as_of: convert::now_ms(),
            data: tick.clone(),
        })
    }
}

/// Waits for a newer overview; for ever while none is followed.
async fn changed(overview: Option<&mut watch::Receiver<Option<Arc<Overview>>>>) {
    if let Some(overview) = overview
        && overview.changed().await.is_ok()
    {
        return;
    }
    // The sender lives as long as the hub, so this is for want of a receiver.
    std::future::pending::<()>().await;
}
