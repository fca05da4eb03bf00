//! What separates the cells of a file, and the cells of a line.

use api_types::Delimiter;

/// The byte between cells.
pub(crate) const fn byte(delimiter: Delimiter) -> u8 {
    match delimiter {
        Delimiter::Comma => b',',
        Delimiter::Semicolon => b';',
        Delimiter::Tab => b'\t',
    }
}

/// What separates the cells of this line: what is most frequent in it outside of quotes. `None` if nothing
/// does.
pub(crate) fn of_line(line: &str) -> Option<Delimiter> {
    let count = |delimiter| {
        let mut quoted = false;
        line.bytes()
            .filter(|b| {
                quoted ^= *b == b'"';
                !quoted && *b == byte(delimiter)
            })
            .count()
    };
    // Where counts are equal, the first is meant: decimal commas come with semicolons.
    let mut best = None;
    for delimiter in [Delimiter::Semicolon, Delimiter::Tab, Delimiter::Comma] {
        let found = count(delimiter);
        if found > best.map_or(0, |(_, most)| most) {
            best = Some((delimiter, found));
        }
    }
    best.map(|(delimiter, _)| delimiter)
}

/// The cells of a line, without their quotes; `None` if a quote is not closed.
pub(crate) fn cells(line: &str, delimiter: u8) -> Option<Vec<String>> {
    let mut cells = Vec::new();
    let mut cell = String::new();
    let mut chars = line.chars().peekable();
    let mut quoted = false;
    let mut begun = false;
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                cell.push('"');
                chars.next();
            }
            '"' if quoted => quoted = false,
            '"' if !begun => {
                quoted = true;
                begun = true;
            }
            c if !quoted && c == char::from(delimiter) => {
                cells.push(std::mem::take(&mut cell));
                begun = false;
            }
            c => {
                cell.push(c);
                begun |= !c.is_whitespace();
            }
        }
    }
    cells.push(cell);
    (!quoted).then_some(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_separator_outside_of_quotes_wins() {
        assert_eq!(of_line("time,close"), Some(Delimiter::Comma));
        assert_eq!(of_line("2024-01-01;1,5"), Some(Delimiter::Semicolon));
        assert_eq!(of_line("a\tb"), Some(Delimiter::Tab));
        assert_eq!(of_line("\"a,b,c\";d"), Some(Delimiter::Semicolon));
        assert_eq!(of_line("time"), None);
    }

    #[test]
    fn quotes_keep_a_cell_together() {
        let split = |line| cells(line, b',');
        assert_eq!(
            split("a,\"b,c\",\"d\"\"e\","),
            Some(vec!["a".into(), "b,c".into(), "d\"e".into(), "".into()])
        );
        assert_eq!(split("a,\"b"), None);
        assert_eq!(split(""), Some(vec![String::new()]));
        assert_eq!(
            split("5\" pipe,1"),
            Some(vec!["5\" pipe".into(), "1".into()])
        );
    }
}
