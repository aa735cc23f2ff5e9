//! The floor: what axum needs for a request that does nothing.

use crate::Result;
use axum::Router;
use axum::routing::get;

pub(crate) async fn serve(port: u16) -> Result<()> {
    let app = Router::new().route("/", get(async || "Hello, World!"));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    axum::serve(listener, app).await?;
    Ok(())
}
