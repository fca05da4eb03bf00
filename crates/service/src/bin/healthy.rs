//! `healthy http://localhost:9102/health/ready`: succeeds when the answer is 200, and says what it was otherwise.
//!
//! For the health checks of containers, whose image then needs no other program that could fetch something.

use std::{
    env,
    io::{self, Read, Write},
    net::TcpStream,
    process::ExitCode,
    time::Duration,
};

const PATIENCE: Duration = Duration::from_secs(2);
/// Reasons for not being healthy are short.
const MOST_BYTES: u64 = 4_096;

fn main() -> ExitCode {
    let Some(url) = env::args().nth(1) else {
        eprintln!("usage: healthy http://host:port/path");
        return ExitCode::FAILURE;
    };
    match ask(&url) {
        Ok(answer) => {
            let status = answer.split(' ').nth(1);
            println!(
                "{}",
                answer.split("\r\n\r\n").nth(1).unwrap_or(&answer).trim()
            );
            if status == Some("200") {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            eprintln!("{url}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn ask(url: &str) -> io::Result<String> {
    let unusable = || io::Error::new(io::ErrorKind::InvalidInput, "not http://host:port/path");
    let (authority, path) = url
        .strip_prefix("http://")
        .and_then(|rest| rest.split_once('/'))
        .ok_or_else(unusable)?;
    let mut stream = TcpStream::connect(authority)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "GET /{path} HTTP/1.0\r\nHost: {authority}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.take(MOST_BYTES).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
