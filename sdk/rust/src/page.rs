//! The few pages that the SDK itself shows: in Chinese and English at once, without scripts, under a policy that
//! allows nothing but our own style sheet.

use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};

const STYLE: &str = include_str!("page.css");
const PRIVATE: &str = include_str!("private.js");
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// One thing said twice: in Chinese, then in English.
#[derive(Clone, Copy)]
pub(crate) struct Words {
    pub(crate) zh: &'static str,
    pub(crate) en: &'static str,
}

pub(crate) struct Action {
    pub(crate) id: &'static str,
    pub(crate) address: String,
    pub(crate) words: Words,
}

pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) title: Words,
    pub(crate) text: Words,
    /// The first is the one we suggest.
    pub(crate) actions: Vec<Action>,
    /// What to read out to a helpline; the log has the same.
    pub(crate) reference: Option<String>,
}

impl Page {
    /// `prefix` is the path under which the department lives.
    pub(crate) fn into_response(self, prefix: &str) -> Response {
        let Self { title, text, .. } = &self;
        let reference = self.reference.as_ref().map_or_else(String::new, |reference| {
            format!(
                "<p class=\"reference\">问题编号 <span lang=\"en\">Reference</span> <code id=\"trace-id\">{}</code></p>",
                escape(reference)
            )
        });
        let html = format!(
            "<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <title>{} · {}</title><link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"{}/yimen/page.css\"></head>\n\
             <body><main><h1>{}<span lang=\"en\">{}</span></h1>\n<p>{}</p>\n<p lang=\"en\">{}</p>\n{}{}</main></body></html>\n",
            title.zh,
            title.en,
            escape(prefix),
            title.zh,
            title.en,
            text.zh,
            text.en,
            self.links(),
            reference,
        );
        let headers = [
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
            // The address of a call-back holds a code.
            (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        ];
        (self.status, headers, Html(html)).into_response()
    }

    fn links(&self) -> String {
        let links = self.actions.iter().map(|Action { id, address, words }| {
            format!(
                "<a id=\"{id}\" href=\"{}\">{} <span lang=\"en\">{}</span></a>",
                escape(address),
                words.zh,
                words.en
            )
        });
        format!(
            "<nav aria-label=\"接下来 Next\">{}</nav>\n",
            links.collect::<String>()
        )
    }
}

pub(crate) fn style() -> Response {
    asset("text/css; charset=utf-8", STYLE)
}

/// For the department's own pages: they leave the screen for good.
pub(crate) fn private() -> Response {
    asset("text/javascript; charset=utf-8", PRIVATE)
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, text).into_response()
}

fn escape(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut safe, c| {
            match c {
                '&' => safe.push_str("&amp;"),
                '<' => safe.push_str("&lt;"),
                '>' => safe.push_str("&gt;"),
                '"' => safe.push_str("&quot;"),
                '\'' => safe.push_str("&#39;"),
                other => safe.push(other),
            }
            safe
        })
}
