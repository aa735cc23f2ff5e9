//! Requests no HTTP library would send, byte by byte.

use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One connection of its own.
#[derive(Debug)]
pub struct Raw {
    stream: TcpStream,
}

impl Raw {
    pub async fn open(port: u16) -> Raw {
        Raw {
            stream: TcpStream::connect(("127.0.0.1", port))
                .await
                .expect("the server listens"),
        }
    }

    /// `false` once the server has hung up.
    pub async fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok()
    }

    /// All the server says until it hangs up or `patience` ends; `None` when it still keeps the connection.
    pub async fn rest(&mut self, patience: Duration) -> Option<String> {
        let mut bytes = Vec::new();
        match tokio::time::timeout(patience, self.stream.read_to_end(&mut bytes)).await {
            Ok(_) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Err(_) => None,
        }
    }
}

/// Instead of a status.
pub const HUNG_UP: u16 = 0;

/// Sends `bytes`, which ask for no more than one answer, and returns its status; [`HUNG_UP`] when there was none.
pub async fn raw(port: u16, bytes: &[u8]) -> u16 {
    let mut connection = Raw::open(port).await;
    connection.send(bytes).await;
    let answer = connection.rest(Duration::from_secs(20)).await;
    let answer = answer.expect("the server answers or hangs up");
    answer.split(' ').nth(1).map_or(HUNG_UP, |status| {
        status
            .parse()
            .unwrap_or_else(|_| panic!("not a status: {answer}"))
    })
}
