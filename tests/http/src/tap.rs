//! A tap in the pipe between the server and its database or Redis: shut, it cuts every connection and
//! lets none through; open again, it is as if nothing had been. Stalled, it swallows what is sent and says nothing, as
//! a server does whose machine or network is gone.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use url::Url;

#[derive(Clone, Debug)]
pub struct Tap {
    is_shut: Arc<AtomicBool>,
    /// Odd while it is stalled. A connection flows while this is even and what it was when the connection was made: what
    /// has met a stall stays so.
    turns: Arc<AtomicU32>,
    flowing: Arc<Mutex<Vec<TcpStream>>>,
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

    fn join(&self, one: TcpStream, other: TcpStream) {
        let copies = [&one, &other].map(|stream| stream.try_clone().expect("a socket can be shared"));
        self.flowing.lock().unwrap().extend(copies);
        let (one_again, other_again) = (
            one.try_clone().expect("shared"),
            other.try_clone().expect("shared"),
        );
        let made = self.turns.load(Ordering::SeqCst);
        for (from, to) in [(one, other), (other_again, one_again)] {
            let turns = Arc::clone(&self.turns);
            thread::spawn(move || pour(from, to, || is_even(made) && turns.load(Ordering::SeqCst) == made));
        }
    }
}

const fn is_even(number: u32) -> bool {
    number.is_multiple_of(2)
}

fn pour(mut from: TcpStream, mut to: TcpStream, flows: impl Fn() -> bool) {
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
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
