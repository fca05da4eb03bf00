//! Is the dashboard's address free? Asked before anything is started.

use std::{io, net::SocketAddr};

use anyhow::anyhow;
use tokio::net::TcpListener;

/// Binds `address` and lets go of it again.
pub(crate) async fn check(address: SocketAddr) -> anyhow::Result<()> {
    match TcpListener::bind(address).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(anyhow!(
            "port {} is in use by another program: choose another address for the dashboard, as --bind {}",
            address.port(),
            SocketAddr::new(address.ip(), another(address.port()))
        )),
        Err(error) => Err(anyhow!(
            "cannot serve the dashboard on {address} ({error}): choose another address with --bind"
        )),
    }
}

const fn another(port: u16) -> u16 {
    if port == u16::MAX { 8501 } else { port + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_named_with_the_flag_that_changes_it() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = taken.local_addr().unwrap();
        let error = check(address).await.unwrap_err().to_string();
        assert!(
            error.contains(&format!("port {}", address.port())) && error.contains("--bind"),
            "{error}"
        );
        drop(taken);
        check(address).await.unwrap();
    }

    #[tokio::test]
    async fn an_address_that_is_not_ours_is_named() {
        let error = check("192.0.2.1:8501".parse().unwrap())
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("192.0.2.1:8501") && error.contains("--bind"),
            "{error}"
        );
    }
}
