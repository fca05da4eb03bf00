//! From the body of a request to a file.

use std::fs::File;

use axum::{
    body::Body,
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request, multipart::Field},
    http::header,
};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use tokio::io::AsyncWriteExt;

use super::{Tracked, Uploads, disk};
use crate::problem::ApiError;

/// Longest value of a part that is a parameter, and most of them.
const MAX_PARAMETER_BYTES: usize = 4_096;
const MAX_PARTS: usize = 16;
/// What a multipart body adds to its file: boundaries, headers, parameters.
const MULTIPART_BYTES: u64 = 256 * 1024;

/// A file that has arrived.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) file: File,
    pub(crate) bytes: u64,
    /// What the client calls it.
    pub(crate) file_name: Option<String>,
    /// Parameters that came beside it.
    pub(crate) parameters: Vec<(String, String)>,
}

/// How a body is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Multipart,
}

/// Reads the file from a request, at once refusing what announces too much.
pub(crate) async fn receive(
    uploads: &Uploads,
    mut request: Request,
    upload: &Tracked,
) -> Result<Received, ApiError> {
    let kind = kind(&request)?;
    let most = match kind {
        Kind::Plain => uploads.max_bytes,
        Kind::Multipart => uploads.max_bytes.saturating_add(MULTIPART_BYTES),
    };
    if announced(&request).is_some_and(|bytes| bytes > most) {
        return Err(too_large(uploads.max_bytes));
    }
    let file = uploads.scratch().await?;
    if kind == Kind::Plain {
        let chunks = request.into_body().into_data_stream();
        let chunks = chunks.map(|chunk| chunk.map_err(|error| broken(&error)));
        let (file, bytes) = save(uploads, file, chunks, upload).await?;
        return Ok(Received {
            file,
            bytes,
            file_name: None,
            parameters: Vec::new(),
        });
    }
    // Bytes are counted here.
    DefaultBodyLimit::disable().apply(&mut request);
    let parts = Multipart::from_request(request, &()).await;
    let parts = parts.map_err(|error| ApiError::BrokenUpload(error.body_text()))?;
    multipart(uploads, file, parts, upload).await
}

async fn multipart(
    uploads: &Uploads,
    file: File,
    mut parts: Multipart,
    upload: &Tracked,
) -> Result<Received, ApiError> {
    let mut empty = Some(file);
    let mut received = None;
    let mut parameters = Vec::new();
    for _ in 0..MAX_PARTS {
        let part = parts.next_field().await;
        let Some(mut part) = part.map_err(|error| broken(&error))? else {
            let (file, bytes, file_name) = received.ok_or_else(|| {
                ApiError::BrokenUpload(
                    "The form has no part named file with the file in it.".to_owned(),
                )
            })?;
            return Ok(Received {
                file,
                bytes,
                file_name,
                parameters,
            });
        };
        let name = part.name().unwrap_or_default().to_owned();
        if name == "file" {
            let file = empty.take().ok_or_else(|| {
                ApiError::BrokenUpload(
                    "The form has two parts named file; one is taken.".to_owned(),
                )
            })?;
            let file_name = part.file_name().map(ToOwned::to_owned);
            let chunks = part.map(|chunk| chunk.map_err(|error| broken(&error)));
            let (file, bytes) = save(uploads, file, chunks, upload).await?;
            received = Some((file, bytes, file_name));
        } else {
            let value = value(&mut part).await?;
            // A form sends what was left blank.
            if !value.is_empty() {
                parameters.push((name, value));
            }
        }
    }
    Err(ApiError::BrokenUpload(format!(
        "The form has more than {MAX_PARTS} parts."
    )))
}

async fn value(part: &mut Field<'_>) -> Result<String, ApiError> {
    let mut value = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(|error| broken(&error))? {
        value.extend_from_slice(&chunk);
        if value.len() > MAX_PARAMETER_BYTES {
            return Err(ApiError::BrokenUpload(format!(
                "A part that is no file has more than {MAX_PARAMETER_BYTES} bytes; the file goes into the \
                 part named file."
            )));
        }
    }
    String::from_utf8(value)
        .map_err(|_| ApiError::BrokenUpload("A part that is no file is not UTF-8.".to_owned()))
}

async fn save(
    uploads: &Uploads,
    file: File,
    mut chunks: impl Stream<Item = Result<Bytes, ApiError>> + Unpin,
    upload: &Tracked,
) -> Result<(File, u64), ApiError> {
    let file = tokio::fs::File::from_std(file);
    let mut writer = tokio::io::BufWriter::with_capacity(1 << 20, file);
    let mut bytes = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        bytes += chunk.len() as u64;
        if bytes > uploads.max_bytes {
            return Err(too_large(uploads.max_bytes));
        }
        writer.write_all(&chunk).await.map_err(disk)?;
        upload.received(chunk.len());
    }
    writer.flush().await.map_err(disk)?;
    Ok((writer.into_inner().into_std().await, bytes))
}

/// Bytes that the request says it has.
pub(crate) fn announced(request: &Request<Body>) -> Option<u64> {
    let length = request.headers().get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

fn kind(request: &Request) -> Result<Kind, ApiError> {
    let header = |name| {
        request
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let encoding = header(header::CONTENT_ENCODING).unwrap_or("identity");
    if !matches!(encoding, "identity" | "gzip" | "x-gzip") {
        return Err(ApiError::UnsupportedMedia(
            "The body is compressed in a way that is not read; gzip is.".to_owned(),
        ));
    }
    let media = header(header::CONTENT_TYPE).unwrap_or_default();
    match media.split(';').next().unwrap_or_default().trim().to_lowercase().as_str() {
        "multipart/form-data" => Ok(Kind::Multipart),
        "text/csv" | "application/csv" | "text/plain" | "text/tab-separated-values"
        | "application/gzip" | "application/x-gzip" => Ok(Kind::Plain),
        _ => Err(ApiError::UnsupportedMedia(
            "A file comes as text/csv, or as the part named file of multipart/form-data; either may be \
             compressed by gzip."
                .to_owned(),
        )),
    }
}

fn too_large(most: u64) -> ApiError {
    ApiError::TooLarge(format!(
        "The file is larger than {most} bytes, which is the most allowed; the setting \
         API_UPLOAD_MAX_BYTES says how much is. Compressed by gzip more fits in."
    ))
}

fn broken(error: &dyn std::fmt::Display) -> ApiError {
    tracing::debug!(%error, "an upload broke off");
    ApiError::BrokenUpload("The body broke off, or is not what its headers say.".to_owned())
}
