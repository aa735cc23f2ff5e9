//! Fields of a query or a form.

/// The field was given more than once, which RFC 6749 §3.1 forbids.
#[derive(Debug)]
pub(crate) struct Repeated;

/// All values of a field that may be given several times.
pub(crate) fn all(form: &str, name: &str) -> Vec<String> {
    let pairs = url::form_urlencoded::parse(form.as_bytes());
    let values = pairs.filter(|(key, _)| key == name);
    values.map(|(_, value)| value.into_owned()).collect()
}

/// An empty field counts as absent (RFC 6749 §3.1).
pub(crate) fn once(form: &str, name: &str) -> Result<Option<String>, Repeated> {
    let mut values = url::form_urlencoded::parse(form.as_bytes()).filter(|(key, _)| key == name);
    let value = values
        .next()
        .map(|(_, value)| value.into_owned())
        .filter(|value| !value.is_empty());
    if values.next().is_some() {
        Err(Repeated)
    } else {
        Ok(value)
    }
}
