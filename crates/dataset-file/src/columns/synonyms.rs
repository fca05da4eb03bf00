//! What columns are called.

use crate::FileError;

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Time,
    Symbol,
    Open,
    High,
    Low,
    Close,
    Volume,
}

impl Role {
    /// Names in their [`normal`] form; the earlier one is meant where a file has several.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Time => &[
                "opentime",
                "opentimems",
                "timestamp",
                "timestampms",
                "datetime",
                "time",
                "timems",
                "times",
                "timeus",
                "timens",
                "unix",
                "unixtime",
                "epoch",
                "date",
                "datetimeutc",
                "timeutc",
                "dateutc",
                "gmttime",
                "bucket",
                "starttime",
                "start",
                "period",
                "ts",
                "t",
                "index",
            ],
            Self::Symbol => &[
                "symbol",
                "ticker",
                "instrument",
                "market",
                "pair",
                "asset",
                "product",
                "sym",
            ],
            Self::Open => &["open", "openprice", "priceopen", "o"],
            Self::High => &["high", "highprice", "pricehigh", "max", "h"],
            Self::Low => &["low", "lowprice", "pricelow", "min", "l"],
            Self::Close => &[
                "close",
                "closeprice",
                "priceclose",
                "last",
                "lastprice",
                "price",
                "closelast",
                "settle",
                "adjclose",
                "adjustedclose",
                "c",
            ],
            Self::Volume => &[
                "volume",
                "vol",
                "basevolume",
                "volumebase",
                "qty",
                "quantity",
                "v",
            ],
        }
    }
}

/// A name as it is compared: letters and digits, in lower case.
pub(super) fn normal(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// The column of this role. Single letters are tickers too, so they count where all of o, h, l and c are
/// there.
pub(super) fn find(role: Role, normals: &[String]) -> Result<Option<usize>, FileError> {
    let has = |name: &str| normals.iter().any(|normal| normal == name);
    let letters = ["o", "h", "l", "c"].iter().all(|letter| has(letter));
    for name in role.names() {
        if name.len() == 1 && !letters {
            continue;
        }
        let mut found = (0..normals.len()).filter(|at| normals[*at] == *name);
        match (found.next(), found.next()) {
            (None, _) => {}
            (Some(at), None) => return Ok(Some(at)),
            (Some(one), Some(other)) => {
                return Err(FileError::File(format!(
                    "columns {} and {} are both named {name}",
                    one + 1,
                    other + 1
                )));
            }
        }
    }
    Ok(None)
}
