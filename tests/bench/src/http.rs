//! HTTP/1.1 over one kept-alive connection, with as little work per request as can be: the client must not be what
//! is measured.

use crate::Result;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

#[derive(Debug)]
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    host: String,
    /// Sent as `X-Forwarded-For`: whom the proxy in front would have named.
    pub(crate) forwarded_for: String,
    pub(crate) requests: u64,
    line: String,
    out: String,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'static str,
    pub(crate) target: &'a str,
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) form: Option<&'a str>,
}

impl<'a> Request<'a> {
    pub(crate) fn get(target: &'a str) -> Self {
        Request {
            method: "GET",
            target,
            headers: &[],
            form: None,
        }
    }
}

impl Connection {
    pub(crate) async fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Connection {
            stream: BufReader::with_capacity(32 * 1024, stream),
            host: format!("localhost:{port}"),
            forwarded_for: String::from("203.0.113.7"),
            requests: 0,
            line: String::new(),
            out: String::new(),
        })
    }

    pub(crate) async fn send(&mut self, request: &Request<'_>) -> Result<Answer> {
        self.requests += 1;
        self.write(request).await?;
        self.read().await
    }

    async fn write(&mut self, request: &Request<'_>) -> Result<()> {
        let out = &mut self.out;
        out.clear();
        out.extend([
            request.method,
            " ",
            request.target,
            " HTTP/1.1\r\nHost: ",
            &self.host,
        ]);
        out.extend(["\r\nX-Forwarded-For: ", &self.forwarded_for, "\r\n"]);
        for (name, value) in request.headers {
            out.extend([name, ": ", value, "\r\n"]);
        }
        if let Some(form) = request.form {
            let length = form.len().to_string();
            out.extend([
                "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ",
                &length,
            ]);
            out.extend(["\r\n\r\n", form]);
        } else {
            out.push_str("\r\n");
        }
        self.stream.get_mut().write_all(out.as_bytes()).await?;
        Ok(())
    }

    async fn read(&mut self) -> Result<Answer> {
        let status = self.read_line().await?;
        let status = status.get(9..12).and_then(|code| code.parse().ok());
        let status: u16 = status.ok_or("the answer has no status line")?;
        let mut headers = Vec::with_capacity(16);
        loop {
            let line = self.read_line().await?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or("an answer's header has no colon")?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut answer = Answer {
            status,
            headers,
            body: Vec::new(),
        };
        if let Some(length) = answer.header("content-length") {
            answer.body.resize(length.parse()?, 0);
            self.stream.read_exact(&mut answer.body).await?;
        } else if answer.header("transfer-encoding") == Some("chunked") {
            self.read_chunks(&mut answer.body).await?;
        } else if status != 204 && status != 304 {
            return Err("an answer has neither a length nor chunks".into());
        }
        Ok(answer)
    }

    async fn read_chunks(&mut self, body: &mut Vec<u8>) -> Result<()> {
        loop {
            let length = usize::from_str_radix(self.read_line().await?.trim(), 16)?;
            let start = body.len();
            body.resize(start + length, 0);
            self.stream.read_exact(&mut body[start..]).await?;
            self.read_line().await?;
            if length == 0 {
                return Ok(());
            }
        }
    }

    async fn read_line(&mut self) -> Result<String> {
        self.line.clear();
        if self.stream.read_line(&mut self.line).await? == 0 {
            return Err("the server closed the connection".into());
        }
        Ok(self.line.trim_end().to_owned())
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let own = self.headers.iter().filter(move |(own, _)| own == name);
        own.map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> Result<&str> {
        Ok(std::str::from_utf8(&self.body)?)
    }

    pub(crate) fn json(&self) -> Result<serde_json::Value> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// The answer again, or what is wrong with it.
    pub(crate) fn expect(self, status: u16, place: &str) -> Result<Answer> {
        if self.status == status {
            return Ok(self);
        }
        let body: String = String::from_utf8_lossy(&self.body).chars().take(2000).collect();
        Err(format!("{place} answered {} and not {status}: {body}", self.status).into())
    }
}
