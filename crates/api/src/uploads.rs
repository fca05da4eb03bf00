//! Uploads: received to disk, read and checked, and stored, a few at a time.
//!
//! Bytes go to a file without a name, which is gone with the request however it ends. Nothing is in the
//! database until everything is.

mod progress;
mod receive;
mod store_rows;

use std::{
    fs::File,
    io::{self, Seek, SeekFrom},
    path::PathBuf,
    sync::Arc,
};

use api_types::UploadPhase;
use dataset_file::{FileError, Limits, Options, Spool, SpoolReader, Summary};
use store::datasets::StoredDataset;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Config, app::Shared, problem::ApiError};

pub(crate) use progress::{Tracked, Tracker};
pub(crate) use receive::{Received, announced, receive};

/// What uploads share. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Uploads {
    pub(crate) tracker: Tracker,
    permits: Arc<Semaphore>,
    most: usize,
    /// One upload is written at a time: each takes a connection that others write by.
    storing: Arc<Semaphore>,
    pub(crate) max_bytes: u64,
    limits: Limits,
    directory: Option<PathBuf>,
}

impl Uploads {
    pub(crate) fn new(config: &Config) -> Self {
        let most = config.api_max_uploads as usize;
        Self {
            tracker: Tracker::default(),
            permits: Arc::new(Semaphore::new(most)),
            most,
            storing: Arc::new(Semaphore::new(1)),
            max_bytes: config.api_upload_max_bytes,
            limits: Limits {
                expanded_bytes: config.api_upload_max_expanded_bytes,
                rows: config.api_upload_max_rows,
                ..Limits::default()
            },
            directory: config.api_upload_dir.clone(),
        }
    }

    /// Room for one more upload.
    pub(crate) fn admit(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let permit = self.permits.clone().try_acquire_owned();
        permit.map_err(|_| ApiError::TooManyUploads(self.most))
    }

    /// A file that has no name.
    async fn scratch(&self) -> Result<File, ApiError> {
        let directory = self.directory.clone();
        let made = tokio::task::spawn_blocking(move || match directory {
            Some(directory) => tempfile::tempfile_in(directory),
            None => tempfile::tempfile(),
        });
        finished(made.await)?.map_err(disk)
    }

    /// Reads and checks a file.
    async fn check(
        &self,
        mut file: File,
        options: Options,
        upload: &Tracked,
    ) -> Result<(Summary, SpoolReader<File>), ApiError> {
        upload.enter(UploadPhase::Checking);
        let (limits, scratch, progress) = (self.limits, self.scratch().await?, upload.progress());
        let checked = tokio::task::spawn_blocking(move || {
            file.seek(SeekFrom::Start(0))?;
            let mut spool = Spool::new(scratch);
            let watch = |rows| progress.checked(rows);
            let summary = dataset_file::read(file, &options, &limits, &mut spool, &watch)?;
            Ok((summary, spool.into_reader()?))
        });
        finished(checked.await)?.map_err(|error| self.explain(error))
    }

    /// Reads, checks and stores a file that has arrived.
    pub(crate) async fn store(
        &self,
        shared: &Shared,
        received: Received,
        name: String,
        options: Options,
        upload: &Tracked,
    ) -> Result<StoredDataset, ApiError> {
        let bytes = received.bytes;
        let (summary, rows) = self.check(received.file, options, upload).await?;
        let _one_at_a_time = self.storing.acquire().await;
        upload.enter(UploadPhase::Storing);
        store_rows::store(&shared.store, summary, rows, name, bytes, upload).await
    }

    fn explain(&self, error: FileError) -> ApiError {
        let file = |detail: String| ApiError::BadFile {
            detail,
            errors: Vec::new(),
            total: 0,
        };
        match error {
            FileError::File(detail) => file(sentence(&detail)),
            FileError::NeedsSymbol => ApiError::bad_parameter(
                "symbol",
                "is missing: neither the file nor its name says which symbol it is of; for example \
                 symbol=BTCUSDT",
            ),
            FileError::NamesSymbols => ApiError::bad_parameter(
                "symbol",
                "contradicts the file, which names its symbols itself; leave it out",
            ),
            FileError::Rows {
                errors,
                total,
                hint,
            } => ApiError::BadFile {
                detail: wrong_rows(total, errors.len(), hint),
                errors: errors
                    .into_iter()
                    .map(|error| api_types::ProblemError {
                        field: error.column,
                        line: Some(error.line),
                        detail: error.detail,
                    })
                    .collect(),
                total,
            },
            FileError::TooLarge(most) => ApiError::TooLarge(format!(
                "The file is larger than {most} bytes when it is decompressed, which is the most allowed; \
                 the setting API_UPLOAD_MAX_EXPANDED_BYTES says how much is."
            )),
            FileError::TooManyRows(most) => ApiError::TooLarge(format!(
                "The file has more than {most} rows, which is the most allowed; the setting \
                 API_UPLOAD_MAX_ROWS says how many are."
            )),
            FileError::GivenUp => ApiError::BrokenUpload("The client went away.".to_owned()),
            FileError::Io(error) => disk(error),
            FileError::Parser(error) => ApiError::Internal(error),
        }
    }
}

fn finished<T>(joined: Result<T, tokio::task::JoinError>) -> Result<T, ApiError> {
    joined.map_err(|error| ApiError::Internal(format!("a task of an upload failed: {error}")))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature that map_err asks for"
)]
fn disk(error: io::Error) -> ApiError {
    ApiError::Internal(format!("the disk for uploads cannot be used: {error}"))
}

fn sentence(detail: &str) -> String {
    let mut chars = detail.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    format!(
        "{}{}.",
        first.unwrap_or_default(),
        chars.as_str().trim_end_matches('.')
    )
}

/// What is wrong with the rows of a file, in a sentence or two.
fn wrong_rows(total: u64, listed: usize, hint: Option<&str>) -> String {
    let what = match total {
        1 => "One thing is wrong with the rows of the file".to_owned(),
        _ => format!("{total} things are wrong with the rows of the file"),
    };
    let listed = if total as usize > listed {
        format!(", of which the first {listed} are listed")
    } else {
        String::new()
    };
    let hint = hint.map(|hint| format!(" {hint}")).unwrap_or_default();
    format!("{what}{listed}; nothing was stored.{hint}")
}
