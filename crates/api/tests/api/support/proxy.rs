//! A database that can go away: a proxy that cuts its connections and refuses new ones.

use std::{net::SocketAddr, path::PathBuf};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
};

/// Listens on a port of its own and forwards to the socket of a test database.
pub struct Proxy {
    address: SocketAddr,
    url: String,
    up: watch::Sender<bool>,
}

impl Proxy {
    /// `url` as test databases have it: `postgres://user:password@%2Fsocket%2Fdirectory:port/name`.
    pub async fn before(url: &str) -> Self {
        let (account, place) = url
            .strip_prefix("postgres://")
            .unwrap()
            .split_once('@')
            .unwrap();
        let (host, rest) = place.split_once(':').unwrap();
        let (port, database) = rest.split_once('/').unwrap();
        let directory = host.replace("%2F", "/").replace("%2f", "/");
        let socket = PathBuf::from(directory).join(format!(".s.PGSQL.{port}"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let up = watch::Sender::new(true);
        tokio::spawn(accept(listener, socket, up.subscribe()));
        let url = format!("postgres://{account}@{address}/{database}?sslmode=disable");
        Self { address, url, up }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts all connections and refuses new ones, until [`restore`](Self::restore).
    pub fn cut(&self) {
        self.up.send_replace(false);
    }

    pub fn restore(&self) {
        self.up.send_replace(true);
    }
}

async fn accept(listener: TcpListener, socket: PathBuf, up: watch::Receiver<bool>) {
    while let Ok((client, _)) = listener.accept().await {
        if *up.borrow() {
            tokio::spawn(forward(client, socket.clone(), up.clone()));
        }
    }
}

async fn forward(mut client: TcpStream, socket: PathBuf, mut up: watch::Receiver<bool>) {
    let Ok(mut server) = UnixStream::connect(socket).await else {
        return;
    };
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => {}
        _ = up.wait_for(|up| !up) => {}
    }
}
