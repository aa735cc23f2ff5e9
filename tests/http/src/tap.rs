//! A tap in the pipe between the server and its database or Redis: shut, it cuts every connection and
//! lets none through; open again, it is as if nothing had been. Stalled, it swallows what is sent and says nothing, as
//! a server does whose machine or network is gone. Before PostgreSQL it also counts what is asked.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use url::Url;

#[derive(Clone, Debug)]
pub struct Tap {
    is_shut: Arc<AtomicBool>,
    /// Odd while it is stalled. A connection flows while this is even and what it was when the connection was made:
    /// what has met a stall stays so.
    turns: Arc<AtomicU32>,
    flowing: Arc<Mutex<Vec<TcpStream>>>,
    statements: Arc<AtomicUsize>,
}

impl Tap {
    /// A tap in front of what `url` names, and the URL that leads through it.
    pub fn before(url: &Url) -> (Tap, Url) {
        let host = url.host_str().expect("a host").to_owned();
        let port = url.port().expect("a port");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let tap = Tap {
            is_shut: Arc::default(),
            turns: Arc::default(),
            flowing: Arc::default(),
            statements: Arc::default(),
        };
        let inner = tap.clone();
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                if inner.is_shut.load(Ordering::SeqCst) {
                    continue;
                }
                if let Ok(target) = TcpStream::connect((host.as_str(), port)) {
                    inner.join(connection, target);
                }
            }
        });
        let mut through = url.clone();
        through.set_ip_host(address.ip()).expect("an address is a host");
        through
            .set_port(Some(address.port()))
            .expect("the URL has a port");
        (tap, through)
    }

    pub fn shut(&self) {
        self.is_shut.store(true, Ordering::SeqCst);
        for stream in self.flowing.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// The connections stay, and nothing comes through those there are or are made until it is open again.
    pub fn stall(&self) {
        self.turns.fetch_or(1, Ordering::SeqCst);
    }

    pub fn open(&self) {
        self.is_shut.store(false, Ordering::SeqCst);
        if !is_even(self.turns.load(Ordering::SeqCst)) {
            self.turns.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// How many statements PostgreSQL was asked to carry out so far.
    pub fn statements(&self) -> usize {
        self.statements.load(Ordering::SeqCst)
    }

    fn join(&self, one: TcpStream, other: TcpStream) {
        let copies = [&one, &other].map(|stream| stream.try_clone().expect("a socket can be shared"));
        self.flowing.lock().unwrap().extend(copies);
        let (one_again, other_again) = (
            one.try_clone().expect("shared"),
            other.try_clone().expect("shared"),
        );
        let made = self.turns.load(Ordering::SeqCst);
        let turns = Arc::clone(&self.turns);
        let flows = move || is_even(made) && turns.load(Ordering::SeqCst) == made;
        let (counted, mut asked) = (Arc::clone(&self.statements), Asked::default());
        let see = move |bytes: &[u8]| {
            counted.fetch_add(asked.statements(bytes), Ordering::SeqCst);
        };
        let back = flows.clone();
        thread::spawn(move || pour(one, other, flows, see));
        thread::spawn(move || pour(other_again, one_again, back, |_| {}));
    }
}

const fn is_even(number: u32) -> bool {
    number.is_multiple_of(2)
}

/// What a client says to PostgreSQL, read as it flows by (PostgreSQL, "Message Formats"): a length and so much more,
/// with a letter before it in all but the first messages, whose length begins with a zero.
#[derive(Default)]
struct Asked {
    /// The letter, where there is one, and as much of the length as has come.
    head: Vec<u8>,
    /// What is still to come of the message's body.
    left: usize,
}

impl Asked {
    /// How many of the messages that these bytes begin carry out a statement: Execute, or Query.
    fn statements(&mut self, mut bytes: &[u8]) -> usize {
        let mut found = 0;
        loop {
            let passed = self.left.min(bytes.len());
            self.left -= passed;
            bytes = &bytes[passed..];
            let Some((&next, rest)) = bytes.split_first() else {
                return found;
            };
            self.head.push(next);
            bytes = rest;
            let letter = usize::from(self.head[0] != 0);
            if let Some(length) = self.head[letter..].first_chunk() {
                self.left = (u32::from_be_bytes(*length) as usize).saturating_sub(4);
                found += usize::from(matches!(self.head[0], b'E' | b'Q'));
                self.head.clear();
            }
        }
    }
}

fn pour(mut from: TcpStream, mut to: TcpStream, flows: impl Fn() -> bool, mut see: impl FnMut(&[u8])) {
    let mut buffer = [0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer);
        if !flows() {
            // Neither side hears of the other's end: `flowing` holds both open.
            return;
        }
        let Ok(count @ 1..) = read else {
            break;
        };
        see(&buffer[..count]);
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_counted_however_they_are_cut() {
        let message = |letter: &[u8], body: &[u8]| {
            let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
            [letter, &length, body].concat()
        };
        let all = [
            message(b"", b"EQEQ"),
            message(b"", b"\0\x03\0\0user\0Q\0\0"),
            message(b"Q", b"BEGIN\0"),
            message(b"B", b"E\0\0\0\x04Q"),
            message(b"E", b"\0\0\0\0\0"),
            message(b"S", b""),
        ]
        .concat();
        for size in 1..=all.len() {
            let mut asked = Asked::default();
            let counted: usize = all.chunks(size).map(|bytes| asked.statements(bytes)).sum();
            assert_eq!(counted, 2, "{size} bytes at a time");
        }
    }
}
