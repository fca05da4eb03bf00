//! The static files at `/`.

use std::{fs, path::Path};

use testkit::TestDb;

use crate::support::{Api, config};

async fn serving(directory: &Path) -> (TestDb, Api) {
    let db = TestDb::create().await.unwrap();
    let mut config = config(db.url());
    config.dashboard_dir = Some(directory.to_owned());
    let api = Api::with(config).await;
    (db, api)
}

#[tokio::test]
async fn files_are_served_compressed_as_built_with_caching_by_their_name() {
    let directory = tempfile::tempdir().unwrap();
    let write =
        |name: &str, content: &str| fs::write(directory.path().join(name), content).unwrap();
    write("index.html", "<!doctype html>");
    write("app-0123456789abcdef.wasm", "plain");
    write("app-0123456789abcdef.wasm.br", "squeezed");
    let (_db, api) = serving(directory.path()).await;

    let page = api.get("/").await;
    assert_eq!(page.headers()["content-type"], "text/html");
    assert_eq!(page.headers()["cache-control"], "no-cache");
    let modified = page.headers()["last-modified"].clone();
    let request = api
        .client
        .get(api.url("/"))
        .header("if-modified-since", modified);
    assert_eq!(request.send().await.unwrap().status(), 304);

    let request = api.client.get(api.url("/app-0123456789abcdef.wasm"));
    let wasm = request
        .header("accept-encoding", "br")
        .send()
        .await
        .unwrap();
    assert_eq!(wasm.headers()["content-type"], "application/wasm");
    assert_eq!(wasm.headers()["content-encoding"], "br");
    assert_eq!(
        wasm.headers()["cache-control"],
        "public, max-age=31536000, immutable"
    );
    assert_eq!(wasm.text().await.unwrap(), "squeezed");
}

#[tokio::test]
async fn places_within_the_page_are_the_page_and_missing_files_are_missing() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("index.html"), "the page").unwrap();
    let (_db, api) = serving(directory.path()).await;
    assert_eq!(
        api.get("/pair?y=BTCUSDT").await.text().await.unwrap(),
        "the page"
    );
    for path in [
        "/missing.js",
        "/..%2f..%2fetc%2fpasswd.txt",
        "/%2e%2e/secret.txt",
    ] {
        assert_eq!(api.get(path).await.status(), 404, "{path}");
    }
    assert_eq!(
        api.client.post(api.url("/")).send().await.unwrap().status(),
        405
    );
    // The API's own paths are not the page's.
    assert_eq!(api.problem("/api/v1/nothing").await.status, 404);
}

#[tokio::test]
async fn a_directory_that_is_not_there_is_named_at_the_start() {
    let mut config = config("postgres://nobody@127.0.0.1:1/none");
    config.dashboard_dir = Some("/no/such/directory".into());
    let error = ::api::Server::bind(config).await.unwrap_err().to_string();
    assert!(
        error.contains("DASHBOARD_DIR") && error.contains("/no/such/directory"),
        "{error}"
    );
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_the_setting_that_changes_it() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = config("postgres://nobody@127.0.0.1:1/none");
    config.api_bind = taken.local_addr().unwrap();
    let error = ::api::Server::bind(config).await.unwrap_err().to_string();
    assert!(
        error.contains(&taken.local_addr().unwrap().to_string()),
        "{error}"
    );
    assert!(error.contains("API_BIND"), "{error}");
}
