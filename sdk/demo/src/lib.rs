//! Two small departments of the city, written with the Yimen SDK as an outside team would write them:
//! social security (人力资源和社会保障局) and business registration (市场监督管理局); and the authority that the city's
//! provider asks for real names, with the carrier that it asks about numbers.

mod authority;
mod business_registration;
mod department;
mod frame;
mod language;
mod social_security;

pub use authority::{PEOPLE, Person, RECYCLED, SOMEBODY_ELSE, serve_counterparts};
pub use department::{Department, Error, Kind, SCREEN, Settings, TERMINAL, serve};
pub use yimen_sdk::{Clock, public_jwks};
