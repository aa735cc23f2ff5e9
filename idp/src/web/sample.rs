//! Views as tests see them: rendered in each language and edition, and held to what is true of
//! every page. With `YIMEN_PAGES` set to a folder they are kept there, to be looked at.

use std::collections::HashSet;
use std::path::PathBuf;

use axum::http::Request;
use axum::http::header::COOKIE;

use super::assets;
use super::locale::{Edition, Locale};
use super::page::{Asking, Page, Stop, View};
use super::site::Site;
use crate::clock::Timestamp;

/// 2026-11-23T01:12:41Z, a Monday morning in the city.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_795_396_361);

pub(crate) fn page(locale: Locale, edition: Edition) -> Page {
    let cookie = format!("__Host-lang={}; __Host-edition={}", locale.tag(), edition.name());
    let request = Request::get("/signin/abc?a=1&b=2")
        .header(COOKIE, cookie)
        .body(())
        .unwrap();
    Page::of(
        &request.into_parts().0,
        Site::sample("https://id.yunchuan.example"),
    )
}

pub(crate) fn asking(page: &Page) -> Asking {
    let names = match page.locale() {
        Locale::Chinese => ["住房公积金提取", "云川市住房公积金管理中心"],
        Locale::English => [
            "Housing Fund withdrawal",
            "Yunchuan Housing Provident Fund Centre",
        ],
    };
    Asking {
        service: names[0].to_owned(),
        department: names[1].to_owned(),
        domain: Some("gjj.yunchuan.example".to_owned()),
        stop: Some(Stop {
            action: "/signin/abc/stop".to_owned(),
            token: page.form_token("abc"),
        }),
    }
}

/// Renders a view in every language and edition.
pub(crate) fn show<V: View>(name: &str, make: impl Fn(Page) -> V) {
    for locale in Locale::ALL {
        for edition in [Edition::Standard, Edition::Elder] {
            let html = make(page(locale, edition)).render().unwrap();
            check(name, &html);
            keep(&format!("{name}.{}.{}.html", locale.tag(), edition.name()), &html);
        }
    }
}

fn check(name: &str, html: &str) {
    assert!(html.starts_with("<!doctype html>"), "{name}");
    for forbidden in [
        "style=",
        "<style",
        "onclick",
        "javascript:",
        "<script>",
        "{$",
        "{ $",
        "&#38;amp;",
    ] {
        assert!(!html.contains(forbidden), "{name} contains {forbidden}");
    }
    let ids: Vec<_> = attributes(html, " id=\"").collect();
    assert_eq!(
        ids.len(),
        ids.iter().collect::<HashSet<_>>().len(),
        "{name} repeats an id: {ids:?}"
    );
    for form in html
        .split("<form")
        .skip(1)
        .filter(|form| !form.contains("data-send-at-once"))
    {
        let form = form.split("</form>").next().unwrap();
        assert!(
            form.contains("name=\"token\" value=\""),
            "{name} has a form without a token: {form}"
        );
    }
    for label in attributes(html, "<label for=\"").chain(attributes(html, " aria-labelledby=\"")) {
        assert!(ids.contains(&label), "{name} labels {label}, which is not there");
    }
}

fn attributes<'a>(html: &'a str, opening: &'a str) -> impl Iterator<Item = &'a str> {
    html.split(opening)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
}

fn keep(name: &str, html: &str) {
    let Some(folder) = std::env::var_os("YIMEN_PAGES").map(PathBuf::from) else {
        return;
    };
    for asset in [&*assets::STYLESHEET, &*assets::SCRIPT, &*assets::ICON] {
        let path = folder.join(asset.path.trim_start_matches('/'));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, asset.body).unwrap();
    }
    std::fs::write(folder.join(name), html).unwrap();
}
