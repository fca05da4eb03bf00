//! The bytes of a file: decompressed where they are gzip, and never more than allowed.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use crate::FileError;

/// Decompressed bytes of a file.
pub(crate) struct Bytes<R: Read> {
    inner: Inner<BufReader<R>>,
    left: u64,
    limit: u64,
}

enum Inner<R> {
    Plain(R),
    Gzip(MultiGzDecoder<R>),
}

impl<R: Read> Bytes<R> {
    pub(crate) fn new(file: R, limit: u64) -> io::Result<Self> {
        let mut reader = BufReader::with_capacity(256 * 1024, file);
        let gzip = reader.fill_buf()?.starts_with(&[0x1f, 0x8b]);
        let inner = if gzip {
            Inner::Gzip(MultiGzDecoder::new(reader))
        } else {
            Inner::Plain(reader)
        };
        Ok(Self {
            inner,
            left: limit,
            limit,
        })
    }

    pub(crate) const fn is_gzip(&self) -> bool {
        matches!(self.inner, Inner::Gzip(_))
    }

    /// Reads up to `most` bytes more into `buffer`; fewer only at the end.
    pub(crate) fn fill(&mut self, buffer: &mut Vec<u8>, most: usize) -> Result<usize, FileError> {
        let before = buffer.len();
        let wanted = most as u64;
        // One byte more than is left tells a file that just fits from one that does not.
        let take = wanted.min(self.left + 1);
        let read = match &mut self.inner {
            Inner::Plain(reader) => reader.take(take).read_to_end(buffer)?,
            Inner::Gzip(reader) => reader.take(take).read_to_end(buffer).map_err(|error| {
                FileError::File(format!(
                    "the gzip data is broken or cut off ({error}); compress the file again"
                ))
            })?,
        };
        if read as u64 > self.left {
            return Err(FileError::TooLarge(self.limit));
        }
        self.left -= read as u64;
        Ok(buffer.len() - before)
    }
}
