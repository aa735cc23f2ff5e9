use std::fmt::Write as _;

use askama::Template;
use qrcode::{Color, EcLevel, QrCode};

use crate::web::{Door, Page, PageError, views};

/// `GET /signin/{id}/handover`: what the browser shows while a phone is asked.
#[derive(Template)]
#[template(path = "signin/handover.html")]
pub struct HandoverPage {
    pub page: Page,
    pub door: Door,
    pub id: String,
    pub token: String,
    pub shown: Shown,
}

pub enum Shown {
    Open {
        picture: Picture,
        number: String,
        /// What the picture says.
        address: String,
    },
    /// Too old, used, or answered with wrong numbers.
    Over,
    /// The phone's owner said that it is not them.
    Refused,
}

impl HandoverPage {
    fn title(&self) -> String {
        let id = match self.shown {
            Shown::Open { .. } => "handover-heading",
            Shown::Over => "handover-over",
            Shown::Refused => "handover-refused",
        };
        self.page.say(id).to_string()
    }
}

/// A QR code (ISO/IEC 18004) as one path of an SVG, a unit for each module.
pub struct Picture {
    /// With the quiet zone of four modules on each side that the standard asks for.
    pub size: usize,
    pub path: String,
}

const QUIET: usize = 4;

impl Picture {
    pub(super) fn of(text: &str) -> Result<Self, PageError> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(PageError::internal)?;
        let width = code.width();
        let mut path = String::new();
        for (at, color) in code.to_colors().into_iter().enumerate() {
            if color == Color::Dark {
                let (x, y) = (at % width + QUIET, at / width + QUIET);
                // Writing to a string does not fail.
                let _ = write!(path, "M{x} {y}h1v1h-1z");
            }
        }
        Ok(Self {
            size: width + 2 * QUIET,
            path,
        })
    }
}

views!(HandoverPage);
