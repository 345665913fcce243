//! Servers for tests, on loopback, ended with the test: real programs, and a listener that keeps what
//! it is sent. Where a program is not installed, the test that wants it says that it is skipped.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gatehouse_core::system::{RealSystem, Stream, System as _};

/// A running program.
pub(crate) struct Server {
    pub(crate) url: String,
    child: Child,
    _folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// Starts a program, and waits until it listens.
pub(crate) fn start(program: &str, make: impl FnOnce(&Path, u16) -> Vec<String>) -> Option<Server> {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_port());
    let arguments = make(folder.path(), port);
    let spawned = Command::new(program)
        .args(arguments)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(child) = spawned else {
        let skipped = format!("SKIPPED: {program} is not installed\n");
        RealSystem.write(Stream::Err, &skipped).unwrap();
        return None;
    };
    let server = Server {
        url: format!("http://127.0.0.1:{port}"),
        child,
        _folder: folder,
    };
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "{program} does not listen"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    Some(server)
}

/// The body of an answer to a plain GET.
pub(crate) fn get(url: &str) -> String {
    let request = gatehouse_core::net::http::Http::new().deliver(
        &gatehouse_core::net::http::Method::GET,
        url,
        &[],
        b"",
    );
    String::from_utf8(request.unwrap().body).unwrap()
}

/// Keeps what is posted to it; fails as often as it is told to.
pub(crate) struct Listener {
    pub(crate) url: String,
    bodies: Arc<Mutex<Vec<String>>>,
    failures: Arc<AtomicUsize>,
    ended: Arc<AtomicBool>,
}

impl Listener {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (bodies, failures) = (
            Arc::new(Mutex::new(Vec::new())),
            Arc::new(AtomicUsize::new(0)),
        );
        let ended = Arc::new(AtomicBool::new(false));
        let shared = (
            Arc::clone(&bodies),
            Arc::clone(&failures),
            Arc::clone(&ended),
        );
        std::thread::spawn(move || {
            let (bodies, failures, ended) = shared;
            for stream in listener.incoming().flatten() {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let body = body(&stream);
                let fails = failures
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1))
                    .is_ok();
                let status = if fails {
                    "503 Service Unavailable"
                } else {
                    bodies.lock().unwrap().push(body);
                    "202 Accepted"
                };
                let answer = format!(
                    "HTTP/1.1 {status}\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"
                );
                let _ = (&stream).write_all(answer.as_bytes());
            }
        });
        Self {
            url,
            bodies,
            failures,
            ended,
        }
    }

    /// Lets the next requests go wrong.
    pub(crate) fn fail(&self, times: usize) {
        self.failures.store(times, Ordering::SeqCst);
    }

    /// What was taken since the last call.
    pub(crate) fn take(&self) -> Vec<serde_json::Value> {
        std::mem::take(&mut *self.bodies.lock().unwrap())
            .iter()
            .map(|body| serde_json::from_str(body).unwrap())
            .collect()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

fn body(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    String::from_utf8(body).unwrap()
}
