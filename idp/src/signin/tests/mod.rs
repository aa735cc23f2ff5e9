//! Stories of signing in, told through the handlers. They run on SQLite, and on PostgreSQL where
//! `YIMEN_TEST_POSTGRES` names a server.

mod attacks;
mod bad_input;
mod browsers;
mod ending;
mod house;
mod limits;
mod plans;
mod privacy;
mod story;
