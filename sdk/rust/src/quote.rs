//! What somebody else wrote, as it may stand in a message of ours or in the log.

const MOST: usize = 100;

/// Short, and one line whatever it holds: whoever writes an address of ours writes no lines of our log, and fills no disk.
pub(crate) fn quote(text: &str) -> String {
    let quoted = text.chars().take(MOST).flat_map(char::escape_debug).collect();
    if text.chars().nth(MOST).is_some() {
        return quoted + "…";
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_short_and_one_line() {
        assert_eq!(quote("https://id.city.example"), "https://id.city.example");
        assert_eq!(quote("a\r\n2026 INFO b\u{1b}[0m"), r"a\r\n2026 INFO b\u{1b}[0m");
        assert_eq!(quote(&"界".repeat(MOST)), "界".repeat(MOST));
        assert_eq!(quote(&"界".repeat(60_000)), "界".repeat(MOST) + "…");
    }
}
