//! Finding a name by a few typed letters.

/// How well `name` fits `query`, smaller is better; `None` if it does not. Letters may be left out, but not swapped.
pub(crate) fn rank(name: &str, query: &str) -> Option<usize> {
    let (name, query) = (name.to_ascii_uppercase(), query.trim().to_ascii_uppercase());
    if let Some(at) = name.find(&query) {
        return Some(at);
    }
    let mut rest = name.chars();
    let found = query
        .chars()
        .all(|letter| rest.any(|candidate| candidate == letter));
    found.then_some(name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_beats_a_middle_beats_scattered_letters() {
        assert_eq!(rank("BTCUSDT", "btc"), Some(0));
        assert_eq!(rank("BTCUSDT", "usd"), Some(3));
        assert_eq!(rank("BTCUSDT", "bud"), Some(7));
        assert_eq!(rank("BTCUSDT", "cb"), None);
        assert_eq!(rank("BTCUSDT", " "), Some(0));
    }
}
