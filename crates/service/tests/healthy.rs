//! The program behind the containers' health checks.

use std::process::Command;

use service::{Health, ops};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

async fn is_healthy(url: String) -> (bool, String) {
    let asked = tokio::task::spawn_blocking(move || {
        Command::new(env!("CARGO_BIN_EXE_healthy"))
            .arg(url)
            .output()
            .unwrap()
    });
    let output = asked.await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[tokio::test]
async fn a_service_is_healthy_when_it_is_ready_and_otherwise_the_reason_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/health/ready", listener.local_addr().unwrap());
    let health = Health::default();
    health.not_ready("database", "it is being painted");
    let stop = CancellationToken::new();
    let serving = tokio::spawn(ops::serve(listener, health.clone(), stop.clone()));
    let (healthy, said) = is_healthy(url.clone()).await;
    assert!(!healthy && said.contains("painted"), "{said}");
    health.ready("database");
    let (healthy, said) = is_healthy(url.clone()).await;
    assert!(healthy && said.contains("ready"), "{said}");
    stop.cancel();
    serving.await.unwrap().unwrap();
    let (healthy, said) = is_healthy(url).await;
    assert!(!healthy && said.contains("refused"), "{said}");
    assert!(!is_healthy("https://somewhere".to_owned()).await.0);
}
