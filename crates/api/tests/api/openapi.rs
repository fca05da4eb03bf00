//! The document at `/openapi.json`, and its rendering at `/docs/`.

use std::{collections::BTreeSet, env, fs};

use serde_json::Value;
use testkit::TestDb;

use crate::support::{Api, pair::Pair};

const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/openapi.json");

fn document() -> Value {
    serde_json::to_value(::api::openapi::document()).unwrap()
}

#[test]
fn the_document_is_as_it_was_committed() {
    let now = ::api::openapi::to_json(&::api::openapi::document()) + "\n";
    if env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(SNAPSHOT, &now).unwrap();
    }
    let committed = fs::read_to_string(SNAPSHOT).unwrap_or_default();
    assert!(
        now == committed,
        "The API changed. If that was meant, run `UPDATE_SNAPSHOTS=1 cargo test -p api openapi` and \
         commit tests/openapi.json with the change."
    );
}

#[test]
fn every_reference_in_the_document_leads_somewhere_and_nothing_is_described_in_vain() {
    let document = document();
    let mut references = BTreeSet::new();
    collect(&document, &mut references);
    assert!(!references.is_empty());
    for reference in &references {
        let pointer = reference.strip_prefix('#').expect("references are local");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    for name in document["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys()
    {
        assert!(
            references.contains(&format!("#/components/schemas/{name}")),
            "{name} is not used"
        );
    }
}

fn collect(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(reference) if name == "$ref" => {
                        references.insert(reference.to_owned());
                    }
                    _ => collect(value, references),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}

#[test]
fn operations_are_valid_openapi_3_1_and_document_their_errors() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        assert!(path.starts_with('/'));
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{id} names two operations");
            assert!(
                operation["summary"].is_string(),
                "{method} {path} has no summary"
            );
            let responses = operation["responses"].as_object().unwrap();
            let good = ["200", "201", "202"]
                .iter()
                .any(|status| responses.contains_key(*status));
            assert!(good, "{method} {path}");
            for (status, response) in responses {
                assert!(response["description"].is_string());
                // Refused before anything reads the request: nobody is there to say more.
                assert!(
                    status == "431" || response["content"].is_object(),
                    "{method} {path} {status} has no content"
                );
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = &parameter["name"];
                assert!(parameter["description"].is_string(), "{path} {name}");
                assert!(parameter["schema"].is_object(), "{path} {name}");
            }
            if path.starts_with("/api/") {
                for status in ["400", "503"] {
                    let content = &responses[status]["content"]["application/problem+json"];
                    let schema = content["schema"]["$ref"].as_str();
                    assert_eq!(
                        schema,
                        Some("#/components/schemas/Problem"),
                        "{path} {status}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn every_path_of_the_document_is_served() {
    let db = TestDb::create().await.unwrap();
    let api = Api::start(&db).await;
    let served: Value = api.json("/openapi.json").await;
    assert_eq!(served, document());
    for path in served["paths"].as_object().unwrap().keys() {
        let response = api.get(path).await;
        assert!(
            matches!(response.status().as_u16(), 200 | 400),
            "{path}: {}",
            response.status()
        );
    }
}

#[tokio::test]
async fn defaults_that_are_documented_are_those_in_force() {
    let pair = Pair::new(600).await;
    let document = document();
    let mut held = 0;
    for (path, asked) in [
        ("/api/v1/bars", "symbol=YUSDT&interval=1m"),
        ("/api/v1/trades", "symbol=YUSDT"),
        ("/api/v1/alerts/events", ""),
        ("/api/v1/pairs/analytics", "y=YUSDT&x=XUSDT"),
        ("/api/v1/pairs/backtest", "y=YUSDT&x=XUSDT"),
        ("/api/v1/pairs/ticket", "y=YUSDT&x=XUSDT"),
    ] {
        let answer: Value = pair.api.json(&format!("{path}?{asked}")).await;
        let parameters = document["paths"][path]["get"]["parameters"].as_array();
        let mut all = asked.to_owned();
        for parameter in parameters.unwrap() {
            let Some(default) = parameter["schema"].get("default") else {
                continue;
            };
            let name = parameter["name"].as_str().unwrap();
            if let Some(in_force) = answer["params"].get(name) {
                assert_eq!(in_force, default, "{path}: {name}");
                held += 1;
            }
            let text = default.to_string();
            all = format!("{all}&{name}={}", text.trim_matches('"'));
        }
        // To give them all is to give none.
        let given: Value = pair.api.json(&format!("{path}?{all}")).await;
        assert_eq!(given["params"], answer["params"], "{all}");
    }
    assert!(held >= 39, "{held}");
}

#[tokio::test]
async fn the_rendering_takes_everything_from_here() {
    let db = TestDb::create().await.unwrap();
    let api = Api::start(&db).await;
    let page = api.get("/docs").await;
    assert_eq!(page.url().path(), "/docs/");
    let page = page.text().await.unwrap();
    let quoted = |attribute: &'static str| {
        page.split(attribute)
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().to_owned())
    };
    let files: Vec<String> = quoted("src=\"").chain(quoted("href=\"")).collect();
    assert!(files.len() >= 4, "{page}");
    for file in files {
        assert!(!file.contains("//"), "{file} is elsewhere");
        let response = api.get(&format!("/docs/{file}")).await;
        assert_eq!(response.status(), 200, "{file}");
    }
    // Scripts within the page would be blocked by the content security policy.
    assert!(!page.contains("<script>"), "{page}");
    let start = api
        .get("/docs/swagger-initializer.js")
        .await
        .text()
        .await
        .unwrap();
    assert!(start.contains("\"/openapi.json\""), "{start}");
    assert_eq!(api.get("/docs/missing.js").await.status(), 404);
}
