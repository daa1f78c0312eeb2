//! A real registry (Debian's docker-registry) on a free port of the loopback, stopped when dropped: over TLS with an
//! authority of its own, or plain, and with a password or without.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Who may use a registry that asks.
pub const USER: &str = "ann";
/// The password.
pub const PASSWORD: &str = "no-one-knows";
/// The bcrypt hash of it, which is the only form that docker-registry reads.
const HASH: &str = "$2y$05$remitremitremitremitresG574thTr9NP8dHWrsCBkhn.M3wXVlC";

/// How each script begins.
const ORAS: &str = "
import sys
from oras.provider import Registry
registry = Registry(auth_backend='basic')
registry.auth.set_basic_auth(sys.argv[1], sys.argv[2])
";

pub struct DockerRegistry {
    child: Child,
    port: u16,
    tls: bool,
    folder: TempDir,
}

impl DockerRegistry {
    /// Over TLS, open to anybody.
    pub fn over_tls() -> DockerRegistry {
        DockerRegistry::start(true, false)
    }

    /// Over TLS, with a name and password.
    pub fn with_password() -> DockerRegistry {
        DockerRegistry::start(true, true)
    }

    /// Plain http, open to anybody.
    pub fn plain() -> DockerRegistry {
        DockerRegistry::start(false, false)
    }

    fn start(tls: bool, password: bool) -> DockerRegistry {
        let folder = tempfile::tempdir().unwrap();
        if tls {
            write_certificates(folder.path());
        }
        // Between finding a free port and using it, another may take it.
        for _ in 0..5 {
            let port = free_port();
            let config = folder.path().join("config.yml");
            std::fs::write(&config, configuration(folder.path(), port, tls, password)).unwrap();
            let mut child = Command::new(binary())
                .arg("serve")
                .arg(&config)
                .env_clear()
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            if is_up(&mut child, port) {
                return DockerRegistry {
                    child,
                    port,
                    tls,
                    folder,
                };
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        panic!("docker-registry did not come up");
    }

    /// `127.0.0.1:PORT`
    pub fn authority(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// `oci://127.0.0.1:PORT/NAME`, or `oci+http://…`.
    pub fn reference(&self, name: &str) -> String {
        let scheme = if self.tls { "oci" } else { "oci+http" };
        format!("{scheme}://{}/{name}", self.authority())
    }

    /// The authority's certificate: what `SSL_CERT_FILE` is to name.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A folder for `DOCKER_CONFIG` with the name and password.
    pub fn docker_config(&self) -> PathBuf {
        use base64::Engine as _;
        let folder = self.folder.path().join("docker");
        std::fs::create_dir_all(&folder).unwrap();
        let auth = base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{PASSWORD}"));
        let config = serde_json::json!({"auths": {self.authority(): {"auth": auth}}});
        std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
        folder
    }

    /// Pushes a component with oras, a client of registries that is not ours, in the layout of wkg.
    pub fn push_with_oras(&self, name: &str, component: &Path) {
        let config = r#"{"created":"2026-01-01T00:00:00Z","architecture":"wasm","os":"wasip2","layerDigests":[]}"#;
        let path = self.folder.path().join("config.json");
        std::fs::write(&path, config).unwrap();
        let target = format!("{}/{name}", self.authority());
        let script = r#"
registry.push(target=sys.argv[3], files=[sys.argv[4] + ":application/wasm"], disable_path_validation=True,
              manifest_config=sys.argv[5] + ":application/vnd.wasm.config.v0+json")
"#;
        let args = [target.as_str(), path_text(component), path_text(&path)];
        self.oras(script, &args);
    }

    /// The only file of an artifact, pulled with oras.
    pub fn pull_with_oras(&self, name: &str) -> Vec<u8> {
        let target = format!("{}/{name}", self.authority());
        let into = tempfile::tempdir_in(self.folder.path()).unwrap();
        let script = "print(*registry.pull(target=sys.argv[3], outdir=sys.argv[4]), sep=chr(10))";
        let said = self.oras(script, &[&target, path_text(into.path())]);
        std::fs::read(said.lines().last().expect("a file was pulled")).unwrap()
    }

    fn oras(&self, script: &str, args: &[&str]) -> String {
        let python = root().join(".tools/oras/bin/python");
        assert!(python.is_file(), "oras is missing: run scripts/setup");
        let output = Command::new(python)
            .arg("-c")
            .arg(format!("{ORAS}{script}"))
            .args([USER, PASSWORD])
            .args(args)
            .env("REQUESTS_CA_BUNDLE", self.certificate())
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(folder: &Path, port: u16, tls: bool, password: bool) -> String {
    let at = |name: &str| folder.join(name).display().to_string();
    let mut text = format!(
        "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}, delete: {{enabled: true}}}}\n\
         http:\n  addr: 127.0.0.1:{port}\n",
        at("data")
    );
    if tls {
        text.push_str(&format!(
            "  tls: {{certificate: {}, key: {}}}\n",
            at("server.pem"),
            at("server.key")
        ));
    }
    if password {
        std::fs::write(folder.join("htpasswd"), format!("{USER}:{HASH}\n")).unwrap();
        text.push_str(&format!(
            "auth: {{htpasswd: {{realm: test, path: {}}}}}\n",
            at("htpasswd")
        ));
    }
    text
}

fn write_certificates(folder: &Path) {
    let named = |name: &str| {
        let mut named = rcgen::DistinguishedName::new();
        named.push(rcgen::DnType::CommonName, name);
        named
    };
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    // OpenSSL takes a certificate for self-signed whose names are the same.
    params.distinguished_name = named("test authority");
    params.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    let ca = rcgen::CertifiedIssuer::self_signed(params, key).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
    let mut params = rcgen::CertificateParams::new(names).unwrap();
    params.distinguished_name = named("test registry");
    // Clients that are strict want to know whose key signed it.
    params.use_authority_key_identifier_extension = true;
    let server = params.signed_by(&key, &ca).unwrap();
    std::fs::write(folder.join("ca.pem"), ca.pem()).unwrap();
    std::fs::write(folder.join("server.pem"), server.pem()).unwrap();
    std::fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
}

fn path_text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Whether it listens, before it ends or half a minute has gone by.
fn is_up(child: &mut Child, port: u16) -> bool {
    let until = Instant::now() + Duration::from_secs(30);
    while Instant::now() < until {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

/// Where scripts/setup put it, or the one on PATH.
fn binary() -> PathBuf {
    let unpacked = root().join(".tools/docker-registry/usr/bin/docker-registry");
    if unpacked.is_file() {
        return unpacked;
    }
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .map(|folder| folder.join("docker-registry"))
        .find(|path| path.is_file())
        .expect(
            "docker-registry is missing: run scripts/setup (Debian's package `docker-registry`)",
        )
}

/// The root of the checkout, from whichever crate this is compiled in.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .find(|folder| folder.join("scripts/setup").is_file())
        .expect("the checkout has scripts/setup")
}
