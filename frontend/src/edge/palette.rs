//! The style sheet's colours, for charts that are not styled by it.

use leptos::prelude::{document, window};

/// Colours as CSS values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Palette {
    pub(crate) surface: String,
    pub(crate) text: String,
    pub(crate) muted: String,
    pub(crate) grid: String,
    pub(crate) up: String,
    pub(crate) down: String,
    pub(crate) volume_up: String,
    pub(crate) volume_down: String,
    /// Text on `up` and `down`.
    pub(crate) on_price: String,
    pub(crate) crosshair: String,
    pub(crate) y: String,
    pub(crate) x: String,
    pub(crate) spread: String,
    pub(crate) z: String,
    pub(crate) correlation: String,
    pub(crate) band: String,
    pub(crate) band_edge: String,
    pub(crate) breach: String,
    pub(crate) ols: String,
    pub(crate) huber: String,
    pub(crate) theil_sen: String,
    pub(crate) kalman: String,
    pub(crate) kalman_band: String,
    pub(crate) alert: String,
    pub(crate) cloud_old: String,
    pub(crate) cloud_new: String,
    pub(crate) font: String,
}

impl Palette {
    /// Reads the custom properties that are in force now.
    pub(crate) fn read() -> Self {
        let root = document().document_element();
        let Some(Ok(Some(style))) = root.map(|root| window().get_computed_style(&root)) else {
            return Self::default();
        };
        let value = |name: &str| {
            let value = style.get_property_value(name).unwrap_or_default();
            value.trim().to_owned()
        };
        Self {
            surface: value("--surface"),
            text: value("--text"),
            muted: value("--muted"),
            grid: value("--grid"),
            up: value("--up"),
            down: value("--down"),
            volume_up: value("--volume-up"),
            volume_down: value("--volume-down"),
            on_price: value("--on-price"),
            crosshair: value("--crosshair"),
            y: value("--y"),
            x: value("--x"),
            spread: value("--spread"),
            z: value("--z"),
            correlation: value("--correlation"),
            band: value("--band"),
            band_edge: value("--band-edge"),
            breach: value("--breach"),
            ols: value("--ols"),
            huber: value("--huber"),
            theil_sen: value("--theil-sen"),
            kalman: value("--kalman"),
            kalman_band: value("--kalman-band"),
            alert: value("--accent"),
            cloud_old: value("--cloud-old"),
            cloud_new: value("--cloud-new"),
            font: value("--font"),
        }
    }
}
