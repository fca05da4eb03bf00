//! Trades on disk, while the database does not take them.
//!
//! The file is a queue: what was heard is appended to its end, what is stored is taken off its front, and
//! it is there only while something is in it. Appending is durable when it returns, and both are atomic,
//! so whatever moment the process or the machine dies in, the queue is as it was before or after.
//! A record that cannot be read is left out; its ids are then missing, and found to be.

mod file;
pub mod record;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use market::Venue;
use tokio::task::spawn_blocking;

use crate::{batch::Batch, roster::Roster};
use file::{Contents, SpoolFile};
use record::Record;

/// Why the spool cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// Another process has it.
    #[error(
        "{0} is used by another ingestor: give this one a folder of its own (INGESTOR_SPOOL_DIR)"
    )]
    InUse(PathBuf),
    /// The file system refuses.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The queue in the file cannot be used.
    #[error("{0}")]
    Queue(#[from] queue_file::Error),
}

/// Takes everything that an earlier run left for a venue out of a folder, oldest first. No bytes make it panic or go on
/// for ever: a file that cannot be used is set aside, a record that cannot be read is left out.
///
/// # Errors
/// When the folder cannot be used, or another process uses it.
pub fn drain(dir: &Path, venue: Venue, mut take: impl FnMut(Record)) -> Result<(), SpoolError> {
    let mut file = SpoolFile::open(dir, venue.as_str(), 0)?;
    while file.contents().records > 0 {
        let (records, seen) = oldest(&mut file, 1)?;
        records.into_iter().for_each(&mut take);
        file.remove(seen)?;
    }
    Ok(())
}

/// The oldest records that can be read, of at least `rows` rows if there are so many, and of how many records in the
/// file they are what could be read.
fn oldest(file: &mut SpoolFile, rows: usize) -> Result<(Vec<Record>, usize), SpoolError> {
    let mut records: Vec<Record> = Vec::new();
    let (mut held, mut unreadable) = (0, 0_u64);
    let seen = file.read(|bytes| {
        match record::decode(bytes) {
            Ok(record) => {
                held += record.rows();
                records.push(record);
            }
            Err(_) => unreadable += 1,
        }
        held < rows
    })?;
    if unreadable > 0 {
        metrics::counter!("ingestor_spool_unreadable_total").increment(unreadable);
        tracing::error!(
            event = "spool_unreadable",
            records = unreadable,
            "they are left out; what is missing for it will be fetched by REST"
        );
    }
    Ok((records, seen))
}

/// The spool of one venue.
pub(crate) struct Spool {
    file: Arc<Mutex<SpoolFile>>,
    contents: Contents,
}

impl Spool {
    /// Opens what an earlier run left, or an empty one of at most `max_bytes`.
    ///
    /// # Errors
    /// When the folder cannot be used, or another process uses it. A file that cannot be read is set
    /// aside and is no error.
    pub(crate) fn open(dir: &Path, venue: Venue, max_bytes: u64) -> Result<Self, SpoolError> {
        let file = SpoolFile::open(dir, venue.as_str(), max_bytes)?;
        let contents = file.contents();
        if contents.records > 0 {
            tracing::info!(
                event = "spool_found",
                records = contents.records,
                bytes = contents.bytes,
                "an earlier run left trades on disk; they are stored first"
            );
        }
        Ok(Self {
            file: Arc::new(Mutex::new(file)),
            contents,
        }
        .gauged())
    }

    /// How many batches there are.
    pub(crate) const fn records(&self) -> usize {
        self.contents.records
    }

    /// Appends as many of the batches as there is room for; says how many that were.
    pub(crate) async fn append(
        &mut self,
        batches: &[&Batch],
        roster: &Roster,
    ) -> Result<usize, SpoolError> {
        let records: Vec<_> = batches
            .iter()
            .map(|batch| record::encode(batch, roster))
            .collect();
        self.with_file(move |file| file.append(&records)).await
    }

    /// The oldest batches, of at least `rows` rows if there are so many, and of how many records they
    /// were made.
    pub(crate) async fn oldest(
        &mut self,
        rows: usize,
        roster: &Arc<Roster>,
    ) -> Result<(Vec<Batch>, usize), SpoolError> {
        let roster = Arc::clone(roster);
        self.with_file(move |file| {
            let (records, seen) = oldest(file, rows)?;
            let batches = records.into_iter();
            Ok((
                batches.map(|record| record.into_batch(&roster)).collect(),
                seen,
            ))
        })
        .await
    }

    /// Takes the oldest records off: they are stored.
    pub(crate) async fn remove(&mut self, records: usize) -> Result<(), SpoolError> {
        self.with_file(move |file| file.remove(records)).await
    }

    /// Disks are slow, and fsync slower: the runtime's threads do not wait for them.
    async fn with_file<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut SpoolFile) -> Result<T, SpoolError> + Send + 'static,
    ) -> Result<T, SpoolError> {
        let file = Arc::clone(&self.file);
        let (done, contents) = spawn_blocking(move || {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            let done = work(&mut file);
            (done, file.contents())
        })
        .await
        .map_err(std::io::Error::other)?;
        self.contents = contents;
        self.gauge();
        done
    }

    fn gauged(self) -> Self {
        self.gauge();
        self
    }

    #[expect(clippy::cast_precision_loss, reason = "sizes of files are below 2^53")]
    fn gauge(&self) {
        metrics::gauge!("ingestor_spool_records").set(self.contents.records as f64);
        metrics::gauge!("ingestor_spool_bytes").set(self.contents.bytes as f64);
    }
}
