//! Which language a page speaks, and which edition of it is shown.

/// A language we have words in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Locale {
    #[default]
    Chinese,
    English,
}

impl Locale {
    pub const ALL: [Self; 2] = [Self::Chinese, Self::English];

    /// The BCP 47 tag, as in `lang="…"`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// The language offered by the switch in the header.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Chinese => Self::English,
            Self::English => Self::Chinese,
        }
    }

    /// The language a tag stands for: any Chinese or any English will do.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let language = tag.split(['-', '_']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("zh") {
            Some(Self::Chinese)
        } else if language.eq_ignore_ascii_case("en") {
            Some(Self::English)
        } else {
            None
        }
    }

    /// The first language we have in a list of tags separated by spaces, as `ui_locales` is
    /// (OpenID Connect Core §3.1.2.1).
    #[must_use]
    pub fn from_ui_locales(tags: &str) -> Option<Self> {
        tags.split_ascii_whitespace().find_map(Self::from_tag)
    }

    /// The language we have that `Accept-Language` weighs highest (RFC 9110 §12.5.4).
    #[must_use]
    pub fn from_accept_language(header: &str) -> Option<Self> {
        let mut best: Option<(Self, u16)> = None;
        for range in header.split(',').take(20) {
            let mut parts = range.split(';');
            let Some(locale) = parts.next().and_then(|tag| Self::from_tag(tag.trim())) else {
                continue;
            };
            let weight = parts.next().map_or(1000, weight_of);
            if weight > 0 && best.is_none_or(|(_, heaviest)| weight > heaviest) {
                best = Some((locale, weight));
            }
        }
        best.map(|(locale, _)| locale)
    }

    /// What the resident chose here, else what the service asked for, else what the browser
    /// prefers, else Chinese.
    #[must_use]
    pub fn choose(cookie: Option<&str>, hint: Option<&str>, accept: Option<&str>) -> Self {
        cookie
            .and_then(Self::from_tag)
            .or_else(|| hint.and_then(Self::from_ui_locales))
            .or_else(|| accept.and_then(Self::from_accept_language))
            .unwrap_or_default()
    }
}

/// `;q=0.8` in thousandths; what cannot be read weighs nothing.
fn weight_of(parameter: &str) -> u16 {
    let weight = parameter
        .trim()
        .strip_prefix("q=")
        .and_then(|text| text.trim().parse::<f32>().ok());
    match weight {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 1000"
        )]
        Some(weight) if (0.0..=1.0).contains(&weight) => (weight * 1000.0) as u16,
        _ => 0,
    }
}

/// How a page is laid out: as usual, or for elders (one question, fewer words, larger type).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Edition {
    #[default]
    Standard,
    Elder,
}

impl Edition {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Elder => "elder",
        }
    }

    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Standard => Self::Elder,
            Self::Elder => Self::Standard,
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Standard, Self::Elder]
            .into_iter()
            .find(|edition| edition.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browsers_preference_is_weighed() {
        for (header, expected) in [
            ("en-GB,en;q=0.9,zh;q=0.8", Some(Locale::English)),
            ("fr, zh-TW;q=0.5, en;q=0.1", Some(Locale::Chinese)),
            ("en;q=0, zh;q=0.1", Some(Locale::Chinese)),
            ("de, fr", None),
            ("en;q=junk", None),
            (",;;q=,", None),
        ] {
            assert_eq!(Locale::from_accept_language(header), expected, "{header}");
        }
    }

    #[test]
    fn a_choice_made_here_wins_over_the_services_hint_and_the_browser() {
        assert_eq!(
            Locale::choose(Some("en"), Some("zh-CN"), Some("zh")),
            Locale::English
        );
        assert_eq!(Locale::choose(None, Some("fr en"), Some("zh")), Locale::English);
        assert_eq!(Locale::choose(Some("xx"), None, Some("en")), Locale::English);
        assert_eq!(Locale::choose(None, None, None), Locale::Chinese);
    }
}
