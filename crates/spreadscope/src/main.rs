//! The whole stack in one process: see the library.

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = spreadscope::Arguments::parse();
    arguments.logs.clone().init();
    match spreadscope::run(arguments.command).await {
        Ok(exit) => exit,
        Err(error) => {
            // The whole chain in one line, for a person at a terminal.
            eprintln!("spreadscope: {error:#}");
            ExitCode::FAILURE
        }
    }
}
