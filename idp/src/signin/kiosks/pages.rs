use askama::Template;

use crate::web::{Page, views};

/// `GET /kiosk/enrol/{code}`.
#[derive(Template)]
#[template(path = "signin/kiosk_enrol.html")]
pub struct EnrolPage {
    pub page: Page,
    pub name: String,
    pub code: String,
    pub token: String,
}

/// `GET /kiosk/rest`, and what came of an enrolment.
#[derive(Template)]
#[template(path = "signin/kiosk_rest.html")]
pub struct RestPage {
    pub page: Page,
    pub shown: Shown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Nobody stands before it.
    Rests,
    /// It has just become one.
    Joined,
    /// The code is used, or too old.
    Gone,
    /// This browser is none, or no longer.
    NoKiosk,
}

impl RestPage {
    fn heading(&self) -> String {
        let id = match self.shown {
            Shown::Rests => "kiosk-rests",
            Shown::Joined => "kiosk-joined",
            Shown::Gone => "kiosk-gone",
            Shown::NoKiosk => "kiosk-none",
        };
        self.page.say(id).to_string()
    }

    fn advice(&self) -> String {
        let id = match self.shown {
            Shown::Rests => "kiosk-rests-advice",
            Shown::Joined => "kiosk-joined-advice",
            Shown::Gone => "kiosk-gone-advice",
            Shown::NoKiosk => "kiosk-none-advice",
        };
        self.page.say(id).to_string()
    }
}

views!(EnrolPage, RestPage);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::sample;

    #[test]
    fn a_kiosk_says_what_it_is_about() {
        sample::show("kiosk-enrol", |page| EnrolPage {
            name: "市民中心一楼3号机".to_owned(),
            code: "abc".to_owned(),
            token: page.form_token("abc"),
            page,
        });
        for (name, shown) in [
            ("kiosk-rests", Shown::Rests),
            ("kiosk-joined", Shown::Joined),
            ("kiosk-gone", Shown::Gone),
            ("kiosk-none", Shown::NoKiosk),
        ] {
            sample::show(name, |page| RestPage { page, shown });
        }
    }
}
