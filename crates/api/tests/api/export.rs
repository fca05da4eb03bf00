//! What is downloaded is what was uploaded, computed or stored, to the last bit, and is read as it is taken.

use std::fmt::Write as _;

use api_types::{DatasetCreated, DatasetResponse};
use socket2::SockRef;
use testkit::TestDb;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
};

use crate::support::{Api, PATIENCE, pair::noise};

const START_MS: i64 = 1_723_075_200_000;

async fn upload(api: &Api, file: String) -> api_types::Dataset {
    let request = api.client.post(api.url("/api/v1/datasets"));
    let request = request.header("content-type", "text/csv").body(file);
    let answer = request.send().await.unwrap();
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, 201, "{text}");
    let created: DatasetCreated = serde_json::from_str(&text).unwrap();
    created.dataset
}

async fn text(api: &Api, path: &str) -> String {
    let answer = api.get(path).await;
    let (status, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(status, 200, "{text}");
    text
}

/// Columns of a CSV without quotes, as texts.
fn columns<'t>(csv: &'t str, names: &[&str]) -> Vec<Vec<&'t str>> {
    let mut lines = csv.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let at: Vec<usize> = names
        .iter()
        .map(|name| header.iter().position(|column| column == name).unwrap())
        .collect();
    let of_line = |line: &'t str| {
        let cells: Vec<&str> = line.split(',').collect();
        at.iter().map(|&at| cells[at]).collect()
    };
    lines.map(of_line).collect()
}

#[tokio::test]
async fn every_value_of_an_upload_comes_through_analytics_export_and_upload() {
    let db = TestDb::create().await.unwrap();
    let api = Api::start(&db).await;
    // Prices with all the digits that a number has, from tiny to huge.
    let mut draw = noise(3);
    let (mut file, mut level) = ("time,KO,PEP\n".to_owned(), 1.0);
    for minute in 0..400_i64 {
        level *= (1.0 + draw() / 3.0) * 1.02;
        let (y, x) = (level * (1.0 + draw() / 50.0) / 3.0, level);
        writeln!(file, "{},{y},{x}", START_MS + minute * 60_000).unwrap();
    }
    let first = upload(&api, file.clone()).await;
    let analytics = async |source: &str, y: &str, x: &str, query: &str| {
        let legs = format!("y={y}&x={x}&source={source}&limit=400&window=20&format=csv");
        text(&api, &format!("/api/v1/pairs/analytics?{legs}&{query}")).await
    };
    for query in [
        "",
        "transform=log&fit=walk_forward&lookback=60&model=huber",
        "model=kalman&lookback=60&z=innovation",
    ] {
        let computed = analytics(&first.source, "KO", "PEP", query).await;
        // The prices are those of the file, to the text: both write the shortest one that is the number.
        let (given, shown) = (
            columns(&file, &["KO", "PEP"]),
            columns(&computed, &["y", "x"]),
        );
        assert!(given == shown, "{query}");
        // The table is an upload as well, of its two legs, and its analytics are the same to the last character.
        let second = upload(&api, computed.clone()).await;
        let names: Vec<&str> = second.series.iter().map(|s| s.symbol.as_str()).collect();
        assert_eq!(names, ["X", "Y"]);
        let again = analytics(&second.source, "Y", "X", query).await;
        assert!(again == computed, "{query}");
        // And so is its export.
        let exported = text(&api, &format!("/api/v1/datasets/{}?format=csv", second.id)).await;
        let third = upload(&api, exported).await;
        let last = analytics(&third.source, "Y", "X", query).await;
        assert!(last == computed, "{query}");
    }
}

#[tokio::test]
async fn a_download_is_read_as_its_client_takes_it_and_is_cut_where_the_rest_is_gone() {
    let db = TestDb::create().await.unwrap();
    let api = Api::start(&db).await;
    // More than the buffers between server and client hold.
    let minutes = 150_000_i64;
    let mut file = "time,A,B\n".to_owned();
    for minute in 0..minutes {
        let price = 1.0 + minute as f64 / 7.0;
        writeln!(file, "{},{price},{price}", START_MS + minute * 60_000).unwrap();
    }
    let dataset = upload(&api, file).await;
    assert_eq!(dataset.rows, 2 * minutes);
    let path = format!("/api/v1/datasets/{}", dataset.id);

    let socket = TcpSocket::new_v4().unwrap();
    SockRef::from(&socket).set_recv_buffer_size(65_536).unwrap();
    let mut slow = socket.connect(api.address).await.unwrap();
    let head =
        format!("GET {path}?format=csv HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    slow.write_all(head.as_bytes()).await.unwrap();
    let mut begun = [0; 4_096];
    slow.read_exact(&mut begun).await.unwrap();
    assert!(begun.starts_with(b"HTTP/1.1 200"));
    // If all of it had been read already, its deletion would go unseen.
    let gone = api.client.delete(api.url(&path)).send().await.unwrap();
    assert_eq!(gone.status(), 200);
    let mut rest = Vec::new();
    let read = tokio::time::timeout(PATIENCE, slow.read_to_end(&mut rest));
    let _ = read.await.unwrap();
    assert!(
        !rest.ends_with(b"0\r\n\r\n"),
        "the end of a whole answer was sent"
    );
    assert!(rest.len() < 40 * minutes as usize);
    let one = api.get(&path).await;
    assert_eq!(one.status(), 404);
    // Others are not affected.
    let other = upload(&api, "time,A,B\n60,1,2\n120,2,3\n".to_owned()).await;
    let known: DatasetResponse = api.json(&format!("/api/v1/datasets/{}", other.id)).await;
    assert_eq!(known.dataset.rows, 4);
}
