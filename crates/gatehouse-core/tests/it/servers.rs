//! Real servers for tests, on loopback, ended with the test. Where one is not installed, the test
//! that wants it says that it is skipped.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gatehouse_core::system::{RealSystem, Stream, System as _};

pub(crate) const AZURITE_ACCOUNT: &str = "devstoreaccount1";
pub(crate) const AZURITE_KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// A running server.
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
    TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// Starts a program, and waits until it listens.
fn start(program: &str, make: impl FnOnce(&Path, u16) -> Vec<String>) -> Option<Server> {
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
            begun.elapsed() < Duration::from_secs(60),
            "{program} does not listen"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    Some(server)
}

pub(crate) fn overwrite(path: &Path, bytes: &[u8]) {
    gatehouse_core::files::write_atomic(path, bytes).unwrap();
}

pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn bare_repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "--quiet", "--bare", "."]);
    folder
}

/// `git http-backend` behind lighttpd; the URL is that of the repository.
pub(crate) fn git_http(repository: &Path) -> Option<Server> {
    let exec = git(repository, &["--exec-path"]);
    let backend = format!("{}/git-http-backend", exec.trim());
    git(repository, &["config", "http.receivepack", "true"]);
    let mut server = start("lighttpd", |folder, port| {
        let config = format!(
            "server.port = {port}\nserver.bind = \"127.0.0.1\"\nserver.document-root = \"{root}\"\n\
             server.modules = (\"mod_alias\", \"mod_cgi\", \"mod_setenv\")\n\
             alias.url = (\"/git\" => \"{backend}\")\ncgi.assign = (\"\" => \"\")\n\
             setenv.set-environment = (\"GIT_PROJECT_ROOT\" => \"{root}\", \"GIT_HTTP_EXPORT_ALL\" => \"1\", \"REMOTE_USER\" => \"test\")\n",
            root = repository.display(),
        );
        let path = folder.join("lighttpd.conf");
        overwrite(&path, config.as_bytes());
        vec!["-D".to_owned(), "-f".to_owned(), path.display().to_string()]
    })?;
    server.url.push_str("/git");
    Some(server)
}

/// An S3 server with a bucket named ledger.
pub(crate) fn moto() -> Option<Server> {
    let server = start("moto_server", |_, port| {
        vec!["-p".to_owned(), port.to_string()]
    })?;
    let put = Command::new("curl")
        .args([
            "--silent",
            "--fail",
            "--request",
            "PUT",
            "--header",
            "Host: ledger.s3.amazonaws.com",
        ])
        .arg(format!("{}/", server.url))
        .output();
    assert!(
        put.is_ok_and(|output| output.status.success()),
        "the bucket cannot be made"
    );
    Some(server)
}

/// An Azure Blob server with a container named ledger.
pub(crate) fn azurite() -> Option<Server> {
    let server = start("azurite-blob", |folder, port| {
        [
            "--blobPort",
            &port.to_string(),
            "--location",
            &folder.display().to_string(),
            "--skipApiVersionCheck",
            "--silent",
        ]
        .map(str::to_owned)
        .to_vec()
    })?;
    azure::make_container(&server.url);
    Some(server)
}

mod azure {
    use super::{AZURITE_ACCOUNT, AZURITE_KEY};
    use std::process::Command;

    /// Creates the container with a request signed by Shared Key.
    pub(super) fn make_container(url: &str) {
        let script = r"import base64,hashlib,hmac,sys,urllib.request,datetime
url,account,key=sys.argv[1:]
date=datetime.datetime.now(datetime.timezone.utc).strftime('%a, %d %b %Y %H:%M:%S GMT')
text=f'PUT\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:{date}\nx-ms-version:2021-12-02\n/{account}/{account}/ledger\nrestype:container'
mac=base64.b64encode(hmac.new(base64.b64decode(key),text.encode(),hashlib.sha256).digest()).decode()
request=urllib.request.Request(f'{url}/{account}/ledger?restype=container',method='PUT',headers={'x-ms-date':date,'x-ms-version':'2021-12-02','Authorization':f'SharedKey {account}:{mac}','Content-Length':'0'})
urllib.request.urlopen(request)";
        let output = Command::new("python3")
            .args(["-c", script, url, AZURITE_ACCOUNT, AZURITE_KEY])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
