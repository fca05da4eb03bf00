//! What a person sets once and finds again.

use serde::{Deserialize, Serialize};

/// Kept in the browser, not in the link: they are about the reader, not about what is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Settings {
    pub(crate) theme: Theme,
    pub(crate) zone: Zone,
    /// Whether alerts are told on the page.
    pub(crate) toasts: bool,
    /// Whether the browser tells them, too.
    pub(crate) notify: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            zone: Zone::default(),
            toasts: true,
            notify: false,
        }
    }
}

/// Colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Theme {
    /// As the system is set.
    #[default]
    System,
    Dark,
    Light,
}

impl Theme {
    /// The colours to show.
    pub(crate) const fn is_dark(self, system_is_dark: bool) -> bool {
        match self {
            Self::System => system_is_dark,
            Self::Dark => true,
            Self::Light => false,
        }
    }
}

/// The clock by which times are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Zone {
    #[default]
    Local,
    Utc,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_an_older_version_keep_what_they_have() {
        let read: Settings = serde_json::from_str(r#"{"zone":"utc","gone":1}"#).unwrap();
        assert_eq!(
            read,
            Settings {
                zone: Zone::Utc,
                ..Settings::default()
            }
        );
    }
}
