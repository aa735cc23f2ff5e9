use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::config::Tls;

/// A client that has not finished its handshake by then is let go.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Connections whose handshake is done, waiting to be served.
const WAITING: usize = 64;

/// What is wrong with certificate or key.
#[derive(Debug, Error)]
#[error("{key} {file}: {said}", file = .file.display())]
pub struct TlsError {
    pub(super) key: &'static str,
    file: PathBuf,
    said: String,
}

impl TlsError {
    fn of(key: &'static str, file: &Path, said: &impl ToString) -> Self {
        Self {
            key,
            file: file.to_path_buf(),
            said: said.to_string(),
        }
    }
}

/// Reads certificate and key (PEM).
pub(super) fn server_config(tls: &Tls) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = CertificateDer::pem_file_iter(&tls.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|fault| TlsError::of("tls.certificate", &tls.certificate, &fault))?;
    let key =
        PrivateKeyDer::from_pem_file(&tls.key).map_err(|fault| TlsError::of("tls.key", &tls.key, &fault))?;
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|fault| TlsError::of("tls.key", &tls.key, &format!("{fault}, with tls.certificate")))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Whether certificate and key can be served with.
///
/// # Errors
/// What is wrong with which file.
pub fn check_tls(tls: &Tls) -> Result<(), TlsError> {
    server_config(tls).map(drop)
}

/// Accepts TLS connections. Handshakes go on beside one another, so that one slow client keeps
/// nobody waiting.
#[derive(Debug)]
pub(super) struct TlsListener {
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
}

impl TlsListener {
    pub(super) fn new(listener: TcpListener, config: Arc<ServerConfig>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (sender, ready) = mpsc::channel(WAITING);
        tokio::spawn(accept(listener, TlsAcceptor::from(config), sender));
        Ok(Self { ready, address })
    }
}

async fn accept(
    mut listener: TcpListener,
    acceptor: TlsAcceptor,
    sender: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    while !sender.is_closed() {
        // axum's accept for TCP waits out what passes, such as too many open files.
        let (stream, address) = Listener::accept(&mut listener).await;
        let (acceptor, sender) = (acceptor.clone(), sender.clone());
        tokio::spawn(async move {
            if let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
                // Nobody receives only when the server is stopping.
                let _ = sender.send((stream, address)).await;
            }
        });
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        match self.ready.recv().await {
            Some(accepted) => accepted,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}
