use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use super::*;

const VALUE: &[u8] = b"canary-3f9a1c77 with a space";

struct World {
    _folder: tempfile::TempDir,
    dirs: Dirs,
    file: AgeFile,
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().unwrap();
        let dirs = Dirs::under(folder.path());
        dirs.create().unwrap();
        World {
            file: AgeFile::of(&dirs, None),
            dirs,
            _folder: folder,
        }
    }

    fn with_secret() -> World {
        let world = World::new();
        world.file.set("token", VALUE).unwrap();
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dirs.config.join(name)
    }

    fn code(&self) -> &'static str {
        match self.file.get("token") {
            Ok(Some(value)) if value == VALUE => "read",
            Ok(_) => "not there",
            Err(error) => error.code(),
        }
    }
}

#[test]
fn what_is_kept_is_read_and_replaced_and_removed() {
    let world = World::new();
    assert_eq!(world.code(), "not there");
    assert!(!world.file.remove("token").unwrap());
    assert!(!world.path(FILE).exists() && !world.path(IDENTITY).exists());
    world.file.set("token", b"an older value").unwrap();
    world.file.set("other", b"another value").unwrap();
    world.file.set("token", VALUE).unwrap();
    assert_eq!(world.code(), "read");
    assert_eq!(world.file.names().unwrap(), ["other", "token"]);
    assert!(world.file.has("other").unwrap() && !world.file.has("o").unwrap());
    assert!(world.file.remove("token").unwrap());
    assert!(!world.file.remove("token").unwrap());
    assert_eq!(world.code(), "not there");
    assert_eq!(world.file.get("other").unwrap().unwrap(), b"another value");
}

#[test]
fn both_files_are_private_and_the_value_is_in_neither() {
    let world = World::with_secret();
    for name in [FILE, IDENTITY] {
        let path = world.path(name);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600, "{name}");
        let bytes = fs::read(&path).unwrap();
        for part in [VALUE, b"canary".as_slice(), b"token"] {
            assert!(!bytes.windows(part.len()).any(|it| it == part), "{name}");
        }
    }
    let names: Vec<_> = fs::read_dir(&world.dirs.config).unwrap().collect();
    assert_eq!(names.len(), 3, "and the lock: no temporary file is left");
}

#[test]
fn any_changed_byte_and_any_cut_is_found() {
    let world = World::with_secret();
    let good = fs::read(world.path(FILE)).unwrap();
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        fs::write(world.path(FILE), &bytes).unwrap();
        let code = world.code();
        assert!(
            matches!(code, "secret-file-damaged" | "secret-identity"),
            "{at}: {code}"
        );
        fs::write(world.path(FILE), &good[..at]).unwrap();
        let code = world.code();
        assert_eq!(code, "secret-file-damaged", "cut at {at}");
    }
    fs::write(world.path(FILE), [good.as_slice(), b"x"].concat()).unwrap();
    assert_eq!(world.code(), "secret-file-damaged");
    // And nothing is written over it: it may be mended from a copy.
    assert_eq!(
        world.file.set("new", VALUE).unwrap_err().code(),
        "secret-file-damaged"
    );
    fs::write(world.path(FILE), good).unwrap();
    assert_eq!(world.code(), "read");
}

#[test]
fn another_key_a_missing_one_and_one_that_is_none_are_told_apart() {
    let world = World::with_secret();
    let key = world.path(IDENTITY);
    let good = fs::read(&key).unwrap();
    let is = |says: &str| {
        for error in [
            world.file.get("token").map(drop).unwrap_err(),
            world.file.set("token", VALUE).unwrap_err(),
            world.file.remove("token").map(drop).unwrap_err(),
        ] {
            assert_eq!(error.code(), "secret-identity");
            assert!(error.to_string().contains(says), "{error}");
        }
    };
    fs::remove_file(&key).unwrap();
    is("is missing");
    assert!(!key.exists(), "none is made in its place");
    let write = |text: &[u8]| {
        fs::write(&key, text).unwrap();
        fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    };
    write(Identity::generate().to_string().expose_secret().as_bytes());
    is("not the one");
    for text in [
        b"".as_slice(),
        b"# nothing\n",
        b"AGE-SECRET-KEY-1",
        b"\xff\xfe",
        b"age1qqqq",
    ] {
        write(text);
        is("no X25519 identity");
    }
    write(&good);
    assert_eq!(world.code(), "read");
}

#[test]
fn files_that_others_could_use_are_refused() {
    let world = World::with_secret();
    for name in [FILE, IDENTITY] {
        let path = world.path(name);
        for mode in [0o640, 0o604, 0o660, 0o666] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert_eq!(world.code(), "secret-file-unsafe", "{name} {mode:o}");
        }
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let elsewhere = path.with_extension("moved");
        fs::rename(&path, &elsewhere).unwrap();
        symlink(&elsewhere, &path).unwrap();
        assert_eq!(world.code(), "secret-file-unsafe", "{name} is a link");
        fs::rename(&elsewhere, &path).unwrap();
        assert_eq!(world.code(), "read");
    }
    fs::set_permissions(&world.dirs.config, Permissions::from_mode(0o777)).unwrap();
    assert_eq!(world.code(), "secret-file-unsafe");
    fs::set_permissions(&world.dirs.config, Permissions::from_mode(0o700)).unwrap();
    assert_eq!(world.code(), "read");
}

#[test]
fn the_key_may_lie_elsewhere() {
    let world = World::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let key = elsewhere.path().join("remit.key");
    let file = AgeFile::of(&world.dirs, Some(key.clone()));
    file.set("token", VALUE).unwrap();
    assert!(key.exists() && !world.path(IDENTITY).exists());
    assert_eq!(file.get("token").unwrap().unwrap(), VALUE);
    // Without it, the file is of no use.
    assert_eq!(world.code(), "secret-identity");
    for nowhere in ["", "/", "/nowhere/at/all/key"] {
        let file = AgeFile::of(&world.dirs, Some(PathBuf::from(nowhere)));
        assert_eq!(
            file.get("token").unwrap_err().code(),
            "secret-identity",
            "{nowhere}"
        );
    }
}

#[test]
fn what_is_encrypted_must_be_secrets() {
    let world = World::with_secret();
    let identity = world.file.identity().unwrap().unwrap();
    let encrypt = |text: &[u8]| {
        let bytes = age::encrypt(&identity.to_public(), text).unwrap();
        write_file(&world.path(FILE), &bytes).unwrap();
    };
    for text in [
        b"token".as_slice(),
        b"../token value-of-it\n",
        b"\xff value-of-it\n",
        b" x\n",
    ] {
        encrypt(text);
        assert_eq!(
            world.code(),
            "secret-file-damaged",
            "{}",
            String::from_utf8_lossy(text)
        );
    }
    encrypt(b"token canary-3f9a1c77 with a space\n");
    assert_eq!(world.code(), "read");
}

#[test]
fn so_many_secrets_and_no_more() {
    let world = World::new();
    let mut content = Content::new();
    for number in 0..MAX_SECRETS {
        content.insert(format!("{number:064}"), Zeroizing::new(vec![b'x'; 8192]));
    }
    world.file.write(&content).unwrap();
    assert_eq!(
        world.file.names().unwrap().len(),
        MAX_SECRETS,
        "the largest is read whole"
    );
    assert_eq!(
        world.file.set("more", VALUE).unwrap_err().code(),
        "secret-file-full"
    );
    world.file.set(&format!("{:064}", 0), VALUE).unwrap();
    assert!(world.file.remove(&format!("{:064}", 1)).unwrap());
    world.file.set("more", VALUE).unwrap();
}

#[test]
fn all_that_are_set_at_once_are_kept() {
    let world = World::new();
    std::thread::scope(|scope| {
        for number in 0..8 {
            let file = &world.file;
            scope.spawn(move || file.set(&format!("token-{number}"), VALUE).unwrap());
        }
    });
    assert_eq!(world.file.names().unwrap().len(), 8);
}
