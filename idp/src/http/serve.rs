use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::net::TcpListener;

use super::app::{App, StartError};
use super::router::router;
use super::tls::{TlsListener, server_config};

/// What is in flight when the node is told to stop may take so long to finish.
const LAST_CALL: Duration = Duration::from_secs(20);

/// The other end of a connection, plain or TLS.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub SocketAddr);

impl Connected<IncomingStream<'_, TcpListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// A node's port, taken but not yet served.
#[derive(Debug)]
pub struct Listening(TcpListener);

/// Takes the port the configuration names.
///
/// # Errors
/// Where it is taken: says what to change.
pub async fn listen(address: SocketAddr) -> Result<Listening, StartError> {
    TcpListener::bind(address).await.map(Listening).map_err(|fault| StartError::Listen { address, fault })
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
    let ring = tokio::spawn(app.keys.clone().keep_fresh(app.clock.clone()));
    let service = router(&app).into_make_service_with_connect_info::<Peer>();
    let tls = app.config.settings.tls.clone();
    let (stopping, stopped) = tokio::sync::watch::channel(false);
    let stop = async move {
        stop.await;
        // The receiver waits for this, so it is there.
        let _ = stopping.send(true);
    };
    let served = async {
        match &tls {
            None => axum::serve(listener, service).with_graceful_shutdown(stop).await,
            Some(tls) => {
                let config = server_config(&tls.certificate, &tls.key).map_err(std::io::Error::other)?;
                let listener = TlsListener::new(listener, config)?;
                axum::serve(listener, service).with_graceful_shutdown(stop).await
            }
        }
    };
    let result = tokio::select! {
        served = served => served.map_err(StartError::Serve),
        () = last_call(stopped) => Ok(()),
    };
    courier.abort();
    ring.abort();
    app.db.close().await;
    result
}

/// Resolves when a stop was asked for and the last call is over.
async fn last_call(mut stopped: tokio::sync::watch::Receiver<bool>) {
    if stopped.wait_for(|stopping| *stopping).await.is_ok() {
        tokio::time::sleep(LAST_CALL).await;
    } else {
        std::future::pending::<()>().await;
    }
}
