//! A host of a department's on loopback: it serves what a test has put there, counts what it is asked, and may go down.

use crate::tls::{Certificate, Encrypted};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

#[derive(Clone, Debug)]
pub struct Host {
    /// Without a slash at its end.
    pub url: String,
    net: Arc<Mutex<Net>>,
}

#[derive(Debug, Default)]
struct Net {
    served: HashMap<String, Served>,
    asked: Vec<String>,
    is_down: bool,
    /// A place at which whoever asks waits.
    held: Option<String>,
}

#[derive(Clone, Debug)]
enum Served {
    Document { media_type: String, body: String },
    Redirect(String),
}

impl Host {
    /// Listens apart from the test, as a department's machine does.
    pub fn start() -> Host {
        Host::listen("http", None)
    }

    /// The same over TLS.
    pub fn start_tls(certificate: &Certificate) -> Host {
        Host::listen("https", Some(certificate))
    }

    fn listen(scheme: &str, certificate: Option<&Certificate>) -> Host {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a listener");
        let port = listener.local_addr().expect("an address").port();
        let net = Arc::<Mutex<Net>>::default();
        let routes = Router::new().fallback(answer).with_state(Arc::clone(&net));
        let acceptor = certificate.map(Certificate::acceptor);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                match acceptor {
                    None => axum::serve(listener, routes).await,
                    Some(acceptor) => axum::serve(Encrypted { listener, acceptor }, routes).await,
                }
            })
        });
        Host {
            url: format!("{scheme}://localhost:{port}"),
            net,
        }
    }

    /// `localhost:8001`, as a decision about all of it is written.
    pub fn pattern(&self) -> &str {
        self.url.split("//").nth(1).expect("a URL has a host")
    }

    /// `place` is a path, with the query where there is one.
    pub fn serve(&self, place: &str, media_type: &str, body: &str) {
        let (media_type, body) = (media_type.to_owned(), body.to_owned());
        self.put(place, Served::Document { media_type, body });
    }

    pub fn redirect(&self, place: &str, to: &str) {
        self.put(place, Served::Redirect(to.to_owned()));
    }

    fn put(&self, place: &str, served: Served) {
        self.net.lock().unwrap().served.insert(place.to_owned(), served);
    }

    /// From now on it answers nothing but that it is down, or what it answered before.
    pub fn set_down(&self, is_down: bool) {
        self.net.lock().unwrap().is_down = is_down;
    }

    /// Keeps whoever asks at a place waiting, until nothing is held any more.
    pub fn hold(&self, place: Option<&str>) {
        self.net.lock().unwrap().held = place.map(str::to_owned);
    }

    /// The places that were asked for, the first one first; also while it was down.
    pub fn asked(&self) -> Vec<String> {
        self.net.lock().unwrap().asked.clone()
    }
}

async fn answer(State(net): State<Arc<Mutex<Net>>>, request: Request) -> Response {
    let place = request.uri().path_and_query().map_or("/", |place| place.as_str());
    net.lock().unwrap().asked.push(place.to_owned());
    while net.lock().unwrap().held.as_deref() == Some(place) {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let net = net.lock().unwrap();
    match net.served.get(place) {
        _ if net.is_down => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Some(Served::Document { media_type, body }) => {
            ([(CONTENT_TYPE, media_type.as_str())], body.clone()).into_response()
        }
        Some(Served::Redirect(to)) => (StatusCode::FOUND, [(LOCATION, to.as_str())]).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
