//! `/api/v1/datasets`, and series of datasets

use std::{fmt::Write as _, io::Write as _, time::Duration};

use api_types::{
    BarLength, DatasetBarsResponse, DatasetCreated, DatasetDeleted, DatasetResponse,
    DatasetsResponse, Problem,
};
use flate2::{Compression, write::GzEncoder};
use reqwest::{Response, StatusCode, multipart};
use testkit::TestDb;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Api, config, problem, until};

const MINUTES: &str = "time,open,high,low,close,volume\n\
                       2024-08-08T00:00:00Z,1,3,0.5,2,10\n\
                       2024-08-08T00:01:00Z,2,4,1.5,3,20\n\
                       2024-08-08T00:03:00Z,3,5,3,4,30\n";
const START_MS: i64 = 1_723_075_200_000;

async fn api() -> (TestDb, Api) {
    let db = TestDb::create().await.unwrap();
    let api = Api::start(&db).await;
    (db, api)
}

async fn send(api: &Api, query: &str, body: impl Into<reqwest::Body>) -> Response {
    let request = api
        .client
        .post(api.url(&format!("/api/v1/datasets{query}")));
    request
        .header("content-type", "text/csv")
        .body(body)
        .send()
        .await
        .unwrap()
}

async fn upload(api: &Api, query: &str, body: impl Into<reqwest::Body>) -> DatasetCreated {
    created(send(api, query, body).await).await
}

async fn created(response: Response) -> DatasetCreated {
    let (status, location) = (
        response.status(),
        response.headers().get("location").cloned(),
    );
    let text = response.text().await.unwrap();
    assert_eq!(status, StatusCode::CREATED, "{text}");
    let created: DatasetCreated = serde_json::from_str(&text).unwrap();
    let expected = format!("/api/v1/datasets/{}", created.dataset.id);
    assert_eq!(location.unwrap(), expected.as_str());
    created
}

async fn refused(api: &Api, query: &str, body: impl Into<reqwest::Body>) -> Problem {
    problem(send(api, query, body).await).await
}

async fn csv(api: &Api, path: &str) -> String {
    let response = api.get(path).await;
    assert_eq!(response.status(), 200);
    assert_eq!(
        response.headers()["content-type"],
        "text/csv; charset=utf-8; header=present"
    );
    assert!(
        response.headers()["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment")
    );
    response.text().await.unwrap()
}

async fn nothing_is_stored(api: &Api) {
    let list: DatasetsResponse = api.json("/api/v1/datasets").await;
    assert!(list.datasets.is_empty(), "{list:?}");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_dataset_is_uploaded_listed_inspected_and_deleted() {
    let (_db, api) = api().await;
    let created = upload(&api, "?symbol=btc&name=My%20minutes", MINUTES).await;
    assert_eq!(created.params.symbol.as_deref(), Some("BTC"));
    let dataset = created.dataset;
    assert_eq!((dataset.name.as_str(), dataset.rows), ("My minutes", 3));
    assert_eq!(dataset.source, format!("dataset:{}", dataset.id));
    assert_eq!(dataset.bytes, MINUTES.len() as i64);
    let series = &dataset.series[0];
    assert_eq!(
        (series.symbol.as_str(), series.first, series.last),
        ("BTC", START_MS, START_MS + 180_000)
    );
    assert_eq!((series.gaps, series.missing, series.irregular), (1, 1, 0));

    let list: DatasetsResponse = api.json("/api/v1/datasets").await;
    assert_eq!(list.datasets, std::slice::from_ref(&dataset));
    assert!(list.uploads.is_empty());
    let path = format!("/api/v1/datasets/{}", dataset.id);
    let one: DatasetResponse = api.json(&format!("{path}?preview=2")).await;
    assert_eq!(one.dataset, dataset);
    assert_eq!(one.preview[0].rows.close, [2.0, 3.0]);

    let gone = api.client.delete(api.url(&path)).send().await.unwrap();
    let gone: DatasetDeleted = serde_json::from_str(&gone.text().await.unwrap()).unwrap();
    assert_eq!((gone.id, gone.rows), (dataset.id, 3));
    for method in [reqwest::Method::GET, reqwest::Method::DELETE] {
        let again = api
            .client
            .request(method, api.url(&path))
            .send()
            .await
            .unwrap();
        let problem = problem(again).await;
        assert_eq!(
            (problem.status, problem.kind.as_str()),
            (404, "urn:spreadscope:problem:unknown-dataset")
        );
    }
    nothing_is_stored(&api).await;
}

#[tokio::test]
async fn a_form_brings_the_file_with_its_name_and_the_parameters() {
    let (_db, api) = api().await;
    let send = async |form: multipart::Form| {
        let request = api.client.post(api.url("/api/v1/datasets"));
        request.multipart(form).send().await.unwrap()
    };
    let file = |name: &'static str, bytes: Vec<u8>| multipart::Part::bytes(bytes).file_name(name);
    let form = multipart::Form::new()
        .text("name", "")
        .part("file", file("KO-1m-2024.csv.gz", gzip(MINUTES.as_bytes())));
    let dataset = created(send(form).await).await.dataset;
    assert_eq!(
        (dataset.name.as_str(), dataset.series[0].symbol.as_str()),
        ("KO-1m-2024.csv.gz", "KO")
    );
    assert!(dataset.reading.gzip);

    let dates = b"date,close\n01/02/2024,1\n02/02/2024,2\n".to_vec();
    let form = multipart::Form::new()
        .part("file", file("ko.csv", dates))
        .text("timeFormat", "%d/%m/%Y")
        .text("symbol", "PEP");
    let dataset = created(send(form).await).await.dataset;
    assert_eq!(dataset.series[0].symbol, "PEP");
    assert_eq!(dataset.reading.time_format.as_deref(), Some("%d/%m/%Y"));

    for (form, hint) in [
        (
            multipart::Form::new().text("name", "x"),
            "no part named file",
        ),
        (
            multipart::Form::new()
                .text("colour", "red")
                .part("file", file("a.csv", Vec::new())),
            "colour",
        ),
        (
            multipart::Form::new()
                .part("file", file("a.csv", MINUTES.into()))
                .part("file", file("b.csv", MINUTES.into())),
            "two parts",
        ),
    ] {
        let problem = problem(send(form).await).await;
        assert_eq!(problem.status, 400);
        assert!(problem.detail.contains(hint), "{}", problem.detail);
    }
}

#[tokio::test]
async fn all_is_stored_or_nothing_and_errors_have_line_and_column() {
    let (_db, api) = api().await;
    let mut text = "time,close\n".to_owned();
    for row in 0..200 {
        let close = if row < 100 { "1" } else { "-1" };
        writeln!(text, "{},{close}", row * 60).unwrap();
    }
    let problem = refused(&api, "?symbol=X", text).await;
    assert_eq!(
        (problem.status, problem.kind.as_str()),
        (422, "urn:spreadscope:problem:bad-file")
    );
    assert_eq!(
        (problem.errors.len(), problem.total_errors),
        (50, Some(100))
    );
    assert_eq!(
        (problem.errors[0].line, problem.errors[0].field.as_str()),
        (Some(102), "close")
    );
    assert!(problem.detail.contains("100 things"), "{}", problem.detail);
    nothing_is_stored(&api).await;

    let cases = [
        ("", 422, "no rows"),
        ("time;close\n2024-08-08;1,5\n", 422, "decimal comma"),
        ("date,close\n01/02/2024,1\n", 422, "ambiguous"),
        ("time,high,low,close\n60,1,2,1\n", 422, "below the low"),
        ("time,close\n60,1\n60,1\n", 422, "twice"),
        ("time,close\n60,1\n120,x\n", 422, "no number"),
        ("time,close\n60,1\n12", 422, "1 cell,"),
    ];
    for (text, status, hint) in cases {
        let problem = refused(&api, "?symbol=X", text).await;
        assert_eq!(problem.status, status, "{text}");
        let said = problem.detail.contains(hint)
            || problem
                .errors
                .iter()
                .any(|error| error.detail.contains(hint));
        assert!(said, "{text}: {problem:?}");
    }
    nothing_is_stored(&api).await;
}

#[tokio::test]
async fn parameters_that_do_not_fit_are_named() {
    let (_db, api) = api().await;
    let wide = "time,A,B\n60,1,2\n";
    for (query, body, field) in [
        ("?colour=red", MINUTES, "colour"),
        ("", MINUTES, "symbol"),
        ("?symbol=A", wide, "symbol"),
        ("?symbol=a%20b", MINUTES, "symbol"),
        ("?symbol=A&name=", MINUTES, "name"),
        ("?symbol=A&timeFormat=dd/mm", MINUTES, "timeFormat"),
        ("?symbol=A&timeUnit=minutes", MINUTES, "timeUnit"),
        ("?symbol=A&timeUnit=format", MINUTES, "timeFormat"),
        ("?symbol=A&timeUnit=s&timeFormat=%25Y", MINUTES, "timeUnit"),
    ] {
        let problem = refused(&api, query, body).await;
        assert_eq!(problem.status, 400, "{query}");
        assert_eq!(problem.errors[0].field, field, "{query}");
    }
    for path in [
        "/datasets/0",
        "/datasets/x",
        "/datasets/1?preview=101",
        "/datasets/1?format=xml",
        "/datasets?x=1",
    ] {
        assert_eq!(
            api.problem(&format!("/api/v1{path}")).await.status,
            400,
            "{path}"
        );
    }
    let request = api.client.post(api.url("/api/v1/datasets"));
    let json = request
        .header("content-type", "application/json")
        .body("{}");
    assert_eq!(problem(json.send().await.unwrap()).await.status, 415);
}

#[tokio::test]
async fn bars_of_a_dataset_come_at_its_interval_and_its_multiples() {
    let (_db, api) = api().await;
    let id = upload(&api, "?symbol=BTC", MINUTES).await.dataset.id;
    let bars = async |rest: &str| -> DatasetBarsResponse {
        api.json(&format!(
            "/api/v1/bars?source=dataset:{id}&symbol=btc&{rest}"
        ))
        .await
    };
    let own = bars("interval=1m").await;
    assert_eq!(own.params.symbol, "BTC");
    assert_eq!(own.bars.time, [0, 60_000, 180_000].map(|ms| START_MS + ms));
    assert_eq!(own.bars.high, [Some(3.0), Some(4.0), Some(5.0)]);

    let twice = bars("interval=2m").await;
    assert_eq!(twice.params.interval, "2m".parse::<BarLength>().unwrap());
    assert_eq!(twice.bars.time, [START_MS, START_MS + 120_000]);
    assert_eq!(twice.bars.open, [Some(1.0), Some(3.0)]);
    assert_eq!(twice.bars.high, [Some(4.0), Some(5.0)]);
    assert_eq!(twice.bars.low, [Some(0.5), Some(3.0)]);
    assert_eq!(twice.bars.close, [3.0, 4.0]);
    assert_eq!(twice.bars.volume, [Some(30.0), Some(30.0)]);
    // A Monday.
    assert_eq!(
        bars("interval=1w").await.bars.time,
        [START_MS - 3 * 86_400_000]
    );
    assert_eq!(bars("interval=1m&limit=2").await.bars.close, [3.0, 4.0]);
    assert_eq!(
        bars(&format!("interval=1m&limit=2&startTime={START_MS}"))
            .await
            .bars
            .close,
        [2.0, 3.0]
    );
    assert_eq!(
        bars(&format!("interval=1m&endTime={}", START_MS + 60_000))
            .await
            .bars
            .close,
        [2.0, 3.0]
    );

    let ask = async |rest: String| api.problem(&format!("/api/v1/bars?{rest}")).await;
    let problem = ask(format!("source=dataset:{id}&symbol=BTC&interval=90s")).await;
    assert_eq!(
        (problem.status, problem.errors[0].field.as_str()),
        (400, "interval")
    );
    assert_eq!(
        ask(format!("source=dataset:{id}&symbol=ETH&interval=1m"))
            .await
            .status,
        404
    );
    assert_eq!(
        ask("source=dataset:99&symbol=BTC&interval=1m".to_owned())
            .await
            .status,
        404
    );
    assert_eq!(
        ask("source=nowhere&symbol=BTC&interval=1m".to_owned())
            .await
            .errors[0]
            .field,
        "source"
    );
}

#[tokio::test]
async fn what_was_uploaded_is_exported_and_uploaded_again_to_the_last_bit() {
    let (_db, api) = api().await;
    // Names that spreadsheets take for formulas, numbers with all their digits, cells without a value.
    let mut text = "symbol,time,open,high,low,close,volume\n".to_owned();
    let mut state = 1_u64;
    for row in 0..3_000_i64 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let close = f64::from_bits((state >> 2) & !(1 << 63) | (1 << 60));
        let close = if close.is_normal() { close } else { 0.1 + 0.2 };
        let symbol = ["A", "'-B", "BRK.B"][row as usize % 3];
        let volume = if row % 5 == 0 {
            String::new()
        } else {
            format!("{:e}", close / 3.0)
        };
        writeln!(
            text,
            "{symbol},{},,,,{close:e},{volume}",
            START_MS + row * 777
        )
        .unwrap();
    }
    let first = upload(&api, "", text).await.dataset;
    let names: Vec<&str> = first
        .series
        .iter()
        .map(|series| series.symbol.as_str())
        .collect();
    assert_eq!(names, ["-B", "A", "BRK.B"]);
    let exported = csv(&api, &format!("/api/v1/datasets/{}?format=csv", first.id)).await;
    assert!(
        exported.starts_with("symbol,time,open,high,low,close,volume\n'-B,"),
        "{exported:.200}"
    );
    assert_eq!(exported.lines().count(), 3_001);
    let second = upload(&api, "", exported.clone()).await.dataset;
    assert_eq!(second.series, first.series);
    let again = csv(&api, &format!("/api/v1/datasets/{}?format=csv", second.id)).await;
    assert!(again == exported);
    let rows = async |id: i64| -> Vec<api_types::DatasetPreview> {
        let one: DatasetResponse = api
            .json(&format!("/api/v1/datasets/{id}?preview=100"))
            .await;
        one.preview
    };
    assert_eq!(rows(first.id).await, rows(second.id).await);

    let bars = csv(
        &api,
        &format!(
            "/api/v1/bars?source=dataset:{}&symbol=A&interval=2331ms&format=csv",
            first.id
        ),
    )
    .await;
    assert!(
        bars.starts_with("symbol,time,open,high,low,close,volume\nA,2024-"),
        "{bars:.200}"
    );
    assert_eq!(bars.lines().count(), 501);
}

#[tokio::test]
async fn more_than_is_allowed_is_refused_before_and_after_decompression() {
    let db = TestDb::create().await.unwrap();
    let mut settings = config(db.url());
    settings.api_upload_max_bytes = 100_000;
    settings.api_upload_max_expanded_bytes = 1_000_000;
    settings.api_upload_max_rows = 1_000;
    let api = Api::with(settings).await;
    api.until_ready().await;

    // Eight gigabytes are announced, and not one byte of them is waited for.
    let mut stream = TcpStream::connect(api.address).await.unwrap();
    let head = "POST /api/v1/datasets?symbol=X HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n\
                Content-Length: 8589934592\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    let read = stream.read_exact(&mut answer);
    tokio::time::timeout(Duration::from_secs(60), read)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(answer, b"HTTP/1.1 413");

    let bomb = gzip(&vec![b'1'; 20_000_000]);
    assert!(bomb.len() < 100_000);
    let problem = refused(&api, "?symbol=X", bomb).await;
    assert_eq!(problem.status, 413);
    assert!(
        problem.detail.contains("decompressed"),
        "{}",
        problem.detail
    );

    // Chunks announce nothing.
    let chunks = (0..200).map(|_| Ok::<_, std::io::Error>(vec![b'1'; 1_000]));
    let body = reqwest::Body::wrap_stream(futures::stream::iter(chunks));
    assert_eq!(refused(&api, "?symbol=X", body).await.status, 413);

    let mut rows = "time,close\n".to_owned();
    (0..1_001).for_each(|row| writeln!(rows, "{row},1").unwrap());
    assert_eq!(refused(&api, "?symbol=X", rows).await.status, 413);
    nothing_is_stored(&api).await;
}

#[tokio::test]
async fn an_upload_is_seen_while_it_comes_and_leaves_nothing_when_it_breaks_off() {
    let db = TestDb::create().await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let mut settings = config(db.url());
    settings.api_max_uploads = 1;
    settings.api_upload_dir = Some(directory.path().to_owned());
    let api = Api::with(settings).await;
    api.until_ready().await;

    let mut stream = TcpStream::connect(api.address).await.unwrap();
    let head = format!(
        "POST /api/v1/datasets?symbol=X HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n\
         X-Request-Id: mine\r\nContent-Length: 1000\r\n\r\n{MINUTES}"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let uploads = async || {
        let list: DatasetsResponse = api.json("/api/v1/datasets").await;
        list.uploads
    };
    until("the bytes are counted", async || {
        uploads().await.first().is_some_and(|upload| {
            (upload.request_id.as_str(), upload.bytes_received) == ("mine", MINUTES.len() as i64)
                && upload.bytes_expected == Some(1_000)
        })
    })
    .await;
    let second = send(&api, "?symbol=X", MINUTES).await;
    assert_eq!(second.headers()["retry-after"], "1");
    let second = problem(second).await;
    assert_eq!(
        (second.status, second.kind.as_str()),
        (503, "urn:spreadscope:problem:too-many-uploads")
    );

    drop(stream);
    until("the upload is gone", async || uploads().await.is_empty()).await;
    nothing_is_stored(&api).await;
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    upload(&api, "?symbol=X", MINUTES).await;
}

#[tokio::test]
async fn an_upload_that_stops_coming_is_given_up() {
    let db = TestDb::create().await.unwrap();
    let mut settings = config(db.url());
    settings.limits.api_body_timeout_ms = 200;
    let api = Api::with(settings).await;
    api.until_ready().await;
    let mut stream = TcpStream::connect(api.address).await.unwrap();
    let head = "POST /api/v1/datasets?symbol=X HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n\
                Content-Length: 1000\r\n\r\ntime,close\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    tokio::time::timeout(Duration::from_secs(60), read)
        .await
        .unwrap()
        .unwrap();
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn a_long_file_passes_through_to_the_last_row_and_back() {
    let (_db, api) = api().await;
    let rows = 60_000;
    let mut text = "time,close\n".to_owned();
    for row in 0..rows {
        let (time, close) = (1_700_000_000 + row, 1.0 + f64::from(row) / 3.0);
        writeln!(text, "{time},{close}").unwrap();
    }
    let dataset = upload(&api, "?symbol=X", gzip(text.as_bytes()))
        .await
        .dataset;
    assert_eq!((dataset.rows, dataset.series[0].gaps), (i64::from(rows), 0));
    let exported = csv(&api, &format!("/api/v1/datasets/{}?format=csv", dataset.id)).await;
    assert_eq!(exported.lines().count(), rows as usize + 1);
    let path = format!(
        "/api/v1/bars?source=dataset:{}&symbol=X&interval=1s&format=csv&limit=45000&startTime=1700000000000",
        dataset.id
    );
    let bars = csv(&api, &path).await;
    assert_eq!(bars.lines().nth(45_000), exported.lines().nth(45_000));
    assert_eq!(bars.lines().count(), 45_001);
    // More than the rows of one page make one bar.
    let path = format!(
        "/api/v1/bars?source=dataset:{}&symbol=X&interval=1d",
        dataset.id
    );
    let days: DatasetBarsResponse = api.json(&path).await;
    assert_eq!(
        days.bars.close.last(),
        Some(&(1.0 + f64::from(rows - 1) / 3.0))
    );
    assert_eq!(days.bars.time.len(), 2);
}
