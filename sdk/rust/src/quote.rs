//! What somebody else wrote, as it may stand in a message of ours or in the log.

const MOST: usize = 100;
/// For a library's or the provider's whole sentence.
const MOST_OF_A_SENTENCE: usize = 500;

/// Short, and one line whatever it holds: whoever writes an address of ours writes no lines of our log, and fills no disk.
pub(crate) fn quote(text: &str) -> String {
    cut(text, MOST)
}

/// The same for a sentence, in which somebody may be quoted in turn.
pub(crate) fn quote_sentence(text: &str) -> String {
    cut(text, MOST_OF_A_SENTENCE)
}

fn cut(text: &str, most: usize) -> String {
    let escaped = |c: char| match c {
        '\'' | '"' => c.to_string(),
        _ => c.escape_debug().to_string(),
    };
    let quoted = text.chars().take(most).map(escaped).collect::<String>();
    if text.chars().nth(most).is_some() {
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
        assert_eq!(quote("the provider's \"word\""), "the provider's \"word\"");
        assert_eq!(quote(&"界".repeat(MOST)), "界".repeat(MOST));
        assert_eq!(quote_sentence(&"a".repeat(501)), "a".repeat(500) + "…");
        assert_eq!(quote(&"界".repeat(60_000)), "界".repeat(MOST) + "…");
    }
}
