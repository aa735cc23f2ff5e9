//! Just enough of HTML to press a button: the form it stands in, and what the form sends.

use crate::Result;
use url::form_urlencoded::Serializer;

#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) body: String,
}

/// Whether the page has an element with this id.
pub(crate) fn has(page: &str, id: &str) -> bool {
    page.contains(&format!("id=\"{id}\""))
}

/// The form around the button `id`: `typed` filled in, its other hidden and ticked fields as they stand.
pub(crate) fn press(page: &str, id: &str, typed: &[(&str, &str)]) -> Result<Form> {
    let at = page
        .find(&format!("id=\"{id}\""))
        .ok_or("the button is not there")?;
    let start = page[..at].rfind("<form").ok_or("the button stands in no form")?;
    let end = start + page[start..].find("</form>").ok_or("a form does not end")?;
    let button_start = page[..at].rfind('<').ok_or("the button is no element")?;
    let button = tag(&page[button_start..]);
    let form = &page[start..end];
    let action = attribute(button, "formaction").or(attribute(tag(form), "action"));
    let mut body = Serializer::new(String::new());
    for (from, _) in form.match_indices("<input") {
        let input = tag(&form[from..]);
        let kind = attribute(input, "type").unwrap_or_default();
        let sent =
            kind == "hidden" || (input.contains(" checked") && (kind == "checkbox" || kind == "radio"));
        let name = attribute(input, "name").filter(|name| typed.iter().all(|(own, _)| own != name));
        if let (true, Some(name)) = (sent, name) {
            body.append_pair(&name, &attribute(input, "value").unwrap_or("on".into()));
        }
    }
    if let Some(name) = attribute(button, "name") {
        body.append_pair(&name, &attribute(button, "value").unwrap_or_default());
    }
    body.extend_pairs(typed);
    Ok(Form {
        action: action.ok_or("a form has no action")?,
        body: body.finish(),
    })
}

fn tag(text: &str) -> &str {
    &text[..text.find('>').unwrap_or(text.len())]
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let end = start + tag[start..].find('"')?;
    Some(plain(&tag[start..end]))
}

/// Undoes the escapes that templates write into attributes.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        let end = rest[at..].find(';').map(|end| at + end);
        let (letter, next) = match end {
            Some(end) => (escape(&rest[at + 1..end]), end + 1),
            None => (None, at + 1),
        };
        match letter {
            Some(letter) => plain.push(letter),
            None => plain.push_str(&rest[at..next]),
        }
        rest = &rest[next..];
    }
    plain.push_str(rest);
    plain
}

fn escape(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "quot" => Some('"'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_sends_its_own_form() {
        let page = r#"<form action="/a"><input type="hidden" name="token" value="no"></form>
            <form method="post" action="/b?x=1&#38;y=2"><input type="hidden" name="token" value="t&amp;1">
            <input type="checkbox" name="item" value="phone" checked><input type="checkbox" name="item" value="name">
            <input name="phone" id="phone"><input type="hidden" name="answer">
            <button id="send-code" name="go" value="1">Send</button></form>"#;
        let typed = [("phone", "139 0000 0001"), ("answer", "yes")];
        let form = press(page, "send-code", &typed).unwrap();
        assert_eq!(form.action, "/b?x=1&y=2");
        assert_eq!(
            form.body,
            "token=t%261&item=phone&go=1&phone=139+0000+0001&answer=yes"
        );
        assert!(has(page, "phone") && !has(page, "verify"));
    }
}
