//! A private authority, and what a host of `localhost` serves by its word.

use axum::serve::Listener;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A certificate of `localhost` that only an authority of its own vouches for.
#[derive(Debug)]
pub struct Certificate {
    dir: TempDir,
}

impl Default for Certificate {
    fn default() -> Certificate {
        Certificate::new()
    }
}

impl Certificate {
    pub fn new() -> Certificate {
        let dir = tempfile::Builder::new().prefix("yimen-tls-").tempdir();
        let certificate = Certificate {
            dir: dir.expect("a temporary folder"),
        };
        certificate.make("authority", "basicConstraints=critical,CA:TRUE", &[]);
        let by = ["-CA", "authority.pem", "-CAkey", "authority.key"];
        let name = ["-addext", "subjectAltName=DNS:localhost"];
        certificate.make(
            "host",
            "basicConstraints=critical,CA:FALSE",
            &[by.as_slice(), &name].concat(),
        );
        certificate
    }

    /// As `fetch.extra_ca` has it.
    pub fn authority(&self) -> PathBuf {
        self.path().join("authority.pem")
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn make(&self, name: &str, constraints: &str, more: &[&str]) {
        let (subject, key, out) = (
            format!("/CN={name}"),
            format!("{name}.key"),
            format!("{name}.pem"),
        );
        let made = Command::new("openssl")
            .current_dir(self.path())
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
            ])
            .args(["-days", "1", "-subj", &subject, "-keyout", &key, "-out", &out])
            .args(["-addext", constraints])
            .args(more)
            .output()
            .expect("openssl runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let certificate = CertificateDer::from_pem_file(self.path().join("host.pem")).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(self.path().join("host.key")).expect("its key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring knows them")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("they belong together");
        TlsAcceptor::from(Arc::new(config))
    }
}

/// Lets in who finishes a handshake, one at a time.
pub(crate) struct Encrypted {
    pub(crate) listener: TcpListener,
    pub(crate) acceptor: TlsAcceptor,
}

impl Listener for Encrypted {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, address)) = self.listener.accept().await else {
                continue;
            };
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}
