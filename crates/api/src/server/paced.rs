//! A socket that does not wait for ever for its client to take what is sent.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use crate::patience::Patience;

/// A client that takes less than this, while there is more to take, holds a place that others could have.
const LEAST_BYTES_PER_SECOND: f64 = 8.0 * 1_024.0;

/// See the module.
#[derive(Debug)]
pub(super) struct Paced {
    stream: TcpStream,
    patience: Patience,
}

impl Paced {
    /// A client that takes nothing for so long as `patience` is gone, or as good as gone.
    ///
    /// # Errors
    /// When it is gone already.
    pub(super) fn new(stream: TcpStream, patience: Duration) -> io::Result<Self> {
        // Events are small and each is wanted now.
        stream.set_nodelay(true)?;
        // A client that vanished without a word takes heartbeats for a quarter of an hour else.
        SockRef::from(&stream).set_tcp_user_timeout(Some(patience))?;
        Ok(Self::with(
            stream,
            Patience::new(patience, LEAST_BYTES_PER_SECOND),
        ))
    }

    const fn with(stream: TcpStream, patience: Patience) -> Self {
        Self { stream, patience }
    }

    fn judge(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(result) => {
                self.patience.moved(*result.as_ref().unwrap_or(&0));
                Poll::Ready(result)
            }
            Poll::Pending => {
                ready!(self.patience.poll_end(context));
                metrics::counter!("api_slow_clients_total", "at" => "answer").increment(1);
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }
}

impl AsyncRead for Paced {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Paced {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.judge(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.judge(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    /// A socket with that patience, and its client's end.
    async fn pair(patience: Patience) -> (Paced, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await;
        let (stream, _) = listener.accept().await.unwrap();
        (Paced::with(stream, patience), client.unwrap())
    }

    /// More than the buffers of both ends hold.
    const MUCH: usize = 64 << 20;

    #[tokio::test]
    async fn a_client_that_takes_nothing_is_given_up() {
        let (mut server, _client) = pair(Patience::new(Duration::from_millis(200), 1e3)).await;
        let error = server.write_all(&vec![0; MUCH]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_client_that_takes_a_little_now_and_then_is_given_up_too() {
        let (mut server, mut client) = pair(Patience::new(Duration::from_millis(500), 1e9)).await;
        let dribble = async {
            let mut sip = vec![0; 256 << 10];
            loop {
                client.read_exact(&mut sip).await.unwrap();
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let bytes = vec![0; MUCH];
        tokio::select! {
            result = server.write_all(&bytes) => {
                assert_eq!(result.unwrap_err().kind(), io::ErrorKind::TimedOut);
            }
            () = dribble => unreachable!("it goes on for ever"),
        }
    }

    #[tokio::test]
    async fn a_client_that_takes_all_is_sent_all() {
        let (mut server, mut client) = pair(Patience::new(Duration::from_secs(30), 1e3)).await;
        let reading = tokio::spawn(async move {
            let mut read = Vec::new();
            client.read_to_end(&mut read).await.map(|_| read.len())
        });
        server.write_all(&vec![0; MUCH]).await.unwrap();
        drop(server);
        assert_eq!(reading.await.unwrap().unwrap(), MUCH);
    }
}
