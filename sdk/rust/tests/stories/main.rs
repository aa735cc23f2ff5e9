//! The SDK from outside: a department of a few lines, a browser with cookies, and a provider that can lie.

#[cfg(test)]
mod api;
#[cfg(test)]
mod asking;
#[cfg(test)]
mod attacks;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod checking;
#[cfg(test)]
mod device;
#[cfg(test)]
mod freshness;
#[cfg(test)]
mod housing;
#[cfg(test)]
mod joining;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod kiosk;
#[cfg(test)]
mod levels;
#[cfg(test)]
mod linking;
#[cfg(test)]
mod nodes;
#[cfg(test)]
mod polling;
#[cfg(test)]
mod provider;
#[cfg(test)]
mod pushing;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod refreshing;
#[cfg(test)]
mod rotation;
#[cfg(test)]
#[path = "../../examples/sessions_in_sql.rs"]
#[expect(dead_code, reason = "its `main`")]
mod sessions_in_sql;
#[cfg(test)]
mod signing_in;
#[cfg(test)]
mod signing_out;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod trouble;
#[cfg(test)]
mod world;
