//! A whole department: `cargo run -p yimen-sdk --example department`, beside `yimen demo`.

use axum::{Router, routing::get};
use yimen_sdk::{SignedIn, Yimen};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let yimen = Yimen::at("http://localhost:8000")
        .department("http://localhost:8003")
        .load()
        .await?;
    let app = Router::new().route("/", get(hello)).layer(yimen.layer());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8003").await?;
    Ok(axum::serve(listener, app).await?)
}

async fn hello(person: SignedIn) -> String {
    format!("您好，{}。", person.name().unwrap_or("居民"))
}
