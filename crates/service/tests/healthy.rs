//! The program behind the containers' health checks.

use anyhow::Result;
use service::{Health, ops};
use tokio::{net::TcpListener, process::Command};
use tokio_util::sync::CancellationToken;

/// Whether it succeeds, and what it says.
async fn ask(url: &str) -> Result<(bool, String)> {
    let output = Command::new(env!("CARGO_BIN_EXE_healthy"))
        .arg(url)
        .output()
        .await?;
    let said = [output.stdout, output.stderr].concat();
    Ok((
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    ))
}

#[tokio::test]
async fn a_service_is_healthy_when_it_is_ready_and_otherwise_the_reason_is_told() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/health/ready", listener.local_addr()?);
    let health = Health::default();
    health.not_ready("database", "it is being painted");
    let stop = CancellationToken::new();
    let serving = tokio::spawn(ops::serve(listener, health.clone(), stop.clone()));
    let (healthy, said) = ask(&url).await?;
    assert!(!healthy && said.contains("painted"), "{said}");
    health.ready("database");
    let (healthy, said) = ask(&url).await?;
    assert!(healthy && said.contains("ready"), "{said}");
    stop.cancel();
    serving.await??;
    let (healthy, said) = ask(&url).await?;
    assert!(!healthy && said.contains("refused"), "{said}");
    assert!(!ask("https://somewhere").await?.0);
    Ok(())
}
