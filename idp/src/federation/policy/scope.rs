use serde_json::Value;

/// The parameter that is a string but counts as an array (§6.1.3.1.8).
pub(super) const SCOPE: &str = "scope";

pub(super) const SCOPES: &str = "scope values, as a string with spaces between them or as an array";

/// An operator's value for `scope`, which may be written either way, as an array of scope values.
/// `None` where it is neither: a scope value with a space in it would be read as two later.
pub(super) fn of_operator(written: &Value) -> Option<Value> {
    match written {
        Value::String(text) => Some(split(text)),
        Value::Array(items) => {
            let is_scope = |item: &Value| {
                item.as_str()
                    .is_some_and(|text| !text.is_empty() && !text.contains(' '))
            };
            items.iter().all(is_scope).then(|| written.clone())
        }
        _ => None,
    }
}

/// The parameter itself, which is a string (RFC 7591 §2).
pub(super) fn of_parameter(written: &Value) -> Option<Value> {
    written.as_str().map(split)
}

pub(super) fn join(values: &[Value]) -> Value {
    let texts: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
    Value::from(texts.join(" "))
}

fn split(text: &str) -> Value {
    text.split(' ').filter(|value| !value.is_empty()).collect()
}
