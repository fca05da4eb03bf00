//! What stands between the ingestor and the database, and can cut them off from each other.

use std::{path::PathBuf, sync::Arc};

use tokio::{
    io::copy_bidirectional,
    net::{UnixListener, UnixStream},
    sync::watch,
};

/// What a cable does with what is sent over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    Carries,
    /// Connections end.
    Cut,
    /// Connections stay, and nothing is carried: the database hangs.
    Hangs,
}

/// A cable from the ingestor to the database.
pub(crate) struct Cable {
    line: watch::Sender<Line>,
    pub(crate) url: String,
    _dir: tempfile::TempDir,
}

impl Cable {
    /// `url` is `postgres://user:password@%2Fsocket%2Fdirectory:port/database`.
    pub(crate) fn new(url: &str) -> Self {
        let (account, place) = url.split_once('@').expect("an account");
        let (host, rest) = place.split_once(':').expect("a port");
        let (port, database) = rest.split_once('/').expect("a database");
        let socket = format!(".s.PGSQL.{port}");
        let real = PathBuf::from(host.replace("%2F", "/")).join(&socket);
        assert!(real.exists(), "{real:?}");
        let dir = tempfile::tempdir().expect("a directory");
        let listener = UnixListener::bind(dir.path().join(&socket)).expect("a socket");
        let line = watch::Sender::new(Line::Carries);
        tokio::spawn(carry(listener, Arc::new(real), line.subscribe()));
        let host = dir.path().display().to_string().replace('/', "%2F");
        Self {
            line,
            url: format!("{account}@{host}:{port}/{database}"),
            _dir: dir,
        }
    }

    pub(crate) fn set(&self, line: Line) {
        self.line.send_replace(line);
    }
}

async fn carry(listener: UnixListener, real: Arc<PathBuf>, line: watch::Receiver<Line>) {
    while let Ok((mut near, _)) = listener.accept().await {
        let (real, mut line) = (Arc::clone(&real), line.clone());
        if *line.borrow_and_update() == Line::Cut {
            continue;
        }
        tokio::spawn(async move {
            let Ok(mut far) = UnixStream::connect(real.as_ref()).await else {
                return;
            };
            tokio::select! {
                _ = copy_bidirectional(&mut near, &mut far) => {}
                _ = line.wait_for(|line| *line != Line::Carries) => {}
            }
            let _ = line.wait_for(|line| *line != Line::Hangs).await;
        });
    }
}
