//! A page as a browser shows it: text by selector, forms to fill in.

use crate::answer::Answer;
use crate::browser::{Browser, Initiator, redirection};
use ring::digest::{SHA256, digest};
use scraper::{ElementRef, Html, Selector};
use url::Url;

#[derive(Clone, Debug)]
pub struct Page {
    pub url: Url,
    pub answer: Answer,
    browser: Browser,
}

impl Page {
    pub(crate) fn new(browser: Browser, url: Url, answer: Answer) -> Page {
        Page { url, answer, browser }
    }

    pub fn status(&self) -> u16 {
        self.answer.status
    }

    /// The tab it is shown in.
    pub fn browser(&self) -> &Browser {
        &self.browser
    }

    /// Asserts an error page: its status, the name of the error, and that it tells a number to quote.
    #[track_caller]
    pub fn assert_error(&self, status: u16, error: &str) {
        assert_eq!(self.status(), status, "at {}:\n{}", self.url, self.answer.body);
        assert!(
            !self.text("#trace-id").is_empty(),
            "no number to quote at {}",
            self.url
        );
        let details = self.text("#dev");
        assert!(details.contains(&format!("error: {error}")), "{details}");
        assert_eq!(self.left_for(), None);
    }

    /// Every place that a link or a form of the page leads to.
    pub fn places(&self) -> Vec<Url> {
        let html = self.html();
        let (links, forms) = (parse("a[href]"), parse("form[action]"));
        let links = html.select(&links).filter_map(|link| link.attr("href"));
        let forms = html.select(&forms).filter_map(|form| form.attr("action"));
        links
            .chain(forms)
            .filter_map(|place| self.url.join(place).ok())
            .collect()
    }

    /// Asserts that the page leads nowhere but to the server itself and to the telephone.
    #[track_caller]
    pub fn assert_leads_home(&self) {
        for place in self.places() {
            let is_home = place.origin() == self.url.origin() || place.scheme() == "tel";
            assert!(is_home, "{} leads to {place}", self.url);
        }
    }

    /// Where the server sent the browser away to, if it did.
    pub fn left_for(&self) -> Option<Url> {
        redirection(&self.answer, &self.url)
    }

    pub fn has(&self, selector: &str) -> bool {
        self.html().select(&parse(selector)).next().is_some()
    }

    pub fn count(&self, selector: &str) -> usize {
        self.html().select(&parse(selector)).count()
    }

    /// The text of the first match, spaces folded.
    #[track_caller]
    pub fn text(&self, selector: &str) -> String {
        let html = self.html();
        let Some(element) = html.select(&parse(selector)).next() else {
            self.lacks(selector)
        };
        text_of(element)
    }

    pub fn texts(&self, selector: &str) -> Vec<String> {
        self.html().select(&parse(selector)).map(text_of).collect()
    }

    #[track_caller]
    pub fn attribute(&self, selector: &str, name: &str) -> String {
        let html = self.html();
        let Some(element) = html.select(&parse(selector)).next() else {
            self.lacks(selector)
        };
        element.attr(name).unwrap_or("").to_owned()
    }

    /// The form that holds `selector`, a button when it is to be pressed, with its fields as the page fills them in.
    #[track_caller]
    pub fn form(&self, selector: &str) -> Form {
        let html = self.html();
        let Some(element) = html.select(&parse(selector)).next() else {
            self.lacks(selector)
        };
        let form = if element.value().name() == "form" {
            element
        } else {
            let holder = element
                .ancestors()
                .filter_map(ElementRef::wrap)
                .find(|e| e.value().name() == "form");
            holder.unwrap_or_else(|| panic!("{selector} stands in no form at {}", self.url))
        };
        let mut fields = fields_of(form);
        if let Some(name) = element
            .attr("name")
            .filter(|_| element.value().name() == "button")
        {
            fields.push((name.to_owned(), element.attr("value").unwrap_or("").to_owned()));
        }
        let action = element.attr("formaction").or(form.attr("action")).unwrap_or("");
        Form {
            action: self.url.join(action).expect("a form has an action"),
            is_post: form
                .attr("method")
                .is_some_and(|method| method.eq_ignore_ascii_case("post")),
            fields,
            page: self.clone(),
        }
    }

    /// Fills in `fields` and presses the button.
    pub async fn press(&self, button: &str, fields: &[(&str, &str)]) -> Page {
        let mut form = self.form(button);
        for (name, value) in fields {
            form = form.fill(name, value);
        }
        form.submit().await
    }

    /// What the page's script would find, where the page asks for work: a number that, written after the challenge,
    /// gives a SHA-256 that begins with so many zero bits.
    #[track_caller]
    pub fn work(&self) -> String {
        let of_form = |name| self.attribute("form[data-work]", name);
        let challenge = of_form("data-work");
        let zeros = 32 - of_form("data-bits").parse::<u32>().expect("a number of bits");
        let first_word = |work: &str| {
            let hash = digest(&SHA256, format!("{challenge}{work}").as_bytes());
            u32::from_be_bytes(hash.as_ref()[..4].try_into().expect("four bytes"))
        };
        let mut tried = (0_u64..).map(|n| n.to_string());
        tried
            .find(|work| first_word(work) >> zeros == 0)
            .expect("there is one")
    }

    /// Follows a link.
    pub async fn click(&self, selector: &str) -> Page {
        let place = self
            .url
            .join(&self.attribute(selector, "href"))
            .expect("a link leads somewhere");
        self.browser.navigate(self.initiator(), place, None).await
    }

    pub async fn reload(&self) -> Page {
        self.browser
            .navigate(self.initiator(), self.url.clone(), None)
            .await
    }

    /// Chromium sends `Origin: null` with a form when the page's referrer policy is `no-referrer`
    /// (Fetch, "append a request Origin header").
    fn initiator(&self) -> Initiator {
        let header = self.answer.header("referrer-policy").to_owned();
        let meta = self
            .has("meta[name=referrer]")
            .then(|| self.attribute("meta[name=referrer]", "content"));
        let origin = match meta.unwrap_or(header).as_str() {
            "no-referrer" => "null".to_owned(),
            _ => self.url.origin().ascii_serialization(),
        };
        Initiator::Page { origin }
    }

    fn html(&self) -> Html {
        Html::parse_document(&self.answer.body)
    }

    #[track_caller]
    fn lacks(&self, selector: &str) -> ! {
        let (status, url, body) = (self.answer.status, &self.url, &self.answer.body);
        panic!(
            "no {selector} on the page {url} ({status}, location {:?}):\n{body}",
            self.left_for()
        );
    }
}

/// A form about to be sent.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: Url,
    pub fields: Vec<(String, String)>,
    is_post: bool,
    page: Page,
}

impl Form {
    /// Sets a field, whether the page has it or not.
    #[must_use]
    pub fn fill(mut self, name: &str, value: &str) -> Form {
        self = self.without(name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub fn without(mut self, name: &str) -> Form {
        self.fields.retain(|(other, _)| other != name);
        self
    }

    pub async fn submit(self) -> Page {
        let initiator = self.page.initiator();
        self.send(initiator).await
    }

    /// The same form, as a page of another site would send it.
    pub async fn submit_from(self, origin: &str) -> Page {
        self.send(Initiator::Elsewhere {
            origin: origin.to_owned(),
        })
        .await
    }

    async fn send(mut self, initiator: Initiator) -> Page {
        let browser = &self.page.browser;
        if self.is_post {
            return browser.navigate(initiator, self.action, Some(self.fields)).await;
        }
        self.action.query_pairs_mut().clear().extend_pairs(&self.fields);
        browser.navigate(initiator, self.action, None).await
    }
}

fn fields_of(form: ElementRef<'_>) -> Vec<(String, String)> {
    let inputs = parse("input[name], select[name], textarea[name]");
    form.select(&inputs)
        .filter(|input| input.attr("disabled").is_none())
        .filter_map(|input| {
            let name = input.attr("name")?.to_owned();
            let value = match (input.value().name(), input.attr("type").unwrap_or("text")) {
                ("input", "submit" | "button" | "image") => return None,
                ("input", "checkbox" | "radio") => {
                    input.attr("checked")?;
                    input.attr("value").unwrap_or("on").to_owned()
                }
                ("select", _) => {
                    let chosen = input.select(&parse("option[selected]")).next();
                    chosen
                        .or(input.select(&parse("option")).next())?
                        .attr("value")
                        .unwrap_or("")
                        .to_owned()
                }
                ("textarea", _) => input.text().collect(),
                _ => input.attr("value").unwrap_or("").to_owned(),
            };
            Some((name, value))
        })
        .collect()
}

fn text_of(element: ElementRef<'_>) -> String {
    element
        .text()
        .collect::<String>()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn parse(selector: &str) -> Selector {
    Selector::parse(selector).unwrap_or_else(|_| panic!("{selector:?} is a selector"))
}
