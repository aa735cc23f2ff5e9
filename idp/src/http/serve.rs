use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::net::TcpListener;

use super::app::{App, StartError};
use super::router::router;
use crate::audit::Context;
use crate::signin::sweep;

use super::tls::{TlsListener, server_config};

/// How often a node clears away old counts.
const SWEEP: Duration = Duration::from_secs(600);
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
    let sweeper = tokio::spawn(sweep_now_and_then(app.clone()));
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
    sweeper.abort();
    app.db.close().await;
    result
}

/// Clears away counts whose period is over.
async fn sweep_now_and_then(app: App) {
    let mut pace = tokio::time::interval(SWEEP);
    loop {
        pace.tick().await;
        let context = Context { now: app.clock.now(), request_id: String::new(), actor: "node", rng: app.rng.clone() };
        if let Err(fault) = sweep(&app.db, &context).await {
            tracing::warn!(%fault, "old counts could not be cleared away");
        }
    }
}

/// Resolves when a stop was asked for and the last call is over.
async fn last_call(mut stopped: tokio::sync::watch::Receiver<bool>) {
    if stopped.wait_for(|stopping| *stopping).await.is_ok() {
        tokio::time::sleep(LAST_CALL).await;
    } else {
        std::future::pending::<()>().await;
    }
}
