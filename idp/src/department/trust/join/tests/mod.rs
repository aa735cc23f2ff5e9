//! Systems that are really there, on this machine, and join or do not.

mod city;
mod decided;
mod documents;
mod explicit;
mod given_chains;
mod joining;
mod keys;
mod lasting;
mod refusals;
mod room;
mod signed_sets;
mod stopped;
mod superiors;

use city::{City, System};

use super::JoinFault;
