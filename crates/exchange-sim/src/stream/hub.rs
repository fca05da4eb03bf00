//! Who is connected and what each connection is waiting for.

use std::{
    collections::HashSet,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A frame in both forms; both share the bytes of the batch.
#[derive(Debug)]
pub(crate) struct SentFrame {
    /// `{"stream":…,"data":…}`.
    pub(crate) combined: Utf8Bytes,
    /// The data alone.
    pub(crate) raw: Utf8Bytes,
}

/// Frames of one symbol, encoded once for all connections.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) symbol: usize,
    pub(crate) frames: Vec<SentFrame>,
}

/// What a connection is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    /// Go away without a word.
    Drop,
    /// Say goodbye.
    Close,
    /// Stay open and do nothing.
    Freeze,
}

/// An open connection, as the rest of the simulator sees it.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) id: u64,
    pub(crate) peer: SocketAddr,
    pub(crate) path: String,
    /// Frames that went into its socket.
    pub(crate) sent: AtomicU64,
    /// Cancelled to drop the connection, whatever it is doing.
    pub(crate) kill: CancellationToken,
    /// Symbols whose frames it gets.
    symbols: Mutex<HashSet<usize>>,
    queue: mpsc::UnboundedSender<Arc<Batch>>,
    commands: mpsc::Sender<Command>,
    /// Frames in the queue; its bound, since batches differ in size.
    waiting: AtomicUsize,
}

/// The receiving ends of a connection's queues.
#[derive(Debug)]
pub(super) struct Inbox {
    pub(super) batches: mpsc::UnboundedReceiver<Arc<Batch>>,
    pub(super) commands: mpsc::Receiver<Command>,
}

impl Client {
    pub(crate) fn command(&self, command: Command) {
        if command == Command::Drop || self.commands.try_send(command).is_err() {
            self.kill.cancel();
        }
    }

    pub(crate) fn subscribed(&self, symbol: usize) -> bool {
        self.symbols().contains(&symbol)
    }

    pub(super) fn set_symbols(&self, symbols: HashSet<usize>) {
        *self.symbols() = symbols;
    }

    /// Notes that a batch left the queue.
    pub(super) fn taken(&self, frames: usize) {
        self.waiting.fetch_sub(frames, Ordering::AcqRel);
    }

    fn symbols(&self) -> MutexGuard<'_, HashSet<usize>> {
        self.symbols.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All open connections.
#[derive(Debug)]
pub(crate) struct Hub {
    clients: Mutex<Vec<Arc<Client>>>,
    next_id: AtomicU64,
    /// Frames that may wait for a connection.
    most_waiting: usize,
}

impl Hub {
    pub(crate) fn new(most_waiting: usize) -> Self {
        Self {
            clients: Mutex::default(),
            next_id: AtomicU64::new(1),
            most_waiting,
        }
    }

    pub(super) fn open(&self, peer: SocketAddr, path: String) -> (Arc<Client>, Inbox) {
        // Unbounded as a channel: its bound is `waiting`, which counts frames.
        let (queue, batches) = mpsc::unbounded_channel();
        let (command_queue, commands) = mpsc::channel(16);
        let client = Arc::new(Client {
            id: self.next_id.fetch_add(1, Ordering::Relaxed),
            peer,
            path,
            sent: AtomicU64::new(0),
            kill: CancellationToken::new(),
            symbols: Mutex::default(),
            queue,
            commands: command_queue,
            waiting: AtomicUsize::new(0),
        });
        self.lock().push(Arc::clone(&client));
        (client, Inbox { batches, commands })
    }

    pub(super) fn close(&self, id: u64) {
        self.lock().retain(|client| client.id != id);
    }

    pub(crate) fn clients(&self) -> Vec<Arc<Client>> {
        self.lock().clone()
    }

    /// Whether any connection gets the frames of a symbol.
    pub(crate) fn wanted(&self, symbol: usize) -> bool {
        self.lock().iter().any(|client| client.subscribed(symbol))
    }

    /// Puts a batch into the queue of every connection that is subscribed. A connection that is
    /// too far behind is dropped instead.
    pub(crate) fn send(&self, batch: &Arc<Batch>) {
        for client in self
            .lock()
            .iter()
            .filter(|client| client.subscribed(batch.symbol))
        {
            let frames = batch.frames.len();
            let waiting = client.waiting.fetch_add(frames, Ordering::AcqRel);
            // A batch larger than the bound itself still goes to a client that keeps up.
            if waiting > 0 && waiting + frames > self.most_waiting {
                tracing::warn!(
                    connection = client.id,
                    waiting,
                    "client too slow, disconnected"
                );
                client.kill.cancel();
            } else if !client.kill.is_cancelled() {
                // It fails only when the connection is closing.
                let _ = client.queue.send(Arc::clone(batch));
            }
        }
    }

    /// Returns when no connection has anything left to send.
    pub(crate) async fn drained(&self) {
        let waiting = |client: &Arc<Client>| client.waiting.load(Ordering::Acquire) > 0;
        while self.lock().iter().any(waiting) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Client>>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
