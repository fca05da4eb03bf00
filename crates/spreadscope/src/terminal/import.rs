//! `spreadscope import`

use std::path::PathBuf;

use anyhow::Context;
use api::LocalError;
use api_types::DatasetCreated;
use axum::{
    body::{Body, to_bytes},
    http::Method,
};
use bytes::Bytes;
use clap::Args;
use futures::{StreamExt, stream};
use tokio_util::io::ReaderStream;

use super::{
    database::{DatabaseArgs, with_query},
    pair::given,
    print, print_json, progress,
    table::{columns, time},
};

/// What separates the parts of the form; no line of a file of prices begins like that.
const BOUNDARY: &str = "spreadscope-3f0c1b6e9d2a4785";
const MOST_ANSWER_BYTES: usize = 64 << 20;

/// Settings of `import`.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// A CSV file of prices, plain or gzip.
    pub file: PathBuf,

    #[command(flatten)]
    #[expect(
        missing_docs,
        reason = "a doc comment here would replace that of the flattened flags"
    )]
    pub database: DatabaseArgs,

    /// What the dataset is called [default: the file's name].
    #[arg(long)]
    pub name: Option<String>,

    /// The symbol of a file that does not name it [default: from the file's name].
    #[arg(long)]
    pub symbol: Option<String>,

    /// How times are written, as %d/%m/%Y.
    #[arg(long)]
    pub time_format: Option<String>,

    /// The answer of the API instead of a table.
    #[arg(long)]
    pub json: bool,
}

pub(crate) async fn run(arguments: &ImportArgs) -> anyhow::Result<()> {
    let shown = arguments.file.display();
    let file = tokio::fs::File::open(&arguments.file).await;
    let file = file.with_context(|| format!("cannot open {shown}"))?;
    let size = file.metadata().await?.len();
    let bar = progress::bytes(&format!("importing {shown}"), Some(size));
    let sent = bar.clone();
    let rows = ReaderStream::with_capacity(file, 1 << 18).inspect(move |piece| {
        if let Ok(piece) = piece {
            sent.inc(piece.len() as u64);
        }
    });
    let name = arguments
        .file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    // A form, as it alone carries the file's name.
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{}\"\r\nContent-Type: \
         text/csv\r\n\r\n",
        name.replace(['"', '\r', '\n', '\\'], "_")
    );
    let tail = format!("\r\n--{BOUNDARY}--\r\n");
    let whole = |text: String| stream::iter([Ok::<_, std::io::Error>(Bytes::from(text))]);
    let body = Body::from_stream(whole(head).chain(rows).chain(whole(tail)));
    let query = given(&[
        ("name", &arguments.name),
        ("symbol", &arguments.symbol),
        ("timeFormat", &arguments.time_format),
    ]);
    let path = with_query("/api/v1/datasets", &query);
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    let local = arguments.database.open().await?;
    let answer = local
        .call(Method::POST, &path, Some(&content_type), body)
        .await;
    bar.finish_and_clear();
    let created: anyhow::Result<Bytes> = match answer {
        Ok(response) => to_bytes(response.into_body(), MOST_ANSWER_BYTES)
            .await
            .map_err(Into::into),
        Err(error) => Err(with_lines(error)),
    };
    local.close().await;
    let created: DatasetCreated = serde_json::from_slice(&created?)?;
    if arguments.json {
        return print_json(&created);
    }
    let dataset = &created.dataset;
    let rows: Vec<Vec<String>> = dataset
        .series
        .iter()
        .map(|series| {
            vec![
                series.symbol.clone(),
                series
                    .interval
                    .map_or_else(|| "–".to_owned(), |length| length.to_string()),
                time(series.first),
                time(series.last),
                series.rows.to_string(),
                series.gaps.to_string(),
            ]
        })
        .collect();
    let header = ["series", "interval", "from", "to", "rows", "gaps"];
    print(&format!(
        "{} is {} now: --source {}\n{}",
        shown,
        dataset.source,
        dataset.source,
        columns(&header, &rows, 4)
    ))
}

/// What is wrong with which line, if that is what is wrong.
fn with_lines(error: anyhow::Error) -> anyhow::Error {
    let Some(LocalError(problem)) = error.downcast_ref() else {
        return error;
    };
    let mut text = problem.detail.clone();
    for error in &problem.errors {
        if let Some(line) = error.line {
            text += &format!("\n  line {line}, {}: {}", error.field, error.detail);
        }
    }
    anyhow::anyhow!(text)
}
