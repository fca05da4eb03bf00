//! By how many days a recording is moved, remembered with the data directory.
//!
//! Another shift would make other trades of the same ids; anything but whole days would make other
//! bars.

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};

use super::DAY_MS;
use crate::{SimError, series::Span};

/// What is kept, by name of the recording.
const FILE_NAME: &str = "replay-shift.json";

#[derive(Debug, Serialize, Deserialize, PartialEq)]
struct Kept {
    recording: String,
    first_ms: i64,
    last_ms: i64,
    shift_days: i64,
}

/// The shift of `recording`, whose trades lie in `span`: the kept one, or the largest that does
/// not bring its end past `now_ms`, which is kept from now on.
pub(crate) fn shift_days(
    state_dir: Option<&Path>,
    recording: &Path,
    span: Span,
    now_ms: i64,
) -> Result<i64, SimError> {
    let days = (now_ms - span.1).div_euclid(DAY_MS);
    let Some(directory) = state_dir else {
        return Ok(days);
    };
    let path = directory.join(FILE_NAME);
    let failed = |source| SimError::File {
        path: path.clone(),
        source,
    };
    let mut all: Vec<Kept> = match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| failed(error.into()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(failed(error)),
    };
    let name = recording
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let same = |kept: &&Kept| kept.recording == name && (kept.first_ms, kept.last_ms) == span;
    if let Some(kept) = all.iter().find(same) {
        return Ok(kept.shift_days);
    }
    all.push(Kept {
        recording: name,
        first_ms: span.0,
        last_ms: span.1,
        shift_days: days,
    });
    let text = serde_json::to_vec_pretty(&all).map_err(|error| failed(error.into()))?;
    // Written beside and renamed, so that a crash leaves the old file or the new one.
    let beside = path.with_extension("json.new");
    fs::create_dir_all(directory)
        .and_then(|()| fs::write(&beside, text))
        .map_err(failed)?;
    fs::rename(&beside, &path).map_err(failed)?;
    Ok(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shift_is_whole_days_and_stays_what_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let (span, now) = ((1_000, 2_000), 10 * DAY_MS + 1_999);
        let shift = |name: &str, span, now| {
            shift_days(
                Some(&directory.path().join("state")),
                Path::new(name),
                span,
                now,
            )
            .unwrap()
        };
        assert_eq!(shift("/a/one.csv", span, now), 9);
        assert_eq!(
            shift("/b/one.csv", span, now + 5 * DAY_MS),
            9,
            "after a restart"
        );
        assert_eq!(shift("/a/two.csv", span, now + 5 * DAY_MS), 14);
        assert_eq!(
            shift("/a/one.csv", (1_000, 2_001), now + 5 * DAY_MS),
            14,
            "another recording"
        );
        assert_eq!(
            shift_days(None, Path::new("x"), (0, DAY_MS), 0).unwrap(),
            -1
        );
    }
}
