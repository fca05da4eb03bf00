//! What the server's process writes to its log: lines of JSON, with ids, and without anything secret.

use std::{
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};
use tempfile::NamedTempFile;
use testkit::TestDb;

use crate::support::{client, receiver::Receiver, spread, until};

const TOKEN: &str = "sesame-sesame-sesame-42";
const WRONG_TOKEN: &str = "barley-barley-barley-41";
const ID: &str = "id-of-a-request";

/// A process that does not outlive its test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn program(level: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_api"));
    command
        .env_clear()
        .envs([("LOG_FORMAT", "json"), ("LOG_LEVEL", level)])
        .env("API_TOKEN", TOKEN);
    command
}

/// The program at its most talkative, ready for requests, and its log.
async fn talkative(db: &TestDb, settings: &[(&str, &str)]) -> (Process, SocketAddr, NamedTempFile) {
    let log = NamedTempFile::new().unwrap();
    // Free when it was asked for; a process cannot be handed a socket.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let process = program("trace")
        .env("DATABASE_URL", db.url())
        .env("API_BIND", address.to_string())
        .envs(settings.iter().copied())
        .stderr(Stdio::from(log.reopen().unwrap()))
        .spawn()
        .unwrap();
    let process = Process(process);
    let ready = format!("http://{address}/health/ready");
    until("the process is ready", async || {
        let asked = client().get(&ready).send().await;
        asked.is_ok_and(|answer| answer.status() == 200)
    })
    .await;
    (process, address, log)
}

/// What is logged, without any of these in it.
fn without(log: &NamedTempFile, secrets: &[&str]) -> String {
    let text = std::fs::read_to_string(log.path()).unwrap();
    for secret in secrets {
        let line = text.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "a secret is in the log: {line:?}");
    }
    text
}

/// `postgres://user:password@…`
fn password(url: &str) -> &str {
    let account = url.split('@').next().unwrap();
    account.rsplit(':').next().unwrap()
}

#[tokio::test]
async fn lines_are_json_and_those_of_a_request_carry_its_id_and_no_secret_is_in_any() {
    let db = TestDb::create().await.unwrap();
    let (process, address, log) = talkative(&db, &[]).await;
    let client = client();
    let url = |path: &str| format!("http://{address}{path}");

    let session = client.post(url("/api/v1/session"));
    let opened = session
        .json(&json!({ "token": TOKEN }))
        .send()
        .await
        .unwrap();
    let cookie = opened.headers()["set-cookie"].to_str().unwrap().to_owned();
    let value = cookie.split(['=', ';']).nth(1).unwrap().to_owned();
    let wrong = client.post(url("/api/v1/session"));
    wrong
        .json(&json!({ "token": WRONG_TOKEN }))
        .send()
        .await
        .unwrap();
    for path in [
        "/api/v1/symbols",
        "/api/v1/bars?symbol=NONE&interval=1m",
        "/metrics",
    ] {
        let request = client.get(url(path)).bearer_auth(TOKEN);
        request.header("x-request-id", ID).send().await.unwrap();
        let request = client.put(url(path)).header("cookie", &cookie).body(TOKEN);
        request.header("x-request-id", ID).send().await.unwrap();
    }
    // What fails inside is logged with its cause.
    db.execute("ALTER TABLE feed_status RENAME COLUMN state TO condition")
        .await
        .unwrap();
    let failed = client.get(url("/api/v1/status")).header("x-request-id", ID);
    assert_eq!(failed.send().await.unwrap().status(), 500);
    drop(process);

    let text = without(&log, &[TOKEN, WRONG_TOKEN, &value, password(db.url())]);
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let of_request = |line: &&Value| line["span"]["id"] == ID;
    let answered = lines
        .iter()
        .filter(of_request)
        .filter(|line| line["fields"]["message"] == "answered");
    assert_eq!(answered.count(), 7);
    let failed = lines
        .iter()
        .filter(of_request)
        .find(|line| line["level"] == "ERROR");
    assert_eq!(failed.unwrap()["fields"]["message"], "request failed");
}

#[tokio::test]
async fn neither_the_secret_of_a_webhook_nor_its_url_is_in_the_log() {
    const SECRET: &str = "sesame-of-a-webhook-42";
    const IN_URL: &str = "key-within-the-url-42";
    let db = TestDb::create().await.unwrap();
    let mut pair = spread::Pair::new(&db).await;
    let receiver = Receiver::start().await;
    let (process, address, log) = talkative(&db, &[("API_WEBHOOKS_ANYWHERE", "true")]).await;
    let make = |hook: Value| {
        let rule = json!({
            "name": "spread", "pair": spread::Pair::spec(), "threshold": 3.0, "webhook": hook,
        });
        let request = client().post(format!("http://{address}/api/v1/alerts/rules"));
        request.bearer_auth(TOKEN).json(&rule).send()
    };
    let url = format!("{}?key={IN_URL}", receiver.url);
    let made = make(json!({"url": url, "secret": SECRET})).await.unwrap();
    assert_eq!(made.status(), 201);
    // Nobody listens there; and this cannot be read at all.
    let nowhere = format!("http://127.0.0.1:1/?key={IN_URL}");
    let made = make(json!({"url": nowhere, "secret": SECRET}))
        .await
        .unwrap();
    assert_eq!(made.status(), 201);
    let refused = make(json!({"url": format!("gopher://{IN_URL}"), "secret": 42})).await;
    assert_eq!(refused.unwrap().status(), 400);
    pair.breach(1.0).await;
    receiver.until(1).await;
    until("the failure is logged", async || {
        let text = std::fs::read_to_string(log.path()).unwrap();
        text.contains("a webhook was not delivered")
    })
    .await;
    drop(process);
    without(&log, &[SECRET, IN_URL]);
}

#[test]
fn a_setting_that_is_wrong_is_named_without_what_is_secret_in_it() {
    let run = |command: &mut Command| {
        let output = command.env("API_BIND", "127.0.0.1:0").output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let bad_port = "postgres://me:open-sesame@localhost:port/none";
    let text = run(program("info").env("DATABASE_URL", bad_port));
    assert!(
        text.contains("DATABASE_URL") && !text.contains("sesame"),
        "{text}"
    );
    let text = run(program("info").env("API_TOKEN", "short-sesame"));
    assert!(
        text.contains("API_TOKEN") && !text.contains("sesame"),
        "{text}"
    );
    let text = run(program("info").env("API_TOKEN_FILE", "/none"));
    assert!(!text.contains("sesame"), "{text}");
}

#[tokio::test]
async fn who_opens_the_server_to_the_network_without_a_token_is_warned() {
    let log = NamedTempFile::new().unwrap();
    let process = program("info")
        .env_remove("API_TOKEN")
        .env("API_BIND", "0.0.0.0:0")
        .stderr(Stdio::from(log.reopen().unwrap()))
        .spawn()
        .unwrap();
    let _process = Process(process);
    until("the warning is there", async || {
        let text = std::fs::read_to_string(log.path()).unwrap();
        text.lines()
            .any(|line| line.contains("\"WARN\"") && line.contains("open_to_the_network"))
    })
    .await;
}
