//! The words of the pages: Fluent messages in each language, embedded and parsed once.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;
use std::time::Duration;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use time::{OffsetDateTime, UtcOffset};

use super::locale::Locale;
use crate::clock::Timestamp;

macro_rules! sources {
    ($locale:literal) => {
        &[
            include_str!(concat!("../../words/", $locale, "/layout.ftl")),
            include_str!(concat!("../../words/", $locale, "/signin.ftl")),
            include_str!(concat!("../../words/", $locale, "/consent.ftl")),
            include_str!(concat!("../../words/", $locale, "/account.ftl")),
            include_str!(concat!("../../words/", $locale, "/errors.ftl")),
            include_str!(concat!("../../words/", $locale, "/privacy.ftl")),
            include_str!(concat!("../../words/", $locale, "/admin.ftl")),
        ]
    };
}

/// The texts of one language's files.
pub(super) fn sources(locale: Locale) -> &'static [&'static str] {
    match locale {
        Locale::Chinese => sources!("zh-CN"),
        Locale::English => sources!("en"),
    }
}

static CHINESE: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle(Locale::Chinese));
static ENGLISH: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle(Locale::English));

/// What cannot be parsed is left out here and caught by a test.
fn bundle(locale: Locale) -> FluentBundle<FluentResource> {
    let mut bundle = FluentBundle::new_concurrent(locale.tag().parse().into_iter().collect());
    bundle.set_use_isolating(false);
    for source in sources(locale) {
        let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(resource, errors)| {
            tracing::error!(?errors, locale = locale.tag(), "words that cannot be parsed");
            resource
        });
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// The words of one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words(Locale);

impl Words {
    #[must_use]
    pub const fn of(locale: Locale) -> Self {
        Self(locale)
    }

    #[must_use]
    pub const fn locale(self) -> Locale {
        self.0
    }

    /// The message with this id, to be shown or filled: `words.say("code-wrong-advice").with("left", &3)`.
    #[must_use]
    pub fn say(self, id: &str) -> Said<'_> {
        Said {
            words: self,
            id,
            args: FluentArgs::new(),
        }
    }

    fn bundle(self) -> &'static FluentBundle<FluentResource> {
        match self.0 {
            Locale::Chinese => &CHINESE,
            Locale::English => &ENGLISH,
        }
    }

    /// A day in the city's time zone: 2027年5月31日, 31 May 2027.
    #[must_use]
    pub fn date(self, at: Timestamp) -> String {
        let at = local(at);
        self.say("date")
            .with("year", &at.year())
            .with("month", &u8::from(at.month()))
            .with("day", &at.day())
            .to_string()
    }

    /// When something happened, seen from `now`: 今天 09:12, 11月20日 20:14, or with its year.
    #[must_use]
    pub fn moment(self, at: Timestamp, now: Timestamp) -> String {
        let (at, now) = (local(at), local(now));
        let clock = format!("{:02}:{:02}", at.hour(), at.minute());
        let id = if at.date() == now.date() {
            return self.say("moment-today").with("clock", &clock).to_string();
        } else if at.year() == now.year() {
            "moment-this-year"
        } else {
            "moment"
        };
        self.say(id)
            .with("year", &at.year())
            .with("month", &u8::from(at.month()))
            .with("day", &at.day())
            .with("clock", &clock)
            .to_string()
    }

    /// How long to wait, rounded up to what one would say: 40 秒, 10 分钟, 2 小时.
    #[must_use]
    pub fn span(self, span: Duration) -> String {
        let seconds = span.as_secs() + u64::from(span.subsec_nanos() > 0);
        let (id, count) = match seconds {
            0..=90 => ("span-seconds", seconds.max(1)),
            91..=5400 => ("span-minutes", seconds.div_ceil(60)),
            5401..=129_600 => ("span-hours", seconds.div_ceil(3600)),
            _ => ("span-days", seconds.div_ceil(86_400)),
        };
        self.say(id).with("count", &count).to_string()
    }
}

/// China keeps one time zone and no summer time, so a fixed offset is Asia/Shanghai.
const SHANGHAI: Result<UtcOffset, time::error::ComponentRange> = UtcOffset::from_hms(8, 0, 0);

pub(super) fn local(at: Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(at.seconds())
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .to_offset(SHANGHAI.unwrap_or(UtcOffset::UTC))
}

/// A message on its way to a page.
pub struct Said<'a> {
    words: Words,
    id: &'a str,
    args: FluentArgs<'a>,
}

impl<'a> Said<'a> {
    /// Fills a variable of the message.
    #[must_use]
    pub fn with<T: Fill + ?Sized>(mut self, name: &'a str, value: &'a T) -> Self {
        self.args.set(name, value.fill());
        self
    }
}

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bundle = self.words.bundle();
        let Some(pattern) = bundle.get_message(self.id).and_then(|message| message.value()) else {
            tracing::error!(id = self.id, locale = self.words.0.tag(), "no such words");
            return f.write_str(self.id);
        };
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&self.args), &mut errors);
        if !errors.is_empty() {
            tracing::error!(
                id = self.id,
                locale = self.words.0.tag(),
                ?errors,
                "words with a hole"
            );
        }
        f.write_str(&text)
    }
}

impl fmt::Debug for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Said")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// What can fill a variable of a message.
pub trait Fill {
    fn fill(&self) -> FluentValue<'_>;
}

impl Fill for str {
    fn fill(&self) -> FluentValue<'_> {
        self.into()
    }
}

impl Fill for String {
    fn fill(&self) -> FluentValue<'_> {
        self.as_str().into()
    }
}

impl Fill for Cow<'_, str> {
    fn fill(&self) -> FluentValue<'_> {
        (**self).into()
    }
}

impl Fill for Said<'_> {
    fn fill(&self) -> FluentValue<'_> {
        self.to_string().into()
    }
}

impl<T: Fill + ?Sized> Fill for &T {
    fn fill(&self) -> FluentValue<'_> {
        (**self).fill()
    }
}

macro_rules! numbers {
    ($($number:ty)+) => {
        $(impl Fill for $number {
            fn fill(&self) -> FluentValue<'_> {
                (*self).into()
            }
        })+
    };
}
numbers!(u8 u32 u64 usize i32 i64);
