//! A database that can go away: a proxy before it that fails in the ways in which networks fail.

use std::{net::SocketAddr, path::PathBuf};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpSocket, TcpStream, UnixStream},
    sync::watch,
};

/// What becomes of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weather {
    /// They work.
    Fair,
    /// Those that are open are reset, and new ones too.
    Reset,
    /// Those that are open are reset, and new ones are refused.
    Refused,
    /// Nothing comes through on those that are open, nor on new ones, and nothing says so.
    Silent,
}

/// Listens on a port of its own and forwards to the socket of a test database.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    url: String,
    weather: watch::Sender<Weather>,
}

impl Proxy {
    /// `url` as test databases have it: `postgres://user:password@%2Fsocket%2Fdirectory:port/name`.
    ///
    /// # Panics
    /// When it is another, or no port is free.
    pub async fn before(url: &str) -> Self {
        let account_and_place = url.strip_prefix("postgres://");
        let (account, place) = account_and_place
            .and_then(|rest| rest.split_once('@'))
            .expect("an account");
        let (host, rest) = place.split_once(':').expect("a port");
        let (port, database) = rest.split_once('/').expect("a database");
        let directory = host.replace("%2F", "/").replace("%2f", "/");
        let socket = PathBuf::from(directory).join(format!(".s.PGSQL.{port}"));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let weather = watch::Sender::new(Weather::Fair);
        tokio::spawn(accept(listener, socket, weather.subscribe()));
        let url = format!("postgres://{account}@{address}/{database}?sslmode=disable");
        Self {
            address,
            url,
            weather,
        }
    }

    /// Where services under test find the database.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Resets all connections and every new one, until [`restore`](Self::restore).
    pub fn cut(&self) {
        self.weather.send_replace(Weather::Reset);
    }

    /// Resets all connections and refuses new ones.
    pub fn refuse(&self) {
        self.weather.send_replace(Weather::Refused);
    }

    /// Lets nothing through any more. What is open now stays silent for ever.
    pub fn silence(&self) {
        self.weather.send_replace(Weather::Silent);
    }

    /// New connections work.
    pub fn restore(&self) {
        self.weather.send_replace(Weather::Fair);
    }
}

async fn accept(listener: TcpListener, socket: PathBuf, mut weather: watch::Receiver<Weather>) {
    let address = listener.local_addr().expect("it is bound");
    let mut listener = Some(listener);
    // Silent connections are held, as closing them would tell.
    let mut held = Vec::new();
    loop {
        let now = *weather.borrow_and_update();
        if now == Weather::Refused {
            listener = None;
            if weather.changed().await.is_err() {
                return;
            }
            continue;
        }
        let listening = listener.get_or_insert_with(|| bind_again(address));
        let accepted = tokio::select! {
            accepted = listening.accept() => accepted,
            changed = weather.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return,
            },
        };
        let Ok((client, _)) = accepted else { return };
        match now {
            Weather::Fair => {
                tokio::spawn(forward(client, socket.clone(), weather.clone()));
            }
            Weather::Silent => held.push(client),
            Weather::Reset | Weather::Refused => reset(&client),
        }
    }
}

fn bind_again(address: SocketAddr) -> TcpListener {
    let socket = TcpSocket::new_v4().expect("a socket");
    let bound = socket
        .set_reuseaddr(true)
        .and_then(|()| socket.bind(address));
    bound.expect("the port was this proxy's");
    socket.listen(64).expect("it is bound")
}

/// Makes the end of the connection a reset.
fn reset(client: &TcpStream) {
    client.set_zero_linger().expect("the socket is open");
}

async fn forward(mut client: TcpStream, socket: PathBuf, mut weather: watch::Receiver<Weather>) {
    let Ok(mut server) = UnixStream::connect(socket).await else {
        return;
    };
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => return,
        _ = weather.wait_for(|weather| *weather != Weather::Fair) => {}
    }
    if *weather.borrow() == Weather::Silent {
        // The server side, too, hears nothing: it goes on with what it was asked.
        std::future::pending::<()>().await;
    }
    reset(&client);
}
