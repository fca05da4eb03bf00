//! The views of the page.

/// What the page shows below its header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Tab {
    /// Two symbols and what holds them together.
    #[default]
    Pair,
    /// Many pairs, a line each.
    Watchlist,
    /// The search for pairs.
    Scanner,
    /// What moves now, of all pairs.
    Radar,
    /// What trading a pair would have brought.
    Backtest,
    /// Rules and what they have said.
    Alerts,
    /// Uploaded series.
    Data,
}

impl Tab {
    /// In the order in which they stand on the page.
    pub(crate) const ALL: [Self; 7] = [
        Self::Pair,
        Self::Watchlist,
        Self::Scanner,
        Self::Radar,
        Self::Backtest,
        Self::Alerts,
        Self::Data,
    ];

    /// As a person reads it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Pair => "Pair",
            Self::Watchlist => "Watchlist",
            Self::Scanner => "Scanner",
            Self::Radar => "Radar",
            Self::Backtest => "Backtest",
            Self::Alerts => "Alerts",
            Self::Data => "Data",
        }
    }

    /// As a link says it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Pair => "pair",
            Self::Watchlist => "watchlist",
            Self::Scanner => "scanner",
            Self::Radar => "radar",
            Self::Backtest => "backtest",
            Self::Alerts => "alerts",
            Self::Data => "data",
        }
    }

    /// Reads the word of a link.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tab| tab.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tab_is_found_by_its_word() {
        for tab in Tab::ALL {
            assert_eq!(Tab::from_word(tab.word()), Some(tab));
        }
        assert_eq!(Tab::from_word("market"), None);
    }
}
