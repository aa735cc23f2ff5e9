//! What a test's own thread logs, for tests that say what must not stand there.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use tracing::Dispatch;
use tracing::subscriber::DefaultGuard;

/// Everything at the finest level, from the beginning until it is read.
pub(crate) struct TestLog {
    lines: Lines,
    _ours: DefaultGuard,
    /// With a single one, tracing asks the thread that comes to a place first, and that may be another test's.
    _second: Dispatch,
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl TestLog {
    pub(crate) fn begin() -> Self {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        let log = Self {
            lines,
            _second: Dispatch::new(tracing_subscriber::fmt().with_writer(io::sink).finish()),
            _ours: tracing::subscriber::set_default(subscriber),
        };
        Self::see_every_place();
        log
    }

    /// Other tests, without a log of their own, may meanwhile have met the places first.
    pub(crate) fn see_every_place() {
        tracing::callsite::rebuild_interest_cache();
    }

    /// What was logged; from here on nothing is.
    pub(crate) fn end(self) -> Vec<u8> {
        self.lines.0.lock().unwrap().clone()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
