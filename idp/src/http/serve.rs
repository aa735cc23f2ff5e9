use std::future::Future;
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
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt as _;

use super::app::{App, StartError};
use super::router::router;
use super::tls::{TlsListener, server_config};
use crate::audit::Context;
use crate::config::Tls;
use crate::signin::sweep;

/// How long a request's head may take.
const HEAD: Duration = Duration::from_secs(20);
/// Octets of a request's head that are kept for a sender who has not finished it.
const LONGEST_HEAD: usize = 64 << 10;
/// How often a node clears away old counts.
const SWEEP: Duration = Duration::from_secs(600);
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
    let sweeper = tokio::spawn(sweep_now_and_then(app.clone()));
    let ring = tokio::spawn(app.keys.clone().keep_fresh(app.clock.clone()));
    let routes = router(&app);
    let most = app.config.settings.http.max_connections;
    let result = match app.config.settings.tls.clone() {
        None => {
            accept(listener, routes, most, stop).await;
            Ok(())
        }
        Some(tls) => match tls_listener(listener, &tls) {
            Ok(listener) => {
                accept(listener, routes, most, stop).await;
                Ok(())
            }
            Err(said) => Err(StartError::Tls(said)),
        },
    };
    courier.abort();
    ring.abort();
    sweeper.abort();
    app.db.close().await;
    result
}

fn tls_listener(listener: TcpListener, tls: &Tls) -> Result<TlsListener, String> {
    let config = server_config(&tls.certificate, &tls.key)?;
    TlsListener::new(listener, config).map_err(|fault| fault.to_string())
}

/// Accepts connections until `stop`, then lets those in flight finish. A sender who dawdles over
/// a request's head is let go; the body is the business of the layers.
async fn accept<L>(mut listener: L, routes: Router, most: usize, stop: impl Future<Output = ()> + Send)
where
    L: Listener<Addr = SocketAddr>,
{
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(LONGEST_HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(HEAD)
        .keep_alive_timeout(HEAD);
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
    let lobby = Arc::new(Semaphore::new(LOBBY));
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            (stream, address) = listener.accept() => {
                let Ok(place) = Arc::clone(&room).try_acquire_owned() else {
                    if let Ok(place) = Arc::clone(&lobby).try_acquire_owned() {
                        tokio::spawn(turn_away(stream, place));
                    }
                    continue;
                };
                let routes = routes.clone();
                let asked = Arc::new(AtomicBool::new(false));
                let begun = Arc::clone(&asked);
                let service = service_fn(move |request: Request<Incoming>| {
                    begun.store(true, Ordering::Relaxed);
                    let mut request = request.map(Body::new);
                    request.extensions_mut().insert(Peer(address));
                    routes.clone().oneshot(request)
                });
                let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
                let connection = graceful.watch(connection);
                tokio::spawn(keep(connection, asked, place));
            }
            () = &mut stop => break,
        }
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(LAST_CALL) => tracing::warn!("some requests did not finish in time"),
    }
}

/// Keeps a connection to its end, which is its client's affair; or lets it go when nothing has been asked on it in
/// time: before its first bytes have told the protocol, no limit of the protocol's applies.
async fn keep(connection: impl Future, asked: Arc<AtomicBool>, _place: OwnedSemaphorePermit) {
    let mut connection = std::pin::pin!(connection);
    let silent = tokio::time::timeout(HEAD, connection.as_mut()).await.is_err();
    if silent && asked.load(Ordering::Relaxed) {
        connection.await;
    }
}

/// Says that there is no room for one more connection, to whoever listens, and hangs up.
async fn turn_away(mut stream: impl AsyncRead + AsyncWrite + Unpin + Send, _place: OwnedSemaphorePermit) {
    const BUSY: &[u8] =
        b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let said = async {
        // A request left unread would reset the connection under the answer.
        let _request = stream.read(&mut [0; 4096]).await?;
        stream.write_all(BUSY).await?;
        stream.shutdown().await
    };
    // How it ends is the other side's affair.
    let _ = tokio::time::timeout(GOODBYE, said).await;
}

/// Clears away counts whose period is over.
async fn sweep_now_and_then(app: App) {
    let mut pace = tokio::time::interval(SWEEP);
    loop {
        pace.tick().await;
        let context = Context {
            now: app.clock.now(),
            request_id: String::new(),
            actor: "node",
            rng: app.rng.clone(),
        };
        if let Err(fault) = sweep(&app.db, &context).await {
            tracing::warn!(%fault, "old counts could not be cleared away");
        }
    }
}
