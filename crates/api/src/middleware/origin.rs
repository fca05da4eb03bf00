//! Layer: pages of other sites cannot make a browser write here.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, StatusCode, header, uri::Authority},
    middleware::Next,
    response::Response,
};

use crate::problem;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

pub(crate) async fn check(request: Request, next: Next) -> Response {
    if request.method().is_safe() || is_own(request.headers(), request.uri().authority()) {
        return next.run(request).await;
    }
    // Answered without a look at the body.
    problem::of_status(
        StatusCode::FORBIDDEN,
        "A page of another site sent this; only pages of this server may write to it.",
    )
}

/// Whether the request comes from a page of this server, or from no page at all. Browsers say where a request
/// comes from, and a page cannot make them say otherwise.
fn is_own(headers: &HeaderMap, target: Option<&Authority>) -> bool {
    if let Some(site) = headers.get(FETCH_SITE) {
        return matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    // Without TLS, and not on this machine, they send the origin alone.
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => {
            let host = headers
                .get(header::HOST)
                .and_then(|host| host.to_str().ok());
            let host = target.map(Authority::as_str).or(host);
            let origin = origin.to_str().ok();
            origin
                .zip(host)
                .is_some_and(|(origin, host)| names_same(origin, host))
        }
        _ => false,
    }
}

fn names_same(origin: &str, host: &str) -> bool {
    let (authority, default_port) = match origin.split_once("://") {
        Some(("http", authority)) => (authority, ":80"),
        Some(("https", authority)) => (authority, ":443"),
        // `null`: a page whose origin the browser does not tell.
        _ => return false,
    };
    let bare = |name: &str| {
        name.strip_suffix(default_port)
            .unwrap_or(name)
            .to_ascii_lowercase()
    };
    bare(authority) == bare(host)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn own(pairs: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        is_own(&headers, None)
    }

    #[test]
    fn pages_of_this_server_and_programs_may_write_and_nobody_else() {
        for good in [
            &[("host", "localhost:8501")][..],
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
            &[
                ("host", "localhost:8501"),
                ("origin", "http://localhost:8501"),
            ],
            &[("host", "desk.example"), ("origin", "https://desk.example")],
            &[
                ("host", "Desk.example:443"),
                ("origin", "https://desk.example"),
            ],
        ] {
            assert!(own(good), "{good:?}");
        }
        for bad in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "")],
            &[("host", "localhost:8501"), ("origin", "null")],
            &[
                ("host", "localhost:8501"),
                ("origin", "http://localhost:8502"),
            ],
            &[("host", "localhost:8501"), ("origin", "http://localhost")],
            &[("host", "desk.example"), ("origin", "https://evil.example")],
            &[
                ("host", "desk.example"),
                ("origin", "https://desk.example.evil.example"),
            ],
            &[("origin", "https://desk.example")],
            // What the browser says of itself outweighs an origin that fits.
            &[
                ("host", "localhost:8501"),
                ("origin", "http://localhost:8501"),
                ("sec-fetch-site", "cross-site"),
            ],
            &[
                ("host", "localhost:8501"),
                ("origin", "http://localhost:8501"),
                ("origin", "https://evil.example"),
            ],
        ] {
            assert!(!own(bad), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_origin_makes_it_panic(origin in "\\PC{0,40}", host in "\\PC{0,40}") {
            names_same(&origin, &host);
            let stranger = format!("https://evil.example/{host}");
            prop_assert!(!names_same(&stranger, &host));
        }
    }
}
