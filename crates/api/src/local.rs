//! The API without a socket: what commands of the terminal ask of a database.

use std::{net::SocketAddr, sync::Arc};

use analytics::Progress;
use anyhow::Context;
use api_types::{Problem, ScanReport, ScanRequest};
use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode, header},
    response::Response,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::{
    Config,
    app::{App, Running, Shared},
    scans,
};

/// Answers the calls of this process with the figures, shapes and errors of the server, from the same database. It
/// evaluates no alerts and does no jobs, so that a command has no effect but its own.
#[derive(Debug)]
pub struct Local {
    shared: Shared,
    router: Router,
    running: Running,
    shutdown: CancellationToken,
}

/// Why a call was not answered as asked.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.detail)]
pub struct LocalError(pub Problem);

impl Local {
    /// Connects to the database of a stack.
    ///
    /// # Errors
    /// When it cannot be used, with the reason.
    pub async fn open(database_url: &str) -> anyhow::Result<Self> {
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut config = Config::new(nowhere, database_url);
        // Nobody else waits for what a person has started and can stop.
        config.api_request_timeout_ms = u64::from(u32::MAX);
        config.limits.api_body_timeout_ms = u64::from(u32::MAX);
        config.api_database_wait_ms = 20_000;
        let app = App::new(&config, nowhere)?;
        let shutdown = CancellationToken::new();
        let running = app.answer(&shutdown);
        let known = app.database().known().await;
        known.map_err(|reason| anyhow::anyhow!("the database cannot be used: {reason}"))?;
        Ok(Self {
            shared: app.shared().clone(),
            router: app.router(),
            running,
            shutdown,
        })
    }

    /// The answer to `GET {path}`, which begins with `/api/v1/`.
    ///
    /// # Errors
    /// [`LocalError`] as the server would answer it.
    pub async fn get(&self, path: &str) -> anyhow::Result<Response> {
        self.call(Method::GET, path, None, Body::empty()).await
    }

    /// The answer to a call with a body of this content type, or none.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        content_type: Option<&str>,
        body: Body,
    ) -> anyhow::Result<Response> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost");
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let request = request.body(body).context("the call makes no sense")?;
        let response = self.router.clone().oneshot(request).await?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        Err(problem(status, response).await?.into())
    }

    /// Tests every pair that `request` names as a scan of the server would, but at once, in this process, and stores
    /// nothing. `None` when it was cancelled.
    ///
    /// # Errors
    /// As the server would tell them.
    pub async fn scan(
        &self,
        request: ScanRequest,
        progress: Arc<Progress>,
    ) -> anyhow::Result<Option<ScanReport>> {
        let made = scans::now::of_database(&self.shared, request, progress).await;
        made.map_err(|error| anyhow::anyhow!("{}", error.in_words()))
    }

    /// Closes the connections.
    pub async fn close(self) {
        self.shutdown.cancel();
        self.running.stop().await;
    }
}

async fn problem(status: StatusCode, response: Response) -> anyhow::Result<LocalError> {
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await?;
    let problem = serde_json::from_slice(&body);
    Ok(LocalError(problem.with_context(|| status.to_string())?))
}
