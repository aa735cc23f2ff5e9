//! Every endpoint, asked wrongly in every way: the standard's error or a clear page, never a fault of ours.

pub(crate) mod methods;
mod names;
mod nul;
mod pages;
mod protocol;

pub(crate) use methods::PATHS;
pub(crate) use names::NAMES;

use std::path::{Path, PathBuf};

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files_below(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}
