//! Which pair, by which parameters, from where.

use std::path::PathBuf;

use anyhow::Context;
use api::offline::Series;
use clap::Args;
use serde::de::DeserializeOwned;

use super::{database::DatabaseArgs, files};

/// Which pair, and from where.
#[derive(Debug, Clone, Args)]
pub struct PairArgs {
    /// The dependent leg: a symbol of the database, or the name of a series of the files.
    pub y: String,

    /// The hedge leg, named likewise.
    pub x: String,

    /// CSV files to take the legs from instead of a database; may be given more than once.
    #[arg(long = "csv", value_name = "FILE")]
    pub files: Vec<PathBuf>,

    #[command(flatten)]
    #[expect(
        missing_docs,
        reason = "a doc comment here would replace that of the flattened flags"
    )]
    pub database: DatabaseArgs,

    /// Where both legs come from in the database: live, or dataset:ID.
    #[arg(long, conflicts_with = "files")]
    pub source: Option<String>,

    /// Length of a bar, as 1m or 4h [default: 1m, or that of the files' rows].
    #[arg(long)]
    pub interval: Option<String>,

    /// Joined bars [default: 1000, or all of the files].
    #[arg(long)]
    pub limit: Option<String>,

    /// First bar: ms since the epoch, or RFC 3339.
    #[arg(long)]
    pub start_time: Option<String>,

    /// Last bar, likewise.
    #[arg(long)]
    pub end_time: Option<String>,

    /// ols, huber, theil_sen or kalman [default: ols].
    #[arg(long)]
    pub model: Option<String>,

    /// walk_forward or in_sample.
    #[arg(long)]
    pub fit: Option<String>,

    /// Bars of a walk-forward fit or of a Kalman filter's training [default: 500].
    #[arg(long)]
    pub lookback: Option<String>,

    /// level or log [default: level].
    #[arg(long)]
    pub transform: Option<String>,

    /// Bars of the rolling z-score [default: 60].
    #[arg(long)]
    pub window: Option<String>,

    /// inclusive or exclusive [default: inclusive].
    #[arg(long)]
    pub baseline: Option<String>,

    /// rolling or innovation [default: rolling].
    #[arg(long)]
    pub z: Option<String>,

    /// |z| at which a position is entered [default: 2].
    #[arg(long)]
    pub entry: Option<String>,

    /// |z| at which it is left [default: 0.5].
    #[arg(long)]
    pub exit: Option<String>,

    /// |z| at which it is given up [default: never].
    #[arg(long)]
    pub stop: Option<String>,

    /// Buckets for which a leg's last close may stand in for a missing one.
    #[arg(long)]
    pub max_fill: Option<String>,

    /// The answer of the API instead of tables.
    #[arg(long)]
    pub json: bool,
}

/// Name and value of a parameter of a call.
pub(super) type Parameter = (String, String);
/// All of them.
pub(super) type Query = Vec<Parameter>;

/// Those that are given.
pub(super) fn given(parameters: &[(&str, &Option<String>)]) -> Query {
    let some = parameters
        .iter()
        .filter_map(|(name, value)| Some((*name, value.as_ref()?)));
    some.map(|(name, value)| (name.to_owned(), value.clone()))
        .collect()
}

impl PairArgs {
    /// The parameters of the pair but for its legs and interval.
    fn parameters(&self) -> Query {
        given(&[
            ("limit", &self.limit),
            ("startTime", &self.start_time),
            ("endTime", &self.end_time),
            ("model", &self.model),
            ("fit", &self.fit),
            ("lookback", &self.lookback),
            ("transform", &self.transform),
            ("window", &self.window),
            ("baseline", &self.baseline),
            ("z", &self.z),
            ("entry", &self.entry),
            ("exit", &self.exit),
            ("stop", &self.stop),
            ("maxFill", &self.max_fill),
        ])
    }

    /// The answer to a call about the pair: of files by `offline`, else of the database by the call at `path`.
    pub(super) async fn ask<A: DeserializeOwned>(
        &self,
        path: &str,
        own: Query,
        offline: impl FnOnce(&[Parameter], &Series, &Series) -> Answer<A>,
    ) -> anyhow::Result<A> {
        let mut query = self.parameters();
        query.extend(own);
        if !self.files.is_empty() {
            let [y, x] = files::legs(&self.files, [&self.y, &self.x], self.interval.as_deref())?;
            return offline(&query, &y, &x)
                .map_err(|problem| anyhow::anyhow!("{}", problem.detail));
        }
        query.push(("y".to_owned(), self.y.clone()));
        query.push(("x".to_owned(), self.x.clone()));
        query.extend(given(&[
            ("source", &self.source),
            ("interval", &self.interval),
        ]));
        let text = self.database.get(path, &query).await?;
        serde_json::from_str(&text).context("the answer is not as expected")
    }
}

/// What a call without a database gives.
pub(super) type Answer<A> = Result<A, Box<api_types::Problem>>;
