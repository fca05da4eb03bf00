//! The connection that takes over from one that has grown old, opened while that one is still heard.
//!
//! Both are read for a while, so that no trade falls between them; what both hear is stored once.

use std::{future::pending, time::Duration};

use futures::{StreamExt, future::BoxFuture};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::{
    End,
    session::{Socket, connect},
};

/// What was sent on the old connection before the new one was subscribed has arrived within this time.
const OVERLAP: Duration = Duration::from_secs(2);

/// A successor that has said nothing for this long is no better than the old connection.
const PATIENCE: Duration = Duration::from_secs(60);

/// How far the take-over is.
pub(super) enum Successor {
    /// None is wanted before this time.
    NotBefore(Instant),
    Connecting(BoxFuture<'static, Result<Socket, End>>),
    Open {
        socket: Box<Socket>,
        since: Instant,
        heard: bool,
    },
}

/// What comes from it.
pub(super) enum News {
    /// The handshake is over.
    Connected(Result<Box<Socket>, End>),
    /// As from any socket.
    Message(Option<Result<Message, Error>>),
}

impl Successor {
    /// Opens the connection when it is time to.
    pub(super) fn start_if_due(&mut self, now: Instant, url: impl FnOnce() -> String) {
        if let Self::NotBefore(time) = self
            && now >= *time
        {
            *self = Self::Connecting(Box::pin(connect(url())));
        }
    }

    /// Waits for news; for ever while there is no successor. Nothing is lost when it is cut short.
    pub(super) async fn news(&mut self) -> News {
        match self {
            Self::NotBefore(_) => pending().await,
            Self::Connecting(connecting) => News::Connected(connecting.await.map(Box::new)),
            Self::Open { socket, .. } => News::Message(socket.next().await),
        }
    }

    pub(super) fn opened(&mut self, socket: Box<Socket>, now: Instant) {
        *self = Self::Open {
            socket,
            since: now,
            heard: false,
        };
    }

    /// Takes note that it carries data.
    pub(super) fn heard_something(&mut self) {
        if let Self::Open { heard, .. } = self {
            *heard = true;
        }
    }

    /// Whether it has been silent for so long that it should be given up.
    pub(super) fn is_useless(&self, now: Instant) -> bool {
        matches!(self, Self::Open { since, heard: false, .. } if now.duration_since(*since) >= PATIENCE)
    }

    /// Whether it carries data and has overlapped with the old one for long enough.
    pub(super) fn is_ready(&self, now: Instant) -> bool {
        matches!(self, Self::Open { since, heard: true, .. } if now.duration_since(*since) >= OVERLAP)
    }

    /// The socket, if it is open. No successor is wanted then until `next`.
    pub(super) fn take(&mut self, next: Instant) -> Option<Socket> {
        if !matches!(self, Self::Open { .. }) {
            return None;
        }
        match std::mem::replace(self, Self::NotBefore(next)) {
            Self::Open { socket, .. } => Some(*socket),
            Self::NotBefore(_) | Self::Connecting(_) => None,
        }
    }
}
