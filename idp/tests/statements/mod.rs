//! What a statement of SQL writes, whatever its spacing, aliases and order, and also in pieces: who forbids something asks
//! here, and not for one way of writing it.

pub(crate) mod literals;

/// A column that a statement writes, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// In small letters; `*` where the statement does not say which.
    pub(crate) column: String,
    /// The assignment, or that it is an `INSERT`.
    pub(crate) how: String,
}

/// The columns of `table` that a text of SQL writes. A table that is filled in later may be this one.
pub(crate) fn written(sql: &str, table: &str) -> Vec<Written> {
    let tokens = tokens(sql);
    let mut found = Vec::new();
    // The table of the statement that an `UPDATE SET` without one belongs to, or of none: then it may be any.
    let mut target = None;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        let rest = &tokens[at..];
        match token.small.as_str() {
            "into" => {
                let (name, after) = table_name(rest);
                if name.is_some_and(|name| may_be(name, table)) {
                    found.extend(inserted(after));
                }
                target = name.map(str::to_owned);
            }
            "update" if !rest.first().is_some_and(|next| next.is("set")) => {
                let (name, after) = table_name(rest);
                if after.first().is_some_and(|next| next.is("set")) {
                    target = name.map(str::to_owned);
                }
            }
            "set" if target.as_deref().is_none_or(|name| may_be(name, table)) => {
                found.extend(assigned(rest, target.is_some()));
            }
            _ => {}
        }
    }
    found
}

/// The name that follows `UPDATE` or `INTO`, and what comes after it and its alias.
fn table_name(mut tokens: &[Token]) -> (Option<&str>, &[Token]) {
    if let [or, _, rest @ ..] = tokens
        && or.is("or")
    {
        tokens = rest;
    }
    if let [only, rest @ ..] = tokens
        && only.is("only")
    {
        tokens = rest;
    }
    if let [_, dot, rest @ ..] = tokens
        && dot.is(".")
    {
        tokens = rest;
    }
    let Some((name, mut rest)) = tokens.split_first() else {
        return (None, &[]);
    };
    if let [star, after @ ..] = rest
        && star.is("*")
    {
        rest = after;
    }
    if let [as_, _, after @ ..] = rest
        && as_.is("as")
    {
        rest = after;
    } else if let [alias, set, ..] = rest
        && set.is("set")
        && !alias.is("set")
    {
        rest = &rest[1..];
    }
    (Some(&name.small), rest)
}

fn may_be(name: &str, table: &str) -> bool {
    name == table || name.contains('{')
}

/// The columns of an `INSERT`; without a list it fills all.
fn inserted(tokens: &[Token]) -> Vec<Written> {
    let names = match tokens {
        [open, first, ..] if open.is("(") && !first.is("select") && !first.is("values") => {
            let names = tokens[1..].iter().take_while(|token| !token.is(")"));
            names.filter(|token| !token.is(",")).collect::<Vec<_>>()
        }
        _ => Vec::new(),
    };
    let written = |column: &str| Written {
        column: column.to_owned(),
        how: format!("{column} by INSERT"),
    };
    if names.is_empty() {
        return vec![written("*")];
    }
    names.iter().map(|name| written(&name.small)).collect()
}

/// What a `SET` assigns. Nothing at all is the beginning of something, where it is a statement's.
fn assigned(tokens: &[Token], is_statement: bool) -> Vec<Written> {
    let mut depth = 0_i32;
    let mut parts = vec![Vec::new()];
    for token in tokens {
        depth += i32::from(token.is("(")) - i32::from(token.is(")"));
        let ends = ["where", "from", "returning", ";"];
        if depth < 0 || (depth == 0 && ends.iter().any(|end| token.is(end))) {
            break;
        }
        if depth == 0 && token.is(",") {
            parts.push(Vec::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(token);
        }
    }
    let mut found = Vec::new();
    for part in parts {
        let how: Vec<&str> = part.iter().map(|token| token.text.as_str()).collect();
        let how = how.join(" ");
        let Some(equals) = part.iter().position(|token| token.is("=")) else {
            if is_statement {
                let column = "*".to_owned();
                found.push(Written { column, how });
            }
            continue;
        };
        // `a`, `alias.a`, or `(a, b)`.
        let names = part[..equals].split(|token| [",", "(", ")"].iter().any(|mark| token.is(mark)));
        for name in names.filter_map(|name| name.last()) {
            let column = if name.small.contains('{') {
                "*"
            } else {
                &name.small
            };
            found.push(Written {
                column: column.to_owned(),
                how: how.clone(),
            });
        }
    }
    found
}

/// A name, a number, a text, or a mark.
#[derive(Debug)]
struct Token {
    text: String,
    /// In small letters and without quotation marks about a name.
    small: String,
}

impl Token {
    fn is(&self, word: &str) -> bool {
        self.small == word
    }
}

fn tokens(sql: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = sql.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = |mark: &str, from: usize| {
            let at = rest.get(from..).and_then(|text| text.find(mark));
            at.map_or(rest.len(), |at| from + at + mark.len())
        };
        let is_of_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '{' | '}');
        let length = match first {
            '-' if rest.starts_with("--") => end("\n", 0),
            '/' if rest.starts_with("/*") => end("*/", 2),
            '\'' | '"' | '`' => end(&first.to_string(), 1),
            '[' => end("]", 1),
            c if is_of_word(c) => rest.find(|c| !is_of_word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (text, after) = rest.split_at(length);
        rest = after.trim_start();
        if !text.starts_with("--") && !text.starts_with("/*") {
            found.push(Token {
                text: text.to_owned(),
                small: text.trim_matches(['"', '`', '[', ']']).to_lowercase(),
            });
        }
    }
    found
}

fn columns(sql: &str) -> Vec<String> {
    let found = written(sql, "account");
    found.into_iter().map(|one| one.column).collect()
}

#[test]
fn a_column_is_found_however_it_is_written() {
    for sql in [
        "UPDATE account SET identity = 'in_person' WHERE id = $1",
        "update  account\n\tset identity='in_person'",
        "UPDATE account AS a SET identity = $2 FROM phone p WHERE a.id = p.account_id",
        "UPDATE account a SET a.identity = $2",
        "UPDATE ONLY public.account SET \"identity\" = $2",
        "UPDATE \"account\" SET /* why */ identity = $2 -- so",
        "UPDATE OR IGNORE main.account SET (identity) = ($2)",
        "UPDATE {table} SET identity = $2",
        "WITH raised AS (UPDATE account SET identity = $2 RETURNING id) SELECT id FROM raised",
        "INSERT INTO account (identity) VALUES ($1)",
        "insert into account(identity)select $1",
        "REPLACE INTO account AS a (\"identity\") VALUES ($1)",
        "SET identity = $2 WHERE id = $1",
    ] {
        assert_eq!(columns(sql), ["identity"], "{sql}");
    }
    for (sql, expected) in [
        (
            "UPDATE account SET status = COALESCE($2, 'a, identity = b'), identity = $3, locked_at = NULL",
            &["status", "identity", "locked_at"][..],
        ),
        (
            "UPDATE account SET (status, identity) = ($2, $3)",
            &["status", "identity"],
        ),
        (
            "INSERT INTO account (id, status, identity) VALUES ($1, $2, $3)",
            &["id", "status", "identity"],
        ),
        (
            "INSERT INTO account (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET identity = excluded.identity",
            &["id", "identity"],
        ),
        (
            "MERGE INTO account USING phone ON true WHEN MATCHED THEN UPDATE SET identity = $1",
            &["*", "identity"],
        ),
        ("INSERT INTO account VALUES ($1, $2)", &["*"]),
        ("INSERT INTO account SELECT * FROM other", &["*"]),
        ("INSERT INTO account (SELECT * FROM other)", &["*"]),
        ("UPDATE account SET {column} = $2", &["*"]),
        ("UPDATE account SET ", &["*"]),
    ] {
        assert_eq!(columns(sql), expected, "{sql}");
    }
    let one = &written(
        "update account  set identity=CASE WHEN a THEN b END where c",
        "account",
    )[0];
    assert_eq!(one.how, "identity = CASE WHEN a THEN b END");
}

#[test]
fn what_is_read_or_anothers_is_not_written() {
    for sql in [
        "SELECT identity FROM account WHERE identity = $1 FOR UPDATE",
        "UPDATE identity_proof SET identity = $2",
        "UPDATE session SET identity = (SELECT identity FROM account WHERE id = $1)",
        "INSERT INTO subject (identity) SELECT identity FROM account",
        "INSERT INTO subject (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET identity = $2",
        "DELETE FROM account WHERE identity = 'unknown'",
        "the clock was set back",
    ] {
        assert_eq!(columns(sql), [""; 0], "{sql}");
    }
}
