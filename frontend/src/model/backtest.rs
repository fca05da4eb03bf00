//! What a person has chosen to trade a pair by, beside the pair itself; and which bars of a backtest to draw.

use api_types::{FillAt, FundingFrom, Sizing};

use super::{TimeRange, pair::query::Query};

/// The controls of a backtest.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BacktestChoice {
    pub(crate) sizing: Sizing,
    pub(crate) fill: FillAt,
    /// |z| at which a position is given up.
    pub(crate) stop: Option<f64>,
    /// Bars after which it is left.
    pub(crate) time_stop: Option<u32>,
    pub(crate) fee_bps: f64,
    pub(crate) slippage_bps: f64,
    pub(crate) funding: FundingFrom,
    /// Of both legs, where it is given.
    pub(crate) funding_bps_8h: f64,
    /// Share of the formation part.
    pub(crate) split: Option<f64>,
}

impl Default for BacktestChoice {
    fn default() -> Self {
        Self {
            sizing: Sizing::BetaNeutral,
            fill: FillAt::Open,
            stop: None,
            time_stop: None,
            fee_bps: 5.0,
            slippage_bps: 1.0,
            funding: FundingFrom::Given,
            funding_bps_8h: 0.0,
            split: None,
        }
    }
}

impl BacktestChoice {
    /// Reads a link. What it does not say, or says wrongly, is as by default.
    pub(crate) fn from_query(get: &dyn Fn(&str) -> Option<String>) -> Self {
        let usual = Self::default();
        let number = |name: &str| {
            let number = get(name)?.parse::<f64>().ok();
            number.filter(|number| number.is_finite())
        };
        let positive = |name: &str| number(name).filter(|number| *number > 0.0);
        let cost = |name: &str, usual| number(name).filter(|bps| *bps >= 0.0).unwrap_or(usual);
        Self {
            sizing: get("sizing")
                .and_then(|word| word.parse().ok())
                .unwrap_or(usual.sizing),
            fill: get("fill")
                .and_then(|word| word.parse().ok())
                .unwrap_or(usual.fill),
            stop: positive("stop"),
            time_stop: get("timeStop")
                .and_then(|bars| bars.parse().ok())
                .filter(|bars| *bars > 0),
            fee_bps: cost("feeBps", usual.fee_bps),
            slippage_bps: cost("slippageBps", usual.slippage_bps),
            funding: get("funding")
                .and_then(|word| word.parse().ok())
                .unwrap_or(usual.funding),
            funding_bps_8h: number("fundingBps8h").unwrap_or(usual.funding_bps_8h),
            split: positive("split"),
        }
    }

    /// What differs from the defaults, by the names of the API.
    pub(crate) fn to_query(&self) -> Query {
        let usual = Self::default();
        let all = self.to_request();
        let known = usual.to_request();
        all.into_iter()
            .filter(|pair| !known.contains(pair))
            .collect()
    }

    /// What the API is asked: everything that applies.
    pub(crate) fn to_request(&self) -> Query {
        let mut query: Query = vec![
            ("sizing", self.sizing.to_string()),
            ("fill", self.fill.to_string()),
            ("feeBps", self.fee_bps.to_string()),
            ("slippageBps", self.slippage_bps.to_string()),
            ("funding", self.funding.to_string()),
        ];
        if self.funding == FundingFrom::Given {
            query.push(("fundingBps8h", self.funding_bps_8h.to_string()));
        }
        query.extend(self.stop.map(|stop| ("stop", stop.to_string())));
        query.extend(self.time_stop.map(|bars| ("timeStop", bars.to_string())));
        query.extend(self.split.map(|share| ("split", share.to_string())));
        query
    }
}

/// Which of `times` to draw of `range`, and one beyond each end: of more than `most` those at which one of `columns` is
/// lowest or highest in its stretch, as extremes are what people look for.
pub(crate) fn rows_to_draw(
    times: &[i64],
    range: TimeRange,
    most: usize,
    columns: &[&dyn Fn(usize) -> Option<f64>],
) -> Vec<usize> {
    let start = times
        .partition_point(|time| *time < range.from)
        .saturating_sub(1);
    let end = times.partition_point(|time| *time <= range.to);
    let seen: Vec<usize> = (start..(end + 1).min(times.len()).max(start)).collect();
    if seen.len() <= most {
        return seen;
    }
    let kept_of_a_stretch = 2 + 2 * columns.len();
    let stretch = seen.len().div_ceil((most / kept_of_a_stretch).max(1));
    let extremes = |rows: &[usize]| {
        let mut kept: Vec<usize> = rows
            .first()
            .into_iter()
            .chain(rows.last())
            .copied()
            .collect();
        for column in columns {
            let known = || rows.iter().filter_map(|row| Some((*row, column(*row)?)));
            let low = known().min_by(|a, b| a.1.total_cmp(&b.1));
            let high = known().max_by(|a, b| a.1.total_cmp(&b.1));
            kept.extend([low, high].into_iter().flatten().map(|(row, _)| row));
        }
        kept.sort_unstable();
        kept.dedup();
        kept
    };
    seen.chunks(stretch).flat_map(extremes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back(choice: &BacktestChoice) -> BacktestChoice {
        let query = choice.to_query();
        BacktestChoice::from_query(&|name| {
            Some(query.iter().find(|(key, _)| *key == name)?.1.clone())
        })
    }

    #[test]
    fn a_link_reproduces_every_control_and_says_nothing_of_defaults() {
        let choice = BacktestChoice {
            sizing: Sizing::DollarNeutral,
            fill: FillAt::Close,
            stop: Some(3.5),
            time_stop: Some(40),
            fee_bps: 0.0,
            slippage_bps: 2.5,
            funding: FundingFrom::Given,
            funding_bps_8h: -1.0,
            split: Some(0.6),
        };
        assert_eq!(back(&choice), choice);
        let told = BacktestChoice {
            funding: FundingFrom::Exchange,
            ..BacktestChoice::default()
        };
        assert_eq!(back(&told), told);
        assert_eq!(told.to_query(), [("funding", "exchange".to_owned())]);
        assert!(BacktestChoice::default().to_query().is_empty());
        assert_eq!(back(&BacktestChoice::default()), BacktestChoice::default());
    }

    #[test]
    fn what_a_link_says_wrongly_is_as_by_default() {
        let wrong = BacktestChoice::from_query(&|name| {
            let word = match name {
                "feeBps" => "-3",
                "timeStop" => "0",
                "split" => "x",
                _ => "inf",
            };
            Some(word.to_owned())
        });
        assert_eq!(wrong, BacktestChoice::default());
    }

    #[test]
    fn few_rows_are_drawn_of_many_and_no_peak_is_lost() {
        let times: Vec<i64> = (0..10_000).collect();
        let peak = |row: usize| Some(if row == 4_321 { 1e6 } else { (row % 7) as f64 });
        let whole = TimeRange::new(0, 10_000).unwrap();
        let drawn = rows_to_draw(&times, whole, 1_000, &[&peak]);
        assert!(drawn.len() <= 1_000 && drawn.contains(&4_321));
        assert!(drawn.is_sorted_by(|a, b| a < b));
        let part = TimeRange::new(100, 200).unwrap();
        let drawn = rows_to_draw(&times, part, 1_000, &[&peak]);
        assert_eq!((drawn[0], drawn.len()), (99, 103));
        assert_eq!(
            rows_to_draw(&[], whole, 1_000, &[&peak]),
            Vec::<usize>::new()
        );
    }
}
