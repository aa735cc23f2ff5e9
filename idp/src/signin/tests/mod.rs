//! Stories of signing in, told through the handlers. They run on SQLite and memory, and on
//! PostgreSQL and Redis where `YIMEN_TEST_POSTGRES` and `YIMEN_TEST_REDIS` name servers.

mod attacks;
mod bad_input;
mod browsers;
mod copies;
mod ending;
mod gateway;
mod house;
mod limits;
mod pressure;
mod privacy;
mod story;
mod sweep;
mod walk;
mod whereabouts;
