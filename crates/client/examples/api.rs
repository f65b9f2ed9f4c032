//! An API whose users sign in with Countersign, to try it and to test it:
//! `COUNTERSIGN=http://127.0.0.1:8080 PORT=3000 cargo run -p countersign-client --example api`.

use std::{env::var, error::Error};

use axum::{Json, Router, routing::get};
use countersign_client::{Client, Session, User};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let countersign = Client::new(&var("COUNTERSIGN")?)?;
    let app = Router::new().route("/me", get(me));
    let app = app.layer(countersign.require());
    let port: u16 = var("PORT")?.parse()?;
    let socket = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on http://{}", socket.local_addr()?);
    Ok(axum::serve(socket, app).await?)
}

/// Only who is signed in comes here.
async fn me(session: Session) -> Json<User> {
    Json(session.user)
}
