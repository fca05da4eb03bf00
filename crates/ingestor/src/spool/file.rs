//! The file behind the spool: there while something is in it.

use std::{
    fs::{self, File, TryLockError},
    io::ErrorKind,
    path::{Path, PathBuf},
};

use queue_file::QueueFile;

use super::SpoolError;

/// Bytes that the queue adds to a record, at most.
const RECORD_OVERHEAD: u64 = 64;

/// Smallest file: the queue's own headers, and a batch or two.
const MIN_BYTES: u64 = 64 << 10;

/// What is in the spool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) records: usize,
    pub(super) bytes: u64,
}

pub(super) struct SpoolFile {
    path: PathBuf,
    max_bytes: u64,
    queue: Option<QueueFile>,
    /// Held as long as this is.
    _lock: File,
}

impl SpoolFile {
    /// `name.queue` in the folder, which is made if it is not there.
    pub(super) fn open(dir: &Path, name: &str, max_bytes: u64) -> Result<Self, SpoolError> {
        fs::create_dir_all(dir)?;
        let lock = File::create(dir.join(format!("{name}.lock")))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(SpoolError::InUse(dir.to_owned())),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let mut spool = Self {
            path: dir.join(format!("{name}.queue")),
            max_bytes: max_bytes.max(MIN_BYTES),
            queue: None,
            _lock: lock,
        };
        match fs::metadata(&spool.path) {
            Ok(found) => match open_queue(&spool.path, found.len()) {
                Ok(queue) => spool.queue = Some(queue),
                Err(error) => spool.set_aside(&error)?,
            },
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        spool.forget_if_empty()?;
        Ok(spool)
    }

    pub(super) fn contents(&self) -> Contents {
        self.queue
            .as_ref()
            .map_or_else(Contents::default, |queue| Contents {
                records: queue.size(),
                bytes: queue.used_bytes(),
            })
    }

    /// Appends the first records as long as there is room; says how many.
    pub(super) fn append(&mut self, records: &[Vec<u8>]) -> Result<usize, SpoolError> {
        let queue = match &mut self.queue {
            Some(queue) => queue,
            empty => empty.insert(open_queue(&self.path, self.max_bytes)?),
        };
        // A queue that is full would double its file.
        let mut room = queue.file_len() - queue.used_bytes();
        let fit = records
            .iter()
            .take_while(|record| {
                let size = record.len() as u64 + RECORD_OVERHEAD;
                let fits = size <= room;
                room = room.saturating_sub(size);
                fits
            })
            .count();
        let appended = queue.add_n(&records[..fit]);
        self.forget_if_empty()?;
        appended?;
        Ok(fit)
    }

    /// Shows the oldest records until `take` has enough; says how many it saw.
    pub(super) fn read(
        &mut self,
        mut take: impl FnMut(&[u8]) -> bool,
    ) -> Result<usize, SpoolError> {
        let Some(queue) = &mut self.queue else {
            return Ok(0);
        };
        let mut seen = 0;
        let mut records = queue.iter();
        while let Some(record) = records.borrowed_next() {
            seen += 1;
            if !take(record) {
                break;
            }
        }
        if seen == 0 && !queue.is_empty() {
            // The oldest is damaged: without it the next may be readable.
            metrics::counter!("ingestor_spool_unreadable_total").increment(1);
            tracing::error!(
                event = "spool_unreadable",
                records = 1,
                "it is left out; what is missing for it will be fetched by REST"
            );
            if let Err(error) = queue.remove() {
                self.set_aside(&error)?;
            }
            self.forget_if_empty()?;
        }
        Ok(seen)
    }

    pub(super) fn remove(&mut self, records: usize) -> Result<(), SpoolError> {
        if let Some(queue) = &mut self.queue
            && let Err(error) = queue.remove_n(records)
        {
            self.set_aside(&error)?;
        }
        self.forget_if_empty()
    }

    /// Nothing is kept on disk for nothing; and the next file has the size that is set by then.
    fn forget_if_empty(&mut self) -> Result<(), SpoolError> {
        if self.queue.as_ref().is_some_and(QueueFile::is_empty) {
            self.queue = None;
            fs::remove_file(&self.path)?;
        }
        Ok(())
    }

    /// Keeps a file that cannot be used for whoever wants to look at it; the newest one only.
    fn set_aside(&mut self, error: &queue_file::Error) -> Result<(), SpoolError> {
        self.queue = None;
        let aside = self.path.with_extension("damaged");
        metrics::counter!("ingestor_spool_damaged_total").increment(1);
        tracing::error!(event = "spool_damaged", %error, kept_as = %aside.display(),
            "its trades are missing now, and will be fetched by REST as far as the exchange has them");
        Ok(fs::rename(&self.path, aside)?)
    }
}

/// A queue in a file of exactly this size: one that never grows needs no moving of what is in it.
fn open_queue(path: &Path, bytes: u64) -> Result<QueueFile, queue_file::Error> {
    let mut queue = QueueFile::with_capacity(path, bytes)?;
    // What is stored is no secret, and to overwrite it would double the writing.
    queue.set_overwrite_on_remove(false);
    Ok(queue)
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Seek, SeekFrom, Write},
        os::unix::fs::FileExt,
    };

    use super::*;

    const MEGABYTE: u64 = 1 << 20;

    fn open(dir: &Path) -> SpoolFile {
        SpoolFile::open(dir, "test", MEGABYTE).expect("it opens")
    }

    fn records(range: std::ops::Range<u32>) -> Vec<Vec<u8>> {
        range
            .map(|n| n.to_le_bytes().repeat(25_000))
            .collect::<Vec<_>>()
    }

    /// Everything that can be read, each record by its first number; and takes it off.
    fn drain(spool: &mut SpoolFile) -> Vec<u32> {
        let mut out = Vec::new();
        while spool.contents().records > 0 {
            let seen = spool
                .read(|record| {
                    out.push(u32::from_le_bytes(
                        record[..4].try_into().expect("four bytes"),
                    ));
                    true
                })
                .expect("readable");
            spool.remove(seen).expect("removable");
        }
        out
    }

    #[test]
    fn what_was_appended_is_there_after_the_next_start_in_order_and_gone_when_removed() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = open(dir.path());
        assert_eq!(spool.append(&records(0..3)).unwrap(), 3);
        assert_eq!(spool.append(&records(3..5)).unwrap(), 2);
        drop(spool);
        let mut spool = open(dir.path());
        spool.remove(2).unwrap();
        drop(spool);
        let mut spool = open(dir.path());
        assert_eq!(drain(&mut spool), [2, 3, 4]);
        assert!(
            !dir.path().join("test.queue").exists(),
            "nothing is kept for nothing"
        );
    }

    #[test]
    fn it_never_grows_beyond_its_size_and_goes_on_when_there_is_room_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = open(dir.path());
        let fit = spool.append(&records(0..20)).unwrap();
        assert_eq!(fit, 10, "a megabyte of records of 100 kB");
        assert_eq!(spool.append(&records(20..21)).unwrap(), 0);
        assert_eq!(
            fs::metadata(dir.path().join("test.queue")).unwrap().len(),
            MEGABYTE
        );
        spool.remove(3).unwrap();
        // They go around the end of the file.
        assert_eq!(spool.append(&records(30..33)).unwrap(), 3);
        drop(spool);
        let mut spool = SpoolFile::open(dir.path(), "test", 8 * MEGABYTE).unwrap();
        assert_eq!(drain(&mut spool), [3, 4, 5, 6, 7, 8, 9, 30, 31, 32]);
        assert_eq!(
            spool.append(&records(0..20)).unwrap(),
            20,
            "the new size is taken now"
        );
    }

    #[test]
    fn a_torn_last_record_costs_itself_alone() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = open(dir.path());
        spool.append(&records(0..4)).unwrap();
        let end = spool.contents().bytes;
        drop(spool);
        // The tail of the last record never reached the disk.
        let file = File::options()
            .write(true)
            .open(dir.path().join("test.queue"))
            .unwrap();
        file.write_all_at(&[0; 60_000], end - 60_000).unwrap();
        let mut spool = open(dir.path());
        assert_eq!(drain(&mut spool), [0, 1, 2]);
    }

    #[test]
    fn a_torn_header_leaves_the_queue_as_it_was_before() {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = open(dir.path());
        spool.append(&records(0..2)).unwrap();
        let before = fs::read(dir.path().join("test.queue")).unwrap();
        spool.append(&records(2..3)).unwrap();
        drop(spool);
        // Of the two places for the header, the one written last is only half there.
        let path = dir.path().join("test.queue");
        let after = fs::read(&path).unwrap();
        let changed = [0, 4096]
            .into_iter()
            .find(|at| before[*at..*at + 56] != after[*at..*at + 56])
            .expect("one place has changed");
        let mut file = File::options().read(true).write(true).open(&path).unwrap();
        file.seek(SeekFrom::Start(changed as u64 + 30)).unwrap();
        file.write_all(&[0xff; 26]).unwrap();
        let mut spool = open(dir.path());
        assert_eq!(drain(&mut spool), [0, 1]);
    }

    #[test]
    fn a_file_that_cannot_be_used_is_set_aside_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("test.queue"), [7; 9_000]).unwrap();
        let mut spool = open(dir.path());
        assert_eq!(spool.contents(), Contents::default());
        spool.append(&records(0..1)).unwrap();
        assert_eq!(drain(&mut spool), [0]);
        let mut kept = Vec::new();
        File::open(dir.path().join("test.damaged"))
            .unwrap()
            .read_to_end(&mut kept)
            .unwrap();
        assert_eq!(kept, [7; 9_000]);
    }

    #[test]
    fn a_second_process_is_told_that_the_folder_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let _first = open(dir.path());
        let second = SpoolFile::open(dir.path(), "test", MEGABYTE);
        assert!(matches!(second, Err(SpoolError::InUse(_))));
    }
}
