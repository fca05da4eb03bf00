//! `spreadscope export`

use std::path::PathBuf;

use anyhow::Context;
use axum::response::Response;
use clap::Args;
use futures::TryStreamExt;
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::{
    database::{DatabaseArgs, with_query},
    pair::given,
    progress,
};

/// Settings of `export`.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// A symbol, whose bars are written; or dataset:ID, whose rows are.
    pub what: String,

    #[command(flatten)]
    #[expect(
        missing_docs,
        reason = "a doc comment here would replace that of the flattened flags"
    )]
    pub database: DatabaseArgs,

    /// Length of a bar [default: 1m].
    #[arg(long)]
    pub interval: Option<String>,

    /// First bar: ms since the epoch, or RFC 3339 [default: so that the last 500 are written].
    #[arg(long)]
    pub start_time: Option<String>,

    /// Last bar, likewise.
    #[arg(long)]
    pub end_time: Option<String>,

    /// At most so many bars [default: 500; with --start-time a million].
    #[arg(long)]
    pub limit: Option<String>,

    /// Where to [default: standard output].
    #[arg(long, short)]
    pub output: Option<PathBuf>,
}

pub(crate) async fn run(arguments: &ExportArgs) -> anyhow::Result<()> {
    let local = arguments.database.open().await?;
    let written = match local.get(&path(arguments)).await {
        Ok(response) => write(arguments, response).await,
        Err(error) => Err(error),
    };
    local.close().await;
    written
}

fn path(arguments: &ExportArgs) -> String {
    let csv = ("format".to_owned(), "csv".to_owned());
    if let Some(id) = arguments.what.strip_prefix("dataset:") {
        return with_query(&format!("/api/v1/datasets/{id}"), &vec![csv]);
    }
    let interval = Some(
        arguments
            .interval
            .clone()
            .unwrap_or_else(|| "1m".to_owned()),
    );
    let most = arguments.start_time.as_ref().map(|_| "1000000".to_owned());
    let mut query = given(&[
        ("symbol", &Some(arguments.what.clone())),
        ("interval", &interval),
        ("startTime", &arguments.start_time),
        ("endTime", &arguments.end_time),
        ("limit", &arguments.limit.clone().or(most)),
    ]);
    query.push(csv);
    with_query("/api/v1/bars", &query)
}

async fn write(arguments: &ExportArgs, response: Response) -> anyhow::Result<()> {
    let bar = progress::bytes(&format!("exporting {}", arguments.what), None);
    let done = match &arguments.output {
        Some(path) => {
            let cannot = || format!("cannot write {}", path.display());
            let file = tokio::fs::File::create(path).await.with_context(cannot)?;
            copy(response, file, &bar).await.with_context(cannot)
        }
        None => copy(response, tokio::io::stdout(), &bar).await,
    };
    bar.finish_and_clear();
    done
}

async fn copy(
    response: Response,
    mut to: impl AsyncWrite + Unpin,
    bar: &indicatif::ProgressBar,
) -> anyhow::Result<()> {
    let mut pieces = response.into_body().into_data_stream();
    while let Some(piece) = pieces.try_next().await? {
        match to.write_all(&piece).await {
            // Who reads has seen enough.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            other => other?,
        }
        bar.inc(piece.len() as u64);
    }
    to.flush().await?;
    Ok(())
}
