//! Where Remit keeps its own state on this machine.

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::codes::Code;
use crate::error::PackageError;
use crate::file::shown;

/// The folders of Remit's own state: under `$REMIT_HOME` where that is set, else the XDG base directories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dirs {
    /// What must be kept: the store, approvals, the audit log.
    pub data: PathBuf,
    /// What can be made again: compiled code.
    pub cache: PathBuf,
    /// What a person wrote: the operator's policy, secrets.
    pub config: PathBuf,
}

impl Dirs {
    /// From this process's environment. Makes nothing yet.
    pub fn from_env() -> Result<Dirs, PackageError> {
        Dirs::resolve(|name| std::env::var_os(name))
    }

    /// From any environment: `$REMIT_HOME`, else `$XDG_DATA_HOME`, `$XDG_CACHE_HOME` and `$XDG_CONFIG_HOME`,
    /// else `$HOME`. A relative `$REMIT_HOME` starts at the current folder; a relative XDG folder is ignored, as
    /// that specification says.
    pub fn resolve(var: impl Fn(&str) -> Option<OsString>) -> Result<Dirs, PackageError> {
        let set = |name: &str| {
            var(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        if let Some(home) = set("REMIT_HOME") {
            let home = std::path::absolute(&home)
                .map_err(|error| PackageError::io(shown(&home), error))?;
            return Ok(Dirs::under(&home));
        }
        let home = set("HOME").filter(|home| home.is_absolute());
        let folder = |name: &str, fallback: &str| {
            set(name)
                .filter(|path| path.is_absolute())
                .or_else(|| home.as_ref().map(|home| home.join(fallback)))
                .map(|base| base.join("remit"))
                .ok_or_else(|| {
                    PackageError::new(
                        Code::DirsUnknown,
                        format!("none of REMIT_HOME, {name} and HOME names a folder"),
                    )
                    .hinted("set REMIT_HOME to a folder of your own")
                })
        };
        Ok(Dirs {
            data: folder("XDG_DATA_HOME", ".local/share")?,
            cache: folder("XDG_CACHE_HOME", ".cache")?,
            config: folder("XDG_CONFIG_HOME", ".config")?,
        })
    }

    /// All three under one folder, as `$REMIT_HOME` does.
    pub fn under(home: &Path) -> Dirs {
        Dirs {
            data: home.join("data"),
            cache: home.join("cache"),
            config: home.join("config"),
        }
    }

    /// Makes the folders that are missing, for their owner only (0700).
    pub fn create(&self) -> Result<(), PackageError> {
        [&self.data, &self.cache, &self.config]
            .into_iter()
            .try_for_each(|path| private_folder(path))
    }
}

/// Makes a folder that only its owner may enter, with its parents, if it is missing.
pub fn private_folder(path: &Path) -> Result<(), PackageError> {
    let fail = |error: io::Error| {
        PackageError::no_folder(path, "for Remit's own data", error)
            .hinted("set REMIT_HOME to a folder of your own")
    };
    let made = std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path);
    made.map_err(fail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn dirs(vars: &[(&str, &str)]) -> Result<Dirs, PackageError> {
        Dirs::resolve(|name| {
            let found = vars.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| value.into())
        })
    }

    #[test]
    fn remit_home_goes_before_xdg_and_xdg_before_home() {
        let all = [
            ("REMIT_HOME", "/r"),
            ("XDG_DATA_HOME", "/d"),
            ("HOME", "/h"),
        ];
        assert_eq!(dirs(&all).unwrap(), Dirs::under(Path::new("/r")));
        let xdg = dirs(&all[1..]).unwrap();
        assert_eq!(xdg.data, Path::new("/d/remit"));
        assert_eq!(xdg.cache, Path::new("/h/.cache/remit"));
        assert_eq!(xdg.config, Path::new("/h/.config/remit"));
    }

    #[test]
    fn relative_and_empty_folders_are_no_folders() {
        let relative = dirs(&[("XDG_DATA_HOME", "d"), ("HOME", "/h")]).unwrap();
        assert_eq!(relative.data, Path::new("/h/.local/share/remit"));
        assert!(dirs(&[("REMIT_HOME", "r")]).unwrap().data.is_absolute());
        for vars in [vec![], vec![("HOME", "")], vec![("HOME", "h")]] {
            assert_eq!(dirs(&vars).unwrap_err().code(), "dirs-unknown");
        }
    }

    #[test]
    fn the_folders_are_made_private_and_making_them_twice_is_fine() {
        let root = tempfile::tempdir().unwrap();
        let dirs = Dirs::under(&root.path().join("a/b"));
        dirs.create().unwrap();
        dirs.create().unwrap();
        for path in [&dirs.data, &dirs.cache, &dirs.config] {
            let mode = std::fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
    }
}
