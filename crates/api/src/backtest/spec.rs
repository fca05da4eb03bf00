//! What is asked of a backtest, once it has been checked.

use std::{num::NonZeroUsize, ops::RangeInclusive};

use analytics::{
    Threshold,
    backtest::{Costs, Funding, FundingRate, LegFunding, Rules, Strategy},
};
use api_types::{BacktestParams, FillAt, FundingFrom, Sizing};

use super::Payments;
use crate::{
    pairs::{Defaults, Leg, Level, PairSpec},
    params::Params,
    source::Source,
};

const COSTS_BPS: RangeInclusive<f64> = 0.0..=1_000.0;
const FUNDING_BPS: RangeInclusive<f64> = -1_000.0..=1_000.0;
const CAPITALS: RangeInclusive<f64> = 1.0..=1e12;
const TIME_STOPS: RangeInclusive<i64> = 1..=100_000;
const SPLITS: RangeInclusive<f64> = 0.1..=0.9;

/// 365 days, as the exchange never closes.
const YEAR_MS: f64 = 365.0 * 86_400_000.0;

const CHECKED: &str = "a spec holds only what was checked";

/// `feeBps` and `slippageBps`, wherever something is traded.
pub(crate) fn costs(params: &mut Params) -> Costs {
    let usual = Costs::default();
    let mut bps = |name, usual| params.decimal(name, COSTS_BPS).unwrap_or(usual);
    let fee_bps = bps("feeBps", usual.fee_bps());
    let slippage_bps = bps("slippageBps", usual.slippage_bps());
    Costs::new(fee_bps, slippage_bps).expect(CHECKED)
}

/// The parameters of a backtest, defaults filled in.
#[derive(Debug, Clone)]
pub(crate) struct BacktestSpec {
    /// Causal: what is traded does not know the future.
    pub(crate) pair: PairSpec,
    pub(crate) sizing: Sizing,
    pub(crate) fill: FillAt,
    costs: Costs,
    pub(super) funding: FundingFrom,
    y_funding_bps_8h: f64,
    x_funding_bps_8h: f64,
    capital: f64,
    time_stop: Option<NonZeroUsize>,
    /// Share of the formation part.
    pub(crate) split: Option<f64>,
}

impl BacktestSpec {
    /// Its parameters beside [`PairSpec::TRADED`].
    pub(crate) const NAMES: [&str; 11] = [
        "sizing",
        "fill",
        "feeBps",
        "slippageBps",
        "funding",
        "fundingBps8h",
        "yFundingBps8h",
        "xFundingBps8h",
        "capital",
        "timeStop",
        "split",
    ];

    /// Reads a spec; `None` if anything is wrong, and then [`Params::finish`] tells all of it.
    pub(crate) fn read(params: &mut Params) -> Option<Self> {
        let pair = PairSpec::read(params, Defaults::BACKTEST);
        if pair.as_ref().is_some_and(|pair| !pair.is_causal()) {
            params.error(
                "fit",
                "is in_sample, whose coefficients know the future; walk_forward is allowed in a backtest"
                    .to_owned(),
            );
        }
        let sizing = params.optional("sizing").unwrap_or(Sizing::BetaNeutral);
        let fill = params.optional("fill").unwrap_or(FillAt::Open);
        let costs = costs(params);
        let funding_from = params.optional("funding").unwrap_or(FundingFrom::Given);
        if funding_from == FundingFrom::Exchange {
            for name in ["fundingBps8h", "yFundingBps8h", "xFundingBps8h"] {
                params.refuse(
                    name,
                    "contradicts funding=exchange, which says what was paid",
                );
            }
            let is_upload = |leg: &Leg| leg.source() != Source::Live;
            if pair
                .as_ref()
                .is_some_and(|pair| is_upload(&pair.y) || is_upload(&pair.x))
            {
                let detail = "is exchange, which says nothing of uploads and files; given is allowed for them";
                params.error("funding", detail.to_owned());
            }
        }
        let both = params.decimal("fundingBps8h", FUNDING_BPS);
        let mut funding = |name| {
            if params.has("fundingBps8h") {
                params.refuse(name, "contradicts fundingBps8h, which is that of both legs");
            }
            params.decimal(name, FUNDING_BPS).or(both).unwrap_or(0.0)
        };
        let (y_funding_bps_8h, x_funding_bps_8h) =
            (funding("yFundingBps8h"), funding("xFundingBps8h"));
        let capital = params.decimal("capital", CAPITALS);
        let time_stop = params.number("timeStop", TIME_STOPS);
        let split = params.decimal("split", SPLITS);
        let spec = Self {
            pair: pair?,
            sizing,
            fill,
            costs,
            funding: funding_from,
            y_funding_bps_8h,
            x_funding_bps_8h,
            capital: capital.unwrap_or(Strategy::CAPITAL),
            time_stop: time_stop.and_then(|bars| NonZeroUsize::new(bars as usize)),
            split,
        };
        (!params.has_failed()).then_some(spec)
    }

    /// When to trade, how much, at which cost; bars a year are those of the feed's calendar, or of `times_ms` where
    /// a leg is a dataset, whose market may close. `payments` are those of the legs where the exchange says them.
    pub(crate) fn strategy<'p>(&self, times_ms: &[i64], payments: &'p Payments) -> Strategy<'p> {
        let level = |level: Level| Threshold::new(level.get(), self.pair.zscore()).expect(CHECKED);
        let (entry, exit) = (level(self.pair.entry), level(self.pair.exit));
        let stop = self.pair.stop.map(level);
        let leg = |bps_8h, rates: &'p [FundingRate]| match self.funding {
            FundingFrom::Given => LegFunding::Constant { bps_8h },
            FundingFrom::Exchange => LegFunding::Rates(rates),
        };
        let funding = Funding::new(
            leg(self.y_funding_bps_8h, &payments.y),
            leg(self.x_funding_bps_8h, &payments.x),
        );
        Strategy {
            rules: Rules::new(entry, exit, stop, self.time_stop).expect(CHECKED),
            sizing: match self.sizing {
                Sizing::BetaNeutral => analytics::backtest::Sizing::BetaNeutral,
                Sizing::DollarNeutral => analytics::backtest::Sizing::DollarNeutral,
            },
            costs: self.costs,
            funding: funding.expect(CHECKED),
            capital: self.capital,
            bars_per_year: self.bars_per_year(times_ms),
        }
    }

    fn bars_per_year(&self, times_ms: &[i64]) -> f64 {
        let is_live = |leg: &Leg| leg.source() == Source::Live;
        let of_feed = YEAR_MS / self.pair.interval.ms() as f64;
        match times_ms {
            [first, .., last] if !(is_live(&self.pair.y) && is_live(&self.pair.x)) => {
                times_ms.len() as f64 / ((last - first) as f64 / YEAR_MS)
            }
            _ => of_feed,
        }
    }

    /// The parameters as they are told.
    pub(crate) fn params(&self) -> BacktestParams {
        BacktestParams {
            pair: self.pair.params(),
            sizing: self.sizing,
            fill: self.fill,
            fee_bps: self.costs.fee_bps(),
            slippage_bps: self.costs.slippage_bps(),
            funding: self.funding,
            y_funding_bps_8h: self.y_funding_bps_8h,
            x_funding_bps_8h: self.x_funding_bps_8h,
            capital: self.capital,
            time_stop: self.time_stop.map(|bars| bars.get() as u32),
            split: self.split,
        }
    }
}
