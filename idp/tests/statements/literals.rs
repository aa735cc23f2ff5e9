//! Where statements stand in the source. The test of their plans reads them by this file too.

/// The string literals of a source, as the compiler reads them.
pub(crate) fn literals(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find(['"', '\'', '/']) {
        let (before, here) = rest.split_at(at);
        rest = if here.starts_with("//") {
            here.find('\n').map_or("", |end| &here[end..])
        } else if let Some(opened) = here.strip_prefix('"') {
            let prefix = before.trim_end_matches('#');
            let (text, after) = if prefix.ends_with('r') {
                raw(opened, before.len() - prefix.len())
            } else {
                quoted(opened)
            };
            found.push(text);
            after
        } else if let Some(escaped) = here.strip_prefix("'\\") {
            // A character, not the beginning of a lifetime.
            let end = escaped[1..].find('\'').unwrap();
            &escaped[end + 2..]
        } else {
            here.strip_prefix("'\"'").unwrap_or(&here[1..])
        };
    }
    found
}

/// What stands before the closing quote, and what comes after it.
fn raw(text: &str, hashes: usize) -> (String, &str) {
    let (text, after) = text.split_once(&format!("\"{}", "#".repeat(hashes))).unwrap();
    (text.to_owned(), after)
}

/// As [`raw`]; a line that ends in a backslash goes on at the next word.
fn quoted(text: &str) -> (String, &str) {
    let (mut read, mut rest) = (String::new(), text);
    loop {
        let at = rest.find(['"', '\\']).unwrap();
        read.push_str(&rest[..at]);
        let marked = &rest[at + 1..];
        if rest[at..].starts_with('"') {
            return (read, marked);
        }
        rest = if marked.starts_with('\n') {
            marked.trim_start()
        } else {
            let letter = marked.chars().next().unwrap();
            read.push(if letter == 'n' { '\n' } else { letter });
            &marked[letter.len_utf8()..]
        };
    }
}
