//! The dashboard's static files.

use std::path::PathBuf;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
};
use tower::ServiceExt;
use tower_http::services::ServeDir;

use crate::problem;

/// Files whose name holds a hash of their content never change.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Others are asked about each time, and answered 304 while they have not changed.
const ASK_EACH_TIME: HeaderValue = HeaderValue::from_static("no-cache");

/// Everything that is not the API's: a file of `directory`, and `index.html` for the page's own paths, as
/// the state of the page is in its URL.
pub(crate) async fn serve(directory: Option<PathBuf>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = problem::of_status(
            StatusCode::METHOD_NOT_ALLOWED,
            "Only GET and HEAD are allowed here.",
        );
        response
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let path = request.uri().path().to_owned();
    let Some(directory) = directory else {
        return match path.as_str() {
            "/" => Redirect::temporary("/docs/").into_response(),
            _ => nothing_there(&path),
        };
    };
    let files = ServeDir::new(directory)
        .precompressed_br()
        .precompressed_gzip();
    let (mut head, body) = request.into_parts();
    if is_page(&path) {
        head.uri = Uri::from_static("/index.html");
    }
    let immutable = is_hashed(head.uri.path());
    let response = match files.oneshot(Request::from_parts(head, body)).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    };
    if response.status() == StatusCode::NOT_FOUND {
        return nothing_there(&path);
    }
    let mut response = response;
    let caching = if immutable { FOREVER } else { ASK_EACH_TIME };
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, caching);
    response
}

fn nothing_there(path: &str) -> Response {
    problem::of_status(StatusCode::NOT_FOUND, format!("There is no `{path}`."))
}

/// A path whose last part has no extension is a place within the page.
fn is_page(path: &str) -> bool {
    path.rsplit('/')
        .next()
        .is_none_or(|name| !name.contains('.'))
}

/// Whether a part of the file's name is a hash: at least eight hexadecimal digits, not all of them
/// letters, as in `dashboard-1f0c3a9b5e7d2468_bg.wasm`.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split(['-', '.', '_']).any(|part| {
        part.len() >= 8
            && part.bytes().all(|b| b.is_ascii_hexdigit())
            && part.bytes().any(|b| b.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_kept_for_ever() {
        assert!(is_hashed("/dashboard-1f0c3a9b5e7d2468_bg.wasm"));
        assert!(is_hashed("/assets/style.1f0c3a9b.css"));
        for path in [
            "/index.html",
            "/plotly-finance.min.js",
            "/dashboard.js",
            "/facade-deadbeef.js",
            "/",
        ] {
            assert!(!is_hashed(path), "{path}");
        }
    }

    #[test]
    fn paths_without_extension_are_places_within_the_page() {
        assert!(is_page("/") && is_page("/pair") && is_page("/v1.2/scan"));
        assert!(!is_page("/style.css") && !is_page("/pkg/app.js"));
    }
}
