//! Names of symbols, as files and their names give them.

use market::Symbol;

/// A name as every other call takes it: upper case, and `_` for characters that no symbol has. The second
/// is whether anything but case was changed. `None` if nothing is left.
pub(crate) fn symbol(text: &str) -> Option<(Symbol, bool)> {
    // An export protects names that a spreadsheet would take for formulas.
    let text = match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest,
        _ => text,
    };
    let trimmed = text.trim();
    if let Ok(symbol) = trimmed.parse() {
        return Some((symbol, false));
    }
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let replaced: String = trimmed
        .chars()
        .map(|c| if allowed(c) { c } else { '_' })
        .collect();
    let replaced = replaced.trim_matches('_');
    Some((replaced.parse().ok()?, true))
}

/// The symbol that the name of a file tells: `BTCUSDT-1m-2025-01.csv` is of BTCUSDT, `ko.csv.gz` of KO.
pub(crate) fn of_file(name: &str) -> Option<Symbol> {
    let name = name.rsplit(['/', '\\']).next()?;
    let lower = name.to_lowercase();
    let end = [
        ".csv.gz", ".tsv.gz", ".txt.gz", ".gz", ".csv", ".tsv", ".txt",
    ]
    .into_iter()
    .find(|end| lower.ends_with(end) && name.is_char_boundary(name.len() - end.len()))
    .map_or(name.len(), |end| name.len() - end.len());
    let stem = &name[..end];
    let mut parts = stem.splitn(3, '-');
    let stem = match (parts.next(), parts.next()) {
        (Some(first), Some(second)) if is_kline_interval(second) => first,
        _ => stem,
    };
    symbol(stem).map(|(symbol, _)| symbol)
}

fn is_kline_interval(text: &str) -> bool {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &text[digits.len()..];
    !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
        && ["s", "m", "h", "d", "w", "mo"].contains(&unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_such_as_every_call_takes() {
        let name = |text: &str| symbol(text).map(|(symbol, changed)| (symbol.to_string(), changed));
        assert_eq!(name(" btcusdt "), Some(("BTCUSDT".to_owned(), false)));
        assert_eq!(name("BTC/USDT"), Some(("BTC_USDT".to_owned(), true)));
        assert_eq!(name("^GSPC"), Some(("GSPC".to_owned(), true)));
        assert_eq!(name("'-X"), Some(("-X".to_owned(), false)));
        assert_eq!(name("???"), None);
        assert_eq!(name(""), None);
    }

    #[test]
    fn file_names_tell_the_symbol() {
        let of = |name: &str| of_file(name).map(|symbol| symbol.to_string());
        assert_eq!(of("BTCUSDT-1m-2025-01.csv").as_deref(), Some("BTCUSDT"));
        assert_eq!(of("C:\\data\\ko.CSV.GZ").as_deref(), Some("KO"));
        assert_eq!(of("brk-b.csv").as_deref(), Some("BRK-B"));
        assert_eq!(of(".csv"), None);
    }
}
