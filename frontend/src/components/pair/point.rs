//! The point under the pointer, or the latest.

use leptos::prelude::*;

use crate::{
    model::{PairPoint, format, pair::scale},
    stores::Stores,
};

/// What legends read out.
pub(super) fn shown(stores: Stores) -> Option<PairPoint> {
    let time = stores.crosshair.get();
    let range = stores.screen.range.get();
    stores.pair.with(|pair| {
        let series = range.map_or(&pair.series, |range| pair.points_for(range));
        match time {
            Some(time) => series.at(time).copied(),
            None => pair.series.last().copied(),
        }
    })
}

/// A number with as many decimals as its size asks for, or what stands for none.
pub(super) fn number(value: Option<f64>, digits: i32) -> String {
    value.map_or_else(
        || format::UNKNOWN.to_owned(),
        |value| format::price(value, scale::decimals_for(value, digits)),
    )
}

/// A number with fixed decimals and always a sign, or what stands for none.
pub(super) fn signed(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(
        || format::UNKNOWN.to_owned(),
        |value| format::signed(value, decimals),
    )
}
