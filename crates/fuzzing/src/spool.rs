use std::fs;

use ingestor::spool;
use market::Venue;
use tempfile::TempDir;

/// The file of a spool: what is left of it is read to its end, and the file is gone then or set aside.
///
/// # Panics
/// When that does not hold.
pub fn spool(data: &[u8]) {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("simulated.queue");
    fs::write(&file, data).expect("a file");
    let mut rows = 0;
    spool::drain(folder.path(), Venue::Simulated, |record| {
        rows += record.rows();
    })
    .expect("the folder can be used");
    assert!(!file.exists(), "something is left after {rows} rows");
}
