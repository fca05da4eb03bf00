//! Requests and their answers, whatever they are about.

use api_types::Problem;
use js_sys::{Object, Reflect};
use leptos::prelude::window;
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestInit, Response};

use super::api::ApiError;

/// Reads what is at `path`.
pub(crate) async fn get<T: DeserializeOwned>(path: &str) -> Result<T, ApiError> {
    send(path, &RequestInit::new()).await
}

/// Sends a body by `method` (`POST`, `PUT`).
pub(crate) async fn send_json<T: DeserializeOwned>(
    method: &str,
    path: &str,
    body: &impl Serialize,
) -> Result<T, ApiError> {
    let body =
        serde_json::to_string(body).map_err(|error| ApiError::Unreadable(error.to_string()))?;
    let init = RequestInit::new();
    init.set_method(method);
    init.set_body(&JsValue::from_str(&body));
    let headers = Object::new();
    // Fails only for objects that are frozen.
    let _ = Reflect::set(&headers, &"content-type".into(), &"application/json".into());
    init.set_headers(&headers);
    send(path, &init).await
}

/// Deletes what is at `path`.
pub(crate) async fn delete<T: DeserializeOwned>(path: &str) -> Result<T, ApiError> {
    let init = RequestInit::new();
    init.set_method("DELETE");
    send(path, &init).await
}

async fn send<T: DeserializeOwned>(path: &str, init: &RequestInit) -> Result<T, ApiError> {
    let unreachable = |_| ApiError::Unreachable;
    let response = JsFuture::from(window().fetch_with_str_and_init(path, init))
        .await
        .map_err(unreachable)?;
    let response: Response = response.unchecked_into();
    let text = response.text().map_err(unreachable)?;
    let text = JsFuture::from(text).await.map_err(unreachable)?;
    read(response.status(), &text.as_string().unwrap_or_default())
}

/// What an answer says: what was asked for, or why not.
#[expect(
    clippy::result_large_err,
    reason = "a refusal is read once and shown; boxing it would cost every reader a word"
)]
pub(crate) fn read<T: DeserializeOwned>(status: u16, text: &str) -> Result<T, ApiError> {
    if (200..300).contains(&status) {
        return serde_json::from_str(text).map_err(|error| ApiError::Unreadable(error.to_string()));
    }
    match serde_json::from_str::<Problem>(text) {
        Ok(problem) => Err(ApiError::Refused(problem)),
        // A proxy in between answers for a server that is away.
        Err(_) if status >= 500 => Err(ApiError::Unreachable),
        Err(_) => Err(ApiError::Unreadable(format!("status {status}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api_types::NoParams;

    #[test]
    fn an_answer_is_what_was_asked_for_or_says_why_not() {
        assert_eq!(read::<NoParams>(200, "{}"), Ok(NoParams {}));
        let problem = r#"{"type":"urn:x","title":"Conflict","status":409,"detail":"changed"}"#;
        let Err(ApiError::Refused(problem)) = read::<NoParams>(409, problem) else {
            panic!("not refused")
        };
        assert_eq!(problem.status, 409);
        assert_eq!(read::<NoParams>(502, "<html>"), Err(ApiError::Unreachable));
        assert!(matches!(
            read::<NoParams>(404, "<html>"),
            Err(ApiError::Unreadable(_))
        ));
    }
}
