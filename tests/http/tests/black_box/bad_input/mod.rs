//! Every endpoint, asked wrongly in every way: the standard's error or a clear page, never a fault of ours.

mod methods;
mod names;
mod nul;
mod pages;
mod protocol;
