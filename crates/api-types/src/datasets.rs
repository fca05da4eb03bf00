//! `/api/v1/datasets`: uploaded series.
//!
//! A dataset's symbols are used wherever those of the feed are, with `source=dataset:{id}`.

use serde::{Deserialize, Serialize};

use crate::{BarLength, NoParams, names::name};

/// Answer of `GET /api/v1/datasets`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DatasetsResponse {
    /// When the answer was made, ms since the epoch.
    pub as_of: i64,
    /// Version of the server.
    pub version: String,
    /// The parameters in force: there are none.
    pub params: NoParams,
    /// The datasets, newest first.
    pub datasets: Vec<Dataset>,
    /// Uploads under way at this server, oldest first.
    pub uploads: Vec<Upload>,
}

/// Answer of `POST /api/v1/datasets`, with status 201 and the header `location`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DatasetCreated {
    /// When the answer was made, ms since the epoch.
    pub as_of: i64,
    /// Version of the server.
    pub version: String,
    /// The parameters in force.
    pub params: UploadParams,
    /// What is stored now, all of it.
    pub dataset: Dataset,
}

/// Parameters of `POST /api/v1/datasets`; `null` where the file decides.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UploadParams {
    /// Name of the dataset.
    pub name: Option<String>,
    /// Name of the symbol, for files of one symbol.
    pub symbol: Option<String>,
    /// How times are written.
    pub time_format: Option<String>,
    /// Unit of times that are numbers.
    pub time_unit: Option<TimeUnit>,
}

/// Parts of a multipart `POST /api/v1/datasets`. Each parameter may as well stand in the query string.
#[cfg(feature = "openapi")]
#[derive(Debug, utoipa::ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct UploadForm {
    /// The file, with its name: CSV, or CSV compressed by gzip.
    #[schema(value_type = String, format = Binary)]
    pub file: Vec<u8>,
    /// Name of the dataset; default: that of the file.
    #[schema(min_length = 1, max_length = 200)]
    pub name: Option<String>,
    /// Name of the symbol, for files of one symbol; default: what the name of the file says.
    pub symbol: Option<String>,
    /// How times are written, in the letters of strftime, as `%d/%m/%Y %H:%M`.
    pub time_format: Option<String>,
    /// How times are written; default: as the first one looks.
    pub time_unit: Option<TimeUnit>,
}

/// Answer of `GET /api/v1/datasets/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DatasetResponse {
    /// When the answer was made, ms since the epoch.
    pub as_of: i64,
    /// Version of the server.
    pub version: String,
    /// The parameters in force.
    pub params: DatasetParams,
    /// The dataset.
    pub dataset: Dataset,
    /// The first rows of each symbol, in the order of `dataset.series`.
    pub preview: Vec<DatasetPreview>,
}

/// Parameters of `GET /api/v1/datasets/{id}`, defaults filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DatasetParams {
    /// Which dataset.
    pub id: i64,
    /// At most so many rows of each symbol in `preview`.
    pub preview: u32,
}

/// The first rows of a symbol of a dataset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DatasetPreview {
    /// The symbol.
    pub symbol: String,
    /// Its first rows, as they were uploaded.
    pub rows: DatasetColumns,
}

/// Answer of `DELETE /api/v1/datasets/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DatasetDeleted {
    /// When the answer was made, ms since the epoch.
    pub as_of: i64,
    /// Version of the server.
    pub version: String,
    /// Which dataset is gone.
    pub id: i64,
    /// How many rows it had.
    pub rows: i64,
}

/// An uploaded file as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Dataset {
    /// Its id, for `/datasets/{id}`.
    pub id: i64,
    /// What other calls take as `source`: `dataset:{id}`.
    pub source: String,
    /// Its name: a parameter of the upload, else the name of the file. Not necessarily unique.
    pub name: String,
    /// When it was uploaded, ms since the epoch.
    pub created_at: i64,
    /// Rows of all symbols.
    pub rows: i64,
    /// Size of the file as it was sent, bytes.
    pub bytes: i64,
    /// Its symbols, by name.
    pub series: Vec<DatasetSeries>,
    /// How the file was read.
    pub reading: FileReading,
}

/// A symbol of a dataset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DatasetSeries {
    /// Its name, as other calls take it.
    pub symbol: String,
    /// Rows; each has a close.
    pub rows: i64,
    /// Most frequent step between two rows; `null` where there is one row only. Series calls answer it and
    /// its multiples.
    pub interval: Option<BarLength>,
    /// Time of the first row, ms since the epoch.
    pub first: i64,
    /// Time of the last row, ms since the epoch.
    pub last: i64,
    /// Places where more than one interval lies between two rows.
    pub gaps: i64,
    /// Rows that would fill them.
    pub missing: i64,
    /// Steps that are no multiple of the interval.
    pub irregular: i64,
}

/// How an uploaded file was read: what was inferred and what was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FileReading {
    /// How its columns are arranged.
    pub layout: FileLayout,
    /// What separates cells.
    pub delimiter: Delimiter,
    /// Whether it was compressed by gzip.
    pub gzip: bool,
    /// Whether its first line is made of names.
    pub header: bool,
    /// Name of the column that times were read from; its number where there are no names.
    pub time_column: String,
    /// How times are written.
    pub time_unit: TimeUnit,
    /// The format by which times were read, where one was given.
    pub time_format: Option<String>,
    /// Whether there were times without an offset, which were taken as UTC.
    pub naive_as_utc: bool,
    /// Whether rows were sorted by time, as those of the file are not.
    pub sorted: bool,
    /// Which of open, high, low and volume the file does not have; they are `null`.
    pub absent: Vec<String>,
    /// Columns that were not read.
    pub ignored: Vec<String>,
    /// What else should be known, in sentences.
    pub notes: Vec<String>,
}

name! {
    /// How the columns of an uploaded file are arranged.
    FileLayout, "layout" {
        /// Rows of one symbol.
        Single = "single",
        /// Rows of several symbols, named in a column.
        Long = "long",
        /// A column of closes for each symbol.
        Wide = "wide",
        /// Binance's kline files: twelve columns without names.
        Klines = "klines",
    }
}

name! {
    /// What separates the cells of an uploaded file.
    Delimiter, "delimiter" {
        /// `,`
        Comma = "comma",
        /// `;`
        Semicolon = "semicolon",
        /// A tab.
        Tab = "tab",
    }
}

name! {
    /// How the times of an uploaded file are written.
    TimeUnit, "time unit" {
        /// Seconds since the epoch.
        Seconds = "s",
        /// Milliseconds since the epoch.
        Milliseconds = "ms",
        /// Microseconds since the epoch.
        Microseconds = "us",
        /// Nanoseconds since the epoch.
        Nanoseconds = "ns",
        /// ISO 8601: `2024-08-08`, `2024-08-08 12:30`, `2024-08-08T12:30:00+02:00`.
        Iso = "iso",
        /// By the format that was given.
        Format = "format",
    }
}

/// Rows of a symbol of a dataset, as columns of equal length.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DatasetColumns {
    /// Time of the row (in bars: start of the bucket), ms since the epoch, ascending, each once.
    pub time: Vec<i64>,
    /// First price.
    pub open: Vec<Option<f64>>,
    /// Highest price.
    pub high: Vec<Option<f64>>,
    /// Lowest price.
    pub low: Vec<Option<f64>>,
    /// Last price.
    pub close: Vec<f64>,
    /// Volume, in whatever unit the file had.
    pub volume: Vec<Option<f64>>,
}

/// Answer of `GET /api/v1/bars?source=dataset:{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DatasetBarsResponse {
    /// When the answer was made, ms since the epoch.
    pub as_of: i64,
    /// Version of the server.
    pub version: String,
    /// The parameters in force.
    pub params: DatasetBarsParams,
    /// The bars, ascending in time. A dataset's bars are all closed.
    pub bars: DatasetColumns,
}

/// Parameters of `GET /api/v1/bars?source=dataset:{id}`, defaults filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DatasetBarsParams {
    /// `dataset:{id}`.
    pub source: String,
    /// Name of the symbol in the dataset.
    pub symbol: String,
    /// Length of a bar.
    pub interval: BarLength,
    /// At most so many bars.
    pub limit: u32,
    /// Bars that start at or after this time, ms since the epoch. With it the first `limit` bars of
    /// the range are answered, without it the last ones.
    pub start_time: Option<i64>,
    /// Bars that start at or before this time, ms since the epoch.
    pub end_time: Option<i64>,
}

/// An upload under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Upload {
    /// Id of the request that brings it. A client that sends the header `x-request-id` finds its own.
    pub request_id: String,
    /// When it began, ms since the epoch.
    pub started_at: i64,
    /// What is being done.
    pub phase: UploadPhase,
    /// Bytes received.
    pub bytes_received: i64,
    /// Bytes announced; `null` if none were.
    pub bytes_expected: Option<i64>,
    /// Rows read and checked.
    pub rows_checked: i64,
    /// Rows stored; they appear when all are.
    pub rows_stored: i64,
}

name! {
    /// What is being done with an upload.
    UploadPhase, "phase" {
        /// Its bytes arrive.
        Receiving = "receiving",
        /// Its rows are read and checked.
        Checking = "checking",
        /// Its rows are written to the database.
        Storing = "storing",
    }
}
