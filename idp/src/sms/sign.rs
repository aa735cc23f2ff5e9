use std::fmt::Write as _;

use ring::{digest, hmac};

/// The canonical request that Aliyun's ACS3 and Tencent's TC3 have in common: method, path, query,
/// signed headers with their names, and the hash of the body.
pub(super) struct Canonical<'a> {
    pub(super) query: &'a str,
    /// Lower-case names in alphabetical order, values trimmed.
    pub(super) headers: &'a [(&'static str, String)],
    pub(super) body: &'a [u8],
}

impl Canonical<'_> {
    /// The hash that goes into the string to sign. Both APIs are called with POST on `/`.
    pub(super) fn hash(&self) -> String {
        let Self { query, headers, body } = self;
        let entries: String = headers
            .iter()
            .map(|(name, value)| format!("{name}:{value}\n"))
            .collect();
        let request = format!(
            "POST\n/\n{query}\n{entries}\n{}\n{}",
            self.signed_headers(),
            sha256_hex(body)
        );
        sha256_hex(request.as_bytes())
    }

    pub(super) fn signed_headers(&self) -> String {
        self.headers
            .iter()
            .map(|(name, _)| *name)
            .collect::<Vec<_>>()
            .join(";")
    }
}

pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

pub(super) fn hmac_sha256(key: &[u8], text: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// RFC 3986 §2.1 with everything but the unreserved characters of §2.3 encoded, as ACS3 asks.
pub(super) fn percent_encode(text: &str) -> String {
    text.bytes()
        .fold(String::with_capacity(text.len()), |mut encoded, byte| {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                encoded.push(char::from(byte));
            } else {
                let _ = write!(encoded, "%{byte:02X}");
            }
            encoded
        })
}

/// The Host header as the HTTP client will send it.
pub(super) fn host(url: &url::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_stay() {
        assert_eq!(percent_encode("aZ0-._~ *+/云"), "aZ0-._~%20%2A%2B%2F%E4%BA%91");
    }

    #[test]
    fn the_host_names_a_port_only_if_it_is_unusual() {
        let of = |text: &str| host(&url::Url::parse(text).unwrap());
        assert_eq!(of("https://dysmsapi.aliyuncs.com:443/"), "dysmsapi.aliyuncs.com");
        assert_eq!(of("http://127.0.0.1:8080"), "127.0.0.1:8080");
    }
}
