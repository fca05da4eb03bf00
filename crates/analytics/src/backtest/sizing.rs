//! How large each leg of a position is.

use super::trade::Side;
use crate::parameters::Transform;

/// How a position's gross is shared out among its legs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sizing {
    /// By the hedge ratio, so that the position is the spread: β units of `x` against one of `y`, or for
    /// logarithms β of notional against one. What the legs have in common cancels.
    #[default]
    BetaNeutral,
    /// Half of the gross each, so that no money is net in the market.
    DollarNeutral,
}

impl Sizing {
    /// Quantities of `y` and `x`, negative for short, of a position of `gross` at prices `y` and `x` with a hedge
    /// ratio fitted to prices transformed by `transform`. `None` if β is not positive, as such legs do not
    /// hedge each other, or if a quantity leaves the range of `f64`.
    ///
    /// ```
    /// use analytics::{Transform, backtest::{Side, Sizing}};
    /// let (y, x) = Sizing::BetaNeutral
    ///     .quantities(Side::ShortSpread, 900.0, 2.0, Transform::Level, 50.0, 20.0)
    ///     .expect("a hedge");
    /// assert_eq!((y, x), (-10.0, 20.0)); // 10·50 + 20·20 = 900, and 2 of x for each y
    /// ```
    #[must_use]
    pub fn quantities(
        self,
        side: Side,
        gross: f64,
        beta: f64,
        transform: Transform,
        y: f64,
        x: f64,
    ) -> Option<(f64, f64)> {
        if beta.is_nan() || beta <= 0.0 {
            return None;
        }
        let direction = side.sign();
        let (q_y, q_x) = match (self, transform) {
            (Self::BetaNeutral, Transform::Level) => {
                let q_y = direction * gross / (y + beta * x);
                (q_y, -beta * q_y)
            }
            (Self::BetaNeutral, Transform::Log) => {
                let notional = direction * gross / (1.0 + beta);
                (notional / y, -beta * notional / x)
            }
            (Self::DollarNeutral, _) => {
                let notional = direction * gross / 2.0;
                (notional / y, -notional / x)
            }
        };
        (q_y.is_finite() && q_x.is_finite()).then_some((q_y, q_x))
    }
}
