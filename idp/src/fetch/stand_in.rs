//! A server of the kind departments run, and of the kind attackers run.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::Fetcher;
use super::names::Lookup;
use crate::config::Fetch;

/// What is written on each connection, and how.
#[derive(Clone, Copy)]
pub(super) enum Manner {
    Say(&'static str),
    /// This head, then zeros until the other side hangs up.
    Flood(&'static str),
    /// This head, then a space every tenth of a second.
    Drip(&'static str),
    Silence,
}

pub(super) const JSON: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

#[derive(Clone)]
pub(super) struct StandIn {
    pub(super) address: SocketAddr,
    pub(super) connections: Arc<AtomicUsize>,
}

impl StandIn {
    pub(super) async fn start(manner: Manner) -> Self {
        Self::listen(vec![manner], None).await
    }

    /// One manner after the other, the last one ever after.
    pub(super) async fn start_with(manners: &[Manner]) -> Self {
        Self::listen(manners.to_vec(), None).await
    }

    /// Over TLS, as `keys.example`, with a certificate that only `testdata/ca.pem` vouches for.
    pub(super) async fn start_tls(manner: Manner) -> Self {
        let certificate = CertificateDer::from_pem_slice(include_bytes!("testdata/server.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("testdata/server.key")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        Self::listen(vec![manner], Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn listen(manners: Vec<Manner>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stand_in = Self {
            address: listener.local_addr().unwrap(),
            connections: Arc::default(),
        };
        let count = Arc::clone(&stand_in.connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let turn = count.fetch_add(1, Ordering::SeqCst);
                let manner = manners[turn.min(manners.len() - 1)];
                let tls = tls.clone();
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, manner).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, manner).await;
                            }
                        }
                    }
                });
            }
        });
        stand_in
    }

    pub(super) fn at(&self, host: &str) -> String {
        format!("http://{host}:{}/keys", self.address.port())
    }

    pub(super) fn seen(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, manner: Manner) {
    let mut request = [0; 4096];
    let _ = stream.read(&mut request).await;
    let head = match manner {
        Manner::Say(head) | Manner::Flood(head) | Manner::Drip(head) => head,
        Manner::Silence => "",
    };
    let _ = stream.write_all(head.as_bytes()).await;
    match manner {
        Manner::Say(_) => {
            let _ = stream.shutdown().await;
        }
        Manner::Flood(_) => while stream.write_all(&[b'0'; 8192]).await.is_ok() {},
        Manner::Drip(_) => {
            while stream.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        Manner::Silence => tokio::time::sleep(Duration::from_secs(60)).await,
    }
}

/// A fetcher in development for which every name is this machine.
pub(crate) fn at_home() -> Fetcher {
    Fetcher::with_lookup(&Fetch::default(), true, &resolving(&[&["127.0.0.1"]])).unwrap()
}

/// A resolver that gives `answers` one after the other, the last one ever after.
pub(super) fn resolving(answers: &[&[&str]]) -> Lookup {
    let answers: Vec<Vec<IpAddr>> = answers
        .iter()
        .map(|answer| answer.iter().map(|address| address.parse().unwrap()).collect())
        .collect();
    let asked = AtomicUsize::new(0);
    Lookup::new(move |_| {
        let turn = asked.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
        let answer = answers[turn].clone();
        Box::pin(async move { Ok(answer) })
    })
}
