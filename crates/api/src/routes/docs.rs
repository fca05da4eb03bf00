//! `/openapi.json`, and `/docs`, which renders it.
//!
//! The renderer is Swagger UI as packed into the crate `utoipa-swagger-ui-vendored`: it is part of the
//! binary, and all its scripts are files of this origin, so it works offline and under the content
//! security policy.

use std::sync::{Arc, LazyLock};

use axum::{
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use bytes::Bytes;
use utoipa_swagger_ui::Config;

use crate::problem::{self, ApiError};

/// `GET /openapi.json`
pub(crate) async fn document(State(document): State<Bytes>) -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, document).into_response()
}

/// `GET /docs`: the files of the renderer refer to each other relative to `/docs/`.
pub(crate) async fn to_index() -> Redirect {
    Redirect::permanent("/docs/")
}

/// `GET /docs/`
pub(crate) async fn index() -> Result<Response, ApiError> {
    file("index.html")
}

/// `GET /docs/{file}`
pub(crate) async fn asset(Path(name): Path<String>) -> Result<Response, ApiError> {
    file(&name)
}

fn file(name: &str) -> Result<Response, ApiError> {
    static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
        // The validator badge would be fetched from elsewhere.
        Arc::new(
            Config::from("/openapi.json")
                .validator_url("none")
                .try_it_out_enabled(true),
        )
    });
    let found = utoipa_swagger_ui::serve(name, CONFIG.clone())
        .map_err(|error| ApiError::Internal(error.to_string()))?;
    let Some(found) = found else {
        return Ok(problem::of_status(
            StatusCode::NOT_FOUND,
            format!("There is no `/docs/{name}`."),
        ));
    };
    let content_type = HeaderValue::from_str(&found.content_type)
        .map_err(|error| ApiError::Internal(error.to_string()))?;
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    Ok((headers, found.bytes.into_owned()).into_response())
}
