//! Errors as the exchange words them.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

/// `{"code":…,"msg":…}` with its status.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    pub(super) status: StatusCode,
    code: i32,
    message: String,
    /// `Retry-After`.
    retry_after_s: Option<u64>,
}

impl ApiError {
    fn bad(code: i32, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            message: message.into(),
            retry_after_s: None,
        }
    }

    pub(super) fn invalid_symbol() -> Self {
        Self::bad(-1121, "Invalid symbol.")
    }

    pub(super) fn invalid_interval() -> Self {
        Self::bad(-1120, "Invalid interval.")
    }

    pub(super) fn missing(name: &str) -> Self {
        Self::bad(
            -1102,
            format!("Mandatory parameter '{name}' was not sent, was empty/null, or malformed."),
        )
    }

    pub(super) fn not_a_number(name: &str) -> Self {
        Self::bad(
            -1100,
            format!(
                "Illegal characters found in parameter '{name}'; legal range is '^[0-9]{{1,20}}$'."
            ),
        )
    }

    pub(super) fn out_of_range(name: &str) -> Self {
        Self::bad(
            -1130,
            format!("Data sent for parameter '{name}' is not valid."),
        )
    }

    pub(super) fn bad_combination() -> Self {
        Self::bad(-1128, "Combination of optional parameters invalid.")
    }

    pub(super) fn start_after_end() -> Self {
        Self::bad(-1023, "Start time is greater than end time.")
    }

    pub(super) fn window_too_long() -> Self {
        Self::bad(-1127, "More than 1 hours between startTime and endTime.")
    }

    /// Over the budget.
    pub(super) fn too_many(limit: u32, peer: std::net::IpAddr, retry_after_s: u64) -> Self {
        let message = format!(
            "Too many requests; current limit of IP({peer}) is {limit} requests per minute. Please use the websocket for live updates to avoid polling the API."
        );
        Self {
            retry_after_s: Some(retry_after_s),
            ..Self::of_status(StatusCode::TOO_MANY_REQUESTS, message)
        }
    }

    /// Banned for not heeding the above.
    pub(super) fn banned(peer: std::net::IpAddr, until_ms: i64, retry_after_s: u64) -> Self {
        let message = format!(
            "Way too many requests; IP({peer}) banned until {until_ms}. Please use the websocket for live updates to avoid bans."
        );
        Self {
            retry_after_s: Some(retry_after_s),
            ..Self::of_status(StatusCode::IM_A_TEAPOT, message)
        }
    }

    /// A status that was asked for.
    pub(super) fn forced(
        status: u16,
        retry_after_s: Option<u64>,
        peer: std::net::IpAddr,
        limit: u32,
    ) -> Self {
        match status {
            429 => Self::too_many(limit, peer, retry_after_s.unwrap_or(1)),
            418 => {
                let wait_s = retry_after_s.unwrap_or(1);
                Self::banned(
                    peer,
                    crate::clock::host_ms() + wait_s as i64 * 1_000,
                    wait_s,
                )
            }
            451 => Self {
                code: 0,
                ..Self::of_status(
                    StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS,
                    "Service unavailable from a restricted location according to 'b. Eligibility' in the terms of use.",
                )
            },
            _ => Self {
                code: -1000,
                retry_after_s,
                ..Self::of_status(
                    StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE),
                    "An unknown error occured while processing the request.",
                )
            },
        }
    }

    fn of_status(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            code: -1003,
            message: message.into(),
            retry_after_s: None,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = Json(json!({ "code": self.code, "msg": self.message }));
        match self.retry_after_s {
            Some(wait_s) => {
                (self.status, [("retry-after", wait_s.to_string())], body).into_response()
            }
            None => (self.status, body).into_response(),
        }
    }
}
