//! A world for a plugin's unit tests: folders, configuration and http answers, on this thread only.
//!
//! ```
//! use remit_plugin::{config, testing::World};
//!
//! World::new().config("folder", "/notes").run(|| {
//!     assert_eq!(config::get("folder").unwrap().as_deref(), Some("/notes"));
//! });
//! ```

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::http::{Request, Response};
use crate::log::Level;

type Answer = Box<dyn Fn(&Request) -> Response>;

/// What a plugin finds around it. Nothing is there that was not put in.
#[derive(Default)]
pub struct World {
    config: BTreeMap<String, String>,
    mounts: BTreeMap<String, PathBuf>,
    http: Option<Answer>,
    log: Vec<(Level, String)>,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::new(World::default());
}

impl World {
    /// A world with nothing in it.
    pub fn new() -> World {
        World::default()
    }

    /// Configures a value.
    pub fn config(mut self, key: &str, value: &str) -> World {
        self.config.insert(key.to_string(), value.to_string());
        self
    }

    /// Mounts a folder of this machine.
    pub fn mount(mut self, guest: &str, host: impl AsRef<Path>) -> World {
        self.mounts
            .insert(guest.to_string(), host.as_ref().to_path_buf());
        self
    }

    /// Answers requests.
    pub fn http(mut self, answer: impl Fn(&Request) -> Response + 'static) -> World {
        self.http = Some(Box::new(answer));
        self
    }

    /// Runs `act` in this world and returns what it gave.
    pub fn run<T>(self, act: impl FnOnce() -> T) -> T {
        self.run_logged(act).0
    }

    /// Runs `act` in this world and returns what it gave and logged.
    pub fn run_logged<T>(self, act: impl FnOnce() -> T) -> (T, Vec<(Level, String)>) {
        let before = WORLD.replace(self);
        let result = act();
        let after = WORLD.replace(before);
        (result, after.log)
    }
}

pub(crate) fn config(key: &str) -> Option<String> {
    WORLD.with_borrow(|world| world.config.get(key).cloned())
}

pub(crate) fn log(level: Level, message: &str) {
    WORLD.with_borrow_mut(|world| world.log.push((level, message.to_string())));
}

pub(crate) fn answer(request: &Request) -> Option<Response> {
    WORLD.with_borrow(|world| world.http.as_ref().map(|answer| answer(request)))
}

pub(crate) fn real_path(path: &str) -> Option<PathBuf> {
    WORLD.with_borrow(|world| {
        let mut found = world.mounts.iter().filter_map(|(mount, host)| {
            let rest = path.strip_prefix(mount.as_str())?;
            (rest.is_empty() || rest.starts_with('/')).then(|| host.join(rest.trim_matches('/')))
        });
        found.next_back()
    })
}
