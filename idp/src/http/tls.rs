use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::config::Tls;

/// A client that has not finished its handshake by then is let go.
const HANDSHAKE: Duration = Duration::from_secs(10);

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

/// How a connection begins.
pub(super) trait Greeting<S>: Clone + Send + 'static {
    type Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    /// What is spoken over from then on; none for a client that failed to begin.
    fn greet(self, stream: S) -> impl Future<Output = Option<Self::Stream>> + Send;
}

/// Without TLS there is nothing to begin with.
#[derive(Clone)]
pub(super) struct Plain;

impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Greeting<S> for Plain {
    type Stream = S;

    async fn greet(self, stream: S) -> Option<S> {
        Some(stream)
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Greeting<S> for TlsAcceptor {
    type Stream = TlsStream<S>;

    async fn greet(self, stream: S) -> Option<TlsStream<S>> {
        let greeted = tokio::time::timeout(HANDSHAKE, self.accept(stream)).await;
        greeted.ok()?.ok()
    }
}
