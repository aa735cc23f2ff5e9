//! What an operation cannot do without, measured on the same machine in the same run: a signature and a commit.
//! The bare request is the hello-world's.

use crate::{Result, cpu};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use std::path::Path;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Floor {
    /// CPU milliseconds of one ES256 signature by ring.
    pub(crate) signature: f64,
    /// CPU milliseconds of one SQLite transaction that inserts one row.
    pub(crate) commit: f64,
}

const SIGNATURES: u32 = 20_000;
const COMMITS: u32 = 5_000;

impl Floor {
    /// `folder` is where the memory row's database lies.
    pub(crate) async fn measure(folder: &Path) -> Result<Floor> {
        Ok(Floor {
            signature: signature()?,
            commit: commit(folder).await?,
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "a key that signs nothing real")]
fn signature() -> Result<f64> {
    let chance = SystemRandom::new();
    let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let broken = |_| "ring cannot make or use a P-256 key";
    let document = EcdsaKeyPair::generate_pkcs8(kind, &chance).map_err(broken)?;
    let key =
        EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), &chance).map_err(|error| error.to_string())?;
    let before = own_cpu()?;
    for turn in 0..SIGNATURES {
        key.sign(&chance, &turn.to_be_bytes()).map_err(broken)?;
    }
    Ok((own_cpu()? - before) * 1000.0 / f64::from(SIGNATURES))
}

async fn commit(folder: &Path) -> Result<f64> {
    let options = SqliteConnectOptions::new()
        .filename(folder.join("floor.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal);
    let mut connection = options.connect().await?;
    sqlx::query("CREATE TABLE floor (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
        .execute(&mut connection)
        .await?;
    let before = own_cpu()?;
    for _ in 0..COMMITS {
        // A statement outside a transaction is one.
        sqlx::query("INSERT INTO floor (text) VALUES ($1)")
            .bind("as long as an audit row's detail may be, more or less")
            .execute(&mut connection)
            .await?;
    }
    let spent = own_cpu()? - before;
    connection.close().await?;
    Ok(spent * 1000.0 / f64::from(COMMITS))
}

fn own_cpu() -> Result<f64> {
    cpu::seconds(&[std::process::id()])
}
