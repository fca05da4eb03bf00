//! Bodies of requests as JSON, parsed strictly: what is wrong is an error that says where.

use api_types::ProblemError;
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;

use crate::problem::{self, ApiError};

/// The body of a request as `T`. Types that refuse unknown fields make them errors here.
#[derive(Debug)]
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        if !is_json(request.headers()) {
            return Err(problem::of_status(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The body must be JSON, and the header `content-type` say so: application/json.",
            ));
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| {
                let status = rejection.status();
                match status {
                    StatusCode::PAYLOAD_TOO_LARGE => {
                        problem::of_status(status, "The body is larger than is allowed here.")
                    }
                    _ => problem::of_status(
                        StatusCode::BAD_REQUEST,
                        "The body ended before it was complete.",
                    ),
                }
            })?;
        parse(&bytes).map(Self).map_err(IntoResponse::into_response)
    }
}

/// Whether the header says that the body is JSON.
fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| {
            let essence = kind.split(';').next().unwrap_or_default().trim();
            essence.eq_ignore_ascii_case("application/json")
        })
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    // All bodies are objects, and what they are read into would take a list of its fields' values as well.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(ApiError::bad_parameter(
            "body",
            "expected an object, found a list",
        ));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        ApiError::BadParameters(vec![ProblemError {
            field: "body".to_owned(),
            line: Some(error.line() as u64).filter(|line| *line > 0),
            detail: without_place(&error.to_string()),
        }])
    })
}

/// The parser repeats its place in words, and what was wrong as it was written, however long that is.
fn without_place(detail: &str) -> String {
    let detail = detail.split(" at line ").next().unwrap_or(detail);
    detail
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Small {
        #[expect(dead_code, reason = "only whether it can be read matters")]
        size: u8,
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        assert!(parse::<Small>(br#"{"size": 1}"#).is_ok());
        for (body, line, words) in [
            ("", 1, "EOF"),
            ("{\n\"size\": 300}", 2, "300"),
            (
                "{\"size\": 1,\n\n\"colour\": 2}",
                3,
                "unknown field `colour`",
            ),
            ("{}", 1, "missing field `size`"),
            (" [1]", 1, "expected an object"),
        ] {
            match parse::<Small>(body.as_bytes()) {
                Err(ApiError::BadParameters(errors)) => {
                    let [error] = &errors[..] else {
                        panic!("{errors:?}")
                    };
                    assert_eq!(error.line.unwrap_or(1), line, "{body}: {error:?}");
                    assert!(error.detail.contains(words), "{error:?}");
                }
                other => panic!("{body}: {other:?}"),
            }
        }
    }
}
