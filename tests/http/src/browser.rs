//! A browser without scripts: cookies, redirects, forms, and the headers Chromium sends with them.

use crate::answer::Answer;
use crate::app::Reach;
use crate::jar::{From, Jar, joined};
use crate::page::Page;
use cookie::Cookie;
use url::Url;

/// Clone it for a second tab: tabs share their cookies.
#[derive(Clone, Debug)]
pub struct Browser {
    pub(crate) reach: Reach,
    jar: Jar,
    languages: String,
    agent: Option<String>,
    address: Option<String>,
}

/// Who began a navigation: decides `Sec-Fetch-Site`, `Origin` and which cookies go along.
#[derive(Clone, Debug)]
pub(crate) enum Initiator {
    AddressBar,
    /// A page of the server, with the `Origin` its referrer policy lets it send.
    Page {
        origin: String,
    },
    /// A page somewhere else.
    Elsewhere {
        origin: String,
    },
}

impl Browser {
    pub(crate) fn new(reach: Reach) -> Browser {
        Browser {
            reach,
            jar: Jar::default(),
            languages: "zh-CN,zh;q=0.9".to_owned(),
            agent: None,
            address: None,
        }
    }

    #[must_use]
    pub fn speaking(mut self, languages: &str) -> Browser {
        languages.clone_into(&mut self.languages);
        self
    }

    /// With this `User-Agent`.
    #[must_use]
    pub fn naming_itself(mut self, agent: &str) -> Browser {
        self.agent = Some(agent.to_owned());
        self
    }

    /// Behind a proxy that says so: where the server trusts 127.0.0.1 as one.
    #[must_use]
    pub fn at(mut self, address: &str) -> Browser {
        self.address = Some(address.to_owned());
        self
    }

    /// Typed into the address bar. `place` is a whole URL or a path of the server.
    pub async fn get(&self, place: &str) -> Page {
        self.navigate(Initiator::AddressBar, self.resolve(place), None)
            .await
    }

    /// Followed from a link on a department's page.
    pub async fn follow_from(&self, origin: &str, place: &str) -> Page {
        let initiator = Initiator::Elsewhere {
            origin: origin.to_owned(),
        };
        self.navigate(initiator, self.resolve(place), None).await
    }

    /// A form on somebody else's page, posted to the server.
    pub async fn post_from(&self, origin: &str, place: &str, form: &[(&str, &str)]) -> Page {
        let initiator = Initiator::Elsewhere {
            origin: origin.to_owned(),
        };
        let form = form
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        self.navigate(initiator, self.resolve(place), Some(form)).await
    }

    pub fn cookies(&self) -> Vec<Cookie<'static>> {
        self.jar.all()
    }

    /// All of them as a `Cookie` header, for a request that is no browser's.
    pub fn cookie_header(&self) -> String {
        joined(self.jar.all().iter())
    }

    pub fn lose_cookies(&self) {
        self.jar.clear();
    }

    pub fn lose_cookie(&self, name: &str) {
        self.jar.remove(name);
    }

    pub fn plant_cookie(&self, cookie: Cookie<'static>) {
        self.jar.put(cookie);
    }

    fn resolve(&self, place: &str) -> Url {
        let base: Url = self.reach.url.parse().expect("the server's URL");
        base.join(place).expect("a URL")
    }

    /// One navigation: follows redirects as long as they stay on the server, and stops with the answer
    /// that leads elsewhere.
    pub(crate) async fn navigate(
        &self,
        initiator: Initiator,
        mut url: Url,
        mut form: Option<Vec<(String, String)>>,
    ) -> Page {
        for _ in 0..12 {
            let answer = self.send(&initiator, &url, form.as_deref()).await;
            let next = redirection(&answer, &url);
            match next {
                Some(next) if next.origin() == url.origin() => {
                    if answer.status != 307 && answer.status != 308 {
                        form = None;
                    }
                    url = next;
                }
                _ => return Page::new(self.clone(), url, answer),
            }
        }
        panic!("redirected in circles, at last to {url}");
    }

    async fn send(&self, initiator: &Initiator, url: &Url, form: Option<&[(String, String)]>) -> Answer {
        let method = if form.is_some() { "POST" } else { "GET" };
        let (site, from, origin) = match initiator {
            Initiator::AddressBar => ("none", From::Same, None),
            Initiator::Page { origin } => ("same-origin", From::Same, Some(origin)),
            Initiator::Elsewhere { origin } => ("cross-site", From::Cross, Some(origin)),
        };
        let mut request = self
            .reach
            .http
            .request(method.parse().expect("a method"), url.clone());
        request = request
            .header(
                "accept",
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            )
            .header("accept-language", &self.languages)
            .header("sec-fetch-site", site)
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document")
            .header("sec-fetch-user", "?1");
        if let Some(agent) = &self.agent {
            request = request.header("user-agent", agent);
        }
        if let Some(address) = &self.address {
            request = request.header("x-forwarded-for", address);
        }
        if let Some(cookies) = self.jar.header(url.path(), from, form.is_none()) {
            request = request.header("cookie", cookies);
        }
        if let Some(form) = form {
            request = request
                .header("origin", origin.map_or("null", String::as_str))
                .form(form);
        }
        let answer = Answer::of(request).await;
        self.jar.take_in(&answer.headers);
        for cookie in self.jar.all() {
            self.reach.secrets.remember(cookie.value());
        }
        answer
    }
}

pub(crate) fn redirection(answer: &Answer, from: &Url) -> Option<Url> {
    matches!(answer.status, 301 | 302 | 303 | 307 | 308).then(|| {
        from.join(answer.header("location"))
            .expect("a redirect has a location")
    })
}
