//! Reads files as an upload would, and says what is in them: `cargo run -p dataset-file --example inspect -- FILE…`

use std::{env, fs::File, io::Cursor, path::Path, time::Instant};

use dataset_file::{FileError, Limits, Options, Spool, read};

fn main() -> std::io::Result<()> {
    for path in env::args().skip(1) {
        let name = Path::new(&path)
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let options = Options {
            file_name: name,
            ..Options::default()
        };
        let mut spool = Spool::new(Cursor::new(Vec::new()));
        let started = Instant::now();
        let result = read(
            File::open(&path)?,
            &options,
            &Limits::default(),
            &mut spool,
            &|_| true,
        );
        println!("{path}: {:?}", started.elapsed());
        match result {
            Ok(summary) => println!("{summary:#?}"),
            Err(FileError::Rows { errors, total, .. }) => {
                errors.iter().for_each(|error| println!("  {error}"));
                println!("  {total} errors");
            }
            Err(error) => println!("  {error}"),
        }
    }
    Ok(())
}
