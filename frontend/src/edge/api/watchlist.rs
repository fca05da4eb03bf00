//! The list of pairs that are followed side by side.

use api_types::{WatchlistPut, WatchlistResponse};

use super::ApiError;
use crate::edge::http;

const PATH: &str = "/api/v1/watchlist";

/// The list as it is.
pub(crate) async fn read() -> Result<WatchlistResponse, ApiError> {
    http::get(PATH).await
}

/// Replaces the list.
pub(crate) async fn put(list: &WatchlistPut) -> Result<WatchlistResponse, ApiError> {
    http::send_json("PUT", PATH, list).await
}
