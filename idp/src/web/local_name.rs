/// Whether a host's name is this machine's in every browser, without being looked up (RFC 6761 §6.3).
#[must_use]
pub fn is_local_name(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}
