use std::future::Future;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::serve::Listener;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use ipnet::IpNet;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use super::app::{App, StartError};
use super::places::{Place, Places};
use super::router::router;
use super::sweep;
use super::tls::{Greeting, Plain, server_config};
use crate::config::Http;
use crate::signin::Errands;

/// How long a sender may dawdle.
const HEAD: Duration = Duration::from_secs(20);
/// Octets of a request's head that are kept for a sender who has not finished it.
const LONGEST_HEAD: u32 = 64 << 10;
/// Requests at once on one connection of HTTP/2.
const STREAMS: u32 = 64;
/// How long one more connection than there is room for may take to hear so.
const GOODBYE: Duration = Duration::from_secs(1);
/// How many at once are told so; more are hung up on without a word.
const LOBBY: usize = 256;
/// What is in flight when the node is told to stop may take so long to finish.
const LAST_CALL: Duration = Duration::from_secs(20);

/// The other end of a connection, plain or TLS.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub SocketAddr);

/// A node's port, taken but not yet served.
#[derive(Debug)]
pub struct Listening(TcpListener);

/// Takes the port the configuration names.
///
/// # Errors
/// Where it is taken: says what to change.
pub async fn listen(address: SocketAddr) -> Result<Listening, StartError> {
    TcpListener::bind(address)
        .await
        .map(Listening)
        .map_err(|fault| StartError::Listen { address, fault })
}

/// Serves until `stop` resolves, then finishes what is in flight.
///
/// # Errors
/// Where TLS is misconfigured or the port fails.
pub async fn serve(
    app: App,
    Listening(listener): Listening,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), StartError> {
    let courier = tokio::spawn(app.courier().run());
    let sweeper = tokio::spawn(sweep::now_and_then(app.clone()));
    let kiosks = tokio::spawn(sweep::watch_kiosks(app.clone()));
    let (last_figures, told) = oneshot::channel();
    let figures = tokio::spawn(sweep::add_figures(app.clone(), told));
    let ring = tokio::spawn(app.keys.clone().keep_fresh(app.clock.clone()));
    let federation_ring = tokio::spawn(app.ourselves.keys().clone().keep_fresh(app.clock.clone()));
    let routes = router(&app);
    let door = Door::of(&app);
    let result = match app.config.settings.tls.as_ref().map(server_config) {
        None => {
            accept(listener, Plain, routes, &door, stop).await;
            Ok(())
        }
        Some(Ok(config)) => {
            accept(listener, TlsAcceptor::from(config), routes, &door, stop).await;
            Ok(())
        }
        Some(Err(fault)) => Err(fault.into()),
    };
    courier.abort();
    ring.abort();
    federation_ring.abort();
    sweeper.abort();
    kiosks.abort();
    // Not aborted: it may be adding, and adds what is left.
    drop(last_figures);
    drop(figures.await);
    app.db.close().await;
    result
}

/// Who is let in: so many connections in all, and so many of one sender. A proxy brings everybody's.
struct Door {
    places: Arc<Places>,
    lobby: Arc<Semaphore>,
    trusted: Vec<IpNet>,
    errands: Errands,
    /// How long a request's head may take, and how long an answer may wait for its reader to go on reading.
    patience: Duration,
}

impl Door {
    fn of(app: &App) -> Self {
        let Http {
            max_connections,
            trusted_proxies,
            ..
        } = &app.config.settings.http;
        Self {
            places: Places::new(*max_connections, app.senders),
            lobby: Arc::new(Semaphore::new(LOBBY)),
            trusted: trusted_proxies.clone(),
            errands: app.errands.clone(),
            patience: HEAD,
        }
    }

    fn place(&self, address: SocketAddr) -> Option<Place> {
        let address = address.ip().to_canonical();
        let is_proxy = self.trusted.iter().any(|range| range.contains(&address));
        self.places.take((!is_proxy).then_some(address))
    }
}

/// Accepts connections until `stop`, then lets those in flight finish, and what outlives its connection. A place is
/// taken before the first word, so that who dawdles over a handshake holds one too. A sender who dawdles over a
/// request's head is let go; the body is the business of the layers.
async fn accept<L, G>(
    mut listener: L,
    greeting: G,
    routes: Router,
    door: &Door,
    stop: impl Future<Output = ()> + Send,
) where
    L: Listener<Addr = SocketAddr>,
    G: Greeting<L::Io>,
{
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(door.patience)
        .max_buf_size(LONGEST_HEAD as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(door.patience)
        .keep_alive_timeout(door.patience)
        .max_header_list_size(LONGEST_HEAD)
        .max_concurrent_streams(STREAMS);
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            (stream, address) = listener.accept() => {
                let greeted = greeting.clone().greet(stream);
                let Some(place) = door.place(address) else {
                    if let Ok(place) = Arc::clone(&door.lobby).try_acquire_owned() {
                        tokio::spawn(turn_away(greeted, place));
                    }
                    continue;
                };
                let (routes, builder, watcher) = (routes.clone(), builder.clone(), graceful.watcher());
                let patience = door.patience;
                tokio::spawn(async move {
                    let Some(stream) = greeted.await else {
                        return;
                    };
                    let asked = Arc::new(AtomicBool::new(false));
                    let begun = Arc::clone(&asked);
                    let service = service_fn(move |request: Request<Incoming>| {
                        begun.store(true, Ordering::Relaxed);
                        let mut request = request.map(Body::new);
                        request.extensions_mut().insert(Peer(address));
                        routes.clone().oneshot(request)
                    });
                    let mut stream = TimeoutStream::new(stream);
                    stream.set_write_timeout(Some(patience));
                    let connection = builder.serve_connection(TokioIo::new(Box::pin(stream)), service);
                    keep(watcher.watch(connection.into_owned()), asked, patience, place).await;
                });
            }
            () = &mut stop => break,
        }
    }
    drop(listener);
    let ended = async {
        graceful.shutdown().await;
        door.errands.ended().await;
    };
    tokio::select! {
        () = ended => {}
        () = tokio::time::sleep(LAST_CALL) => tracing::warn!("some requests did not finish in time"),
    }
}

/// Keeps a connection to its end, which is its client's affair; or lets it go when nothing has been asked on it in
/// time: before its first bytes have told the protocol, no limit of the protocol's applies.
async fn keep(connection: impl Future, asked: Arc<AtomicBool>, patience: Duration, _place: Place) {
    let mut connection = std::pin::pin!(connection);
    let silent = tokio::time::timeout(patience, connection.as_mut()).await.is_err();
    if silent && asked.load(Ordering::Relaxed) {
        connection.await;
    }
}

/// Says that there is no room for one more connection, to whoever listens, and hangs up.
async fn turn_away<S>(greeted: impl Future<Output = Option<S>>, _place: OwnedSemaphorePermit)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    const BUSY: &[u8] =
        b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let said = async {
        let mut stream = greeted.await.ok_or(ErrorKind::NotConnected)?;
        // A request left unread would reset the connection under the answer.
        let _request = stream.read(&mut [0; 4096]).await?;
        stream.write_all(BUSY).await?;
        stream.shutdown().await
    };
    // How it ends is the other side's affair.
    let _ = tokio::time::timeout(GOODBYE, said).await;
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{DuplexStream, duplex};
    use tokio::sync::mpsc::{Receiver, Sender, channel};

    use super::*;
    use crate::signin::Senders;

    /// Connections that a test makes, from whatever address it likes.
    struct Calls(Receiver<(DuplexStream, SocketAddr)>);

    impl Listener for Calls {
        type Io = DuplexStream;
        type Addr = SocketAddr;

        async fn accept(&mut self) -> (Self::Io, Self::Addr) {
            match self.0.recv().await {
                Some(call) => call,
                None => std::future::pending().await,
            }
        }

        fn local_addr(&self) -> std::io::Result<SocketAddr> {
            Ok(SocketAddr::from(([192, 0, 2, 1], 443)))
        }
    }

    fn open(most: usize, trusted: &str) -> Sender<(DuplexStream, SocketAddr)> {
        open_with(Plain, most, trusted, LOBBY)
    }

    fn open_with(
        greeting: impl Greeting<DuplexStream>,
        most: usize,
        trusted: &str,
        lobby: usize,
    ) -> Sender<(DuplexStream, SocketAddr)> {
        let (calls, taken) = channel(64);
        let door = Door {
            places: Places::new(most, Senders::new(false)),
            lobby: Arc::new(Semaphore::new(lobby)),
            trusted: vec![trusted.parse().unwrap()],
            errands: Errands::default(),
            patience: Duration::from_millis(300),
        };
        let routes = Router::new().route("/", get(|| async { "x".repeat(10_000) }));
        tokio::spawn(async move {
            accept(Calls(taken), greeting, routes, &door, std::future::pending()).await;
        });
        calls
    }

    async fn call(calls: &Sender<(DuplexStream, SocketAddr)>, address: &str) -> DuplexStream {
        let (near, far) = duplex(1024);
        calls.send((far, address.parse().unwrap())).await.unwrap();
        near
    }

    async fn status(stream: &mut DuplexStream) -> String {
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: id\r\n\r\n")
            .await
            .unwrap();
        let mut line = [0; 12];
        stream.read_exact(&mut line).await.unwrap();
        String::from_utf8_lossy(&line).into_owned()
    }

    #[tokio::test]
    async fn who_never_reads_the_answer_is_hung_up_on() {
        let calls = open(64, "10.0.0.5/32");
        let mut stream = call(&calls, "203.0.113.7:1000").await;
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: id\r\n\r\n")
            .await
            .unwrap();
        tokio::time::timeout(Duration::from_secs(60), async {
            while stream
                .write_all(b"GET / HTTP/1.1\r\nHost: id\r\n\r\n")
                .await
                .is_ok()
            {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await
        .expect("kept for ever");
    }

    #[tokio::test]
    async fn one_sender_cannot_take_all_connections() {
        let calls = open(16, "10.0.0.5/32");
        let mut held = Vec::new();
        for port in 1..=2 {
            let mut stream = call(&calls, &format!("203.0.113.7:{port}")).await;
            assert_eq!(status(&mut stream).await, "HTTP/1.1 200");
            held.push(stream);
        }
        let mut greedy = call(&calls, "203.0.113.7:3").await;
        assert_eq!(status(&mut greedy).await, "HTTP/1.1 503");
        let mut neighbour = call(&calls, "203.0.113.8:1").await;
        assert_eq!(status(&mut neighbour).await, "HTTP/1.1 200");
        for port in 1..=8 {
            let mut proxy = call(&calls, &format!("10.0.0.5:{port}")).await;
            assert_eq!(
                status(&mut proxy).await,
                "HTTP/1.1 200",
                "a proxy brings everybody"
            );
            held.push(proxy);
        }
    }

    #[tokio::test]
    async fn who_never_ends_the_handshake_holds_a_place() {
        let config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(rustls::server::ResolvesServerCertUsingSni::new()));
        let calls = open_with(TlsAcceptor::from(Arc::new(config)), 16, "10.0.0.5/32", 0);
        let mut first = call(&calls, "203.0.113.7:1").await;
        let mut second = call(&calls, "203.0.113.7:2").await;
        let mut neighbour = call(&calls, "203.0.113.8:1").await;
        let mut greedy = call(&calls, "203.0.113.7:3").await;
        let [mut a, mut b, mut c, mut d] = [[0]; 4];
        tokio::select! {
            end = greedy.read(&mut d) => assert_eq!(end.unwrap(), 0),
            _ = first.read(&mut a) => panic!("the first has a place"),
            _ = second.read(&mut b) => panic!("the second has a place"),
            _ = neighbour.read(&mut c) => panic!("the neighbour has a place"),
        }
    }
}
