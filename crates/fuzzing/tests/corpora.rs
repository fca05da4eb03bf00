//! The corpora and seeded mutations of them, without a fuzzer.

use std::{
    env, fs,
    panic::catch_unwind,
    path::{Path, PathBuf},
};

use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};

/// Each mutation of a spool is a file that is written, read and removed.
const SPOOL_ROUNDS: u64 = 2_000;

/// Mutations of each other target; `FUZZ_ROUNDS` and `FUZZ_SEED` say otherwise.
const ROUNDS: u64 = 20_000;

/// What has a meaning somewhere in a frame or a reply.
const TOKENS: [&[u8]; 22] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\"",
    b"\\",
    b"\\u0000",
    b"null",
    b"true",
    b"-",
    b"0",
    b"1e400",
    b"99999999999999999999",
    b"\"a\":-1,",
    b"\"p\":\"0\",",
    b"\"q\":\"NaN\",",
    b"\xff",
    b"\xf0\x9f\x92\xa9",
    b"\x00",
    b"\"l\":9223372036854775807,",
];

#[test]
fn frames_are_told_what_they_are() {
    replay("frame", fuzzing::frame, ROUNDS);
}

#[test]
fn rest_replies_are_taken_or_refused() {
    replay("rest", fuzzing::rest, ROUNDS);
}

#[test]
fn records_of_the_spool_are_read_or_refused() {
    replay("record", fuzzing::record, ROUNDS);
}

#[test]
fn the_file_of_a_spool_is_read_to_its_end_or_set_aside() {
    replay("spool", fuzzing::spool, SPOOL_ROUNDS);
}

fn replay(name: &str, target: fn(&[u8]), rounds: u64) {
    let corpus = corpus(name);
    assert!(!corpus.is_empty(), "fuzz/corpus/{name} is empty");
    let number = |key, default| {
        let text = env::var(key).ok();
        text.and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let seed = number("FUZZ_SEED", 1);
    let mut lots = StdRng::seed_from_u64(seed);
    for (path, bytes) in &corpus {
        hold(name, target, bytes, &path.display().to_string());
    }
    for round in 0..number("FUZZ_ROUNDS", rounds) {
        let mut bytes = corpus.choose(&mut lots).expect("it is not empty").1.clone();
        for _ in 0..lots.random_range(1..8) {
            let other = &corpus.choose(&mut lots).expect("it is not empty").1;
            mutate(&mut bytes, other, &mut lots);
        }
        hold(
            name,
            target,
            &bytes,
            &format!("FUZZ_SEED={seed}, round {round}"),
        );
    }
}

fn hold(name: &str, target: fn(&[u8]), bytes: &[u8], whence: &str) {
    if catch_unwind(|| target(bytes)).is_err() {
        // To be kept as a regression: everything in the corpus is replayed.
        let path = corpus_dir(name).join("crash");
        fs::write(&path, bytes).expect("the corpus is writable");
        panic!("{whence}: see {}", path.display());
    }
}

fn mutate(bytes: &mut Vec<u8>, other: &[u8], lots: &mut StdRng) {
    let at = lots.random_range(0..=bytes.len());
    let until = (at + lots.random_range(0..32)).min(bytes.len());
    match lots.random_range(0..6) {
        0 if at < bytes.len() => bytes[at] ^= 1 << lots.random_range(0..8),
        1 => {
            let token = TOKENS.choose(lots).expect("there are some");
            bytes.splice(at..at, token.iter().copied());
        }
        2 => {
            bytes.drain(at..until);
        }
        3 => {
            let piece = bytes[at..until].to_vec();
            let to = lots.random_range(0..=bytes.len());
            bytes.splice(to..to, piece);
        }
        // The head of one and the tail of another.
        4 => {
            bytes.truncate(at);
            bytes.extend_from_slice(&other[lots.random_range(0..=other.len())..]);
        }
        _ => bytes.truncate(at),
    }
    // Copies of copies would only grow.
    bytes.truncate(1 << 16);
}

fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let files = fs::read_dir(corpus_dir(name)).expect("there is a corpus");
    let mut paths: Vec<_> = files.map(|file| file.expect("readable").path()).collect();
    // The same order everywhere, so that a seed means the same.
    paths.sort();
    let read = |path: PathBuf| {
        let bytes = fs::read(&path).expect("readable");
        (path, bytes)
    };
    paths.into_iter().map(read).collect()
}

fn corpus_dir(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(name)
}
