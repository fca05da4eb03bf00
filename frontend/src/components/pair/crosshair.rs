//! The moment under the pointer, in every chart over time.

use leptos::prelude::*;

use crate::{
    charts::sheet::{LEFT_MARGIN, RIGHT_MARGIN},
    stores::Screen,
};

/// A line from top to bottom. The charts have the same margins, so the share of the width says where it stands.
#[component]
pub(super) fn Crosshair(screen: Screen, crosshair: RwSignal<Option<i64>>) -> impl IntoView {
    let share = Memo::new(move |_| {
        let time = crosshair.get()?;
        let range = screen.range.get()?;
        let share = (time - range.from) as f64 / range.span() as f64;
        (0.0..=1.0).contains(&share).then_some(share)
    });
    let left = move || {
        let share = share.get().unwrap_or_default();
        let margins = LEFT_MARGIN + RIGHT_MARGIN;
        format!("calc({LEFT_MARGIN}px + (100% - {margins}px) * {share:.5})")
    };
    view! {
        <i
            class="crosshair"
            aria-hidden="true"
            data-testid="crosshair"
            class:gone=move || share.get().is_none()
            style:left=left
        ></i>
    }
}
