//! The style sheet, the scripts and the icon, named by their content and kept for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use ring::digest;

use super::errors::{ErrorKind, PageError};

pub(super) struct Asset {
    /// `/assets/yimen.<hash>.css`
    pub(super) path: String,
    etag: String,
    kind: &'static str,
    pub(super) body: &'static str,
}

pub(super) static STYLESHEET: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "css",
        "text/css; charset=utf-8",
        // One after another: what stands later counts among equals.
        concat!(
            include_str!("../../assets/css/ground.css"),
            include_str!("../../assets/css/door.css"),
            include_str!("../../assets/css/controls.css"),
            include_str!("../../assets/css/lists.css"),
            include_str!("../../assets/css/widths.css"),
        ),
    )
});
pub(super) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "js",
        "text/javascript; charset=utf-8",
        include_str!("../../assets/yimen.js"),
    )
});
pub(super) static PASSKEY_SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        "js",
        "text/javascript; charset=utf-8",
        include_str!("../../assets/passkey.js"),
    )
});
pub(super) static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("svg", "image/svg+xml", include_str!("../../assets/yimen.svg")));

impl Asset {
    fn new(extension: &str, kind: &'static str, body: &'static str) -> Self {
        let digest = digest::digest(&digest::SHA256, body.as_bytes());
        let hash: String = digest
            .as_ref()
            .iter()
            .take(6)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self {
            path: format!("/assets/yimen.{hash}.{extension}"),
            etag: format!("\"{hash}\""),
            kind,
            body,
        }
    }
}

/// `GET /assets/{file}`. The name changes with the content, so a copy never goes stale.
pub(super) async fn serve(Path(file): Path<String>, headers: HeaderMap) -> Response {
    let assets = [&*STYLESHEET, &*SCRIPT, &*PASSKEY_SCRIPT, &*ICON];
    let Some(asset) = assets
        .into_iter()
        .find(|asset| asset.path.ends_with(&format!("/{file}")))
    else {
        return PageError::new(ErrorKind::NotFound).into_response();
    };
    let lasting = [
        (ETAG, asset.etag.as_str()),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    if headers
        .get(IF_NONE_MATCH)
        .is_some_and(|value| value.as_bytes() == asset.etag.as_bytes())
    {
        return (StatusCode::NOT_MODIFIED, lasting).into_response();
    }
    (lasting, [(CONTENT_TYPE, asset.kind)], asset.body).into_response()
}
