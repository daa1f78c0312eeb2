//! Which folder of the host stands behind each files grant.

use std::path::{Path, PathBuf};

use remit_package::{Dirs, RunDir};
use remit_policy::{Authority, HostPath};
use remit_sandbox::{Mount, SandboxError};

use crate::error::RunError;

/// What the roots of host paths are in one run or call.
pub(crate) struct Roots<'a> {
    /// What `./` is: the skill's folder, or where `remit call` was started.
    pub(crate) skill: &'a Path,
    /// What `{run}` is.
    pub(crate) run: Option<&'a RunDir>,
    /// Remit's own, which nothing may reach.
    pub(crate) dirs: &'a Dirs,
}

/// The mounts of a plugin: those of its grants that needs and policy let through, in the order of
/// [`Authority::mounts`]. Folders of the run are made.
pub(crate) fn resolve(authority: &Authority, roots: &Roots<'_>) -> Result<Vec<Mount>, RunError> {
    authority
        .mounts()
        .into_iter()
        .map(|(_, grant)| {
            let guest = grant.mount.as_str();
            Ok(Mount {
                guest: guest.to_owned(),
                host: host_folder(&grant.path, guest, roots)?,
            })
        })
        .collect()
}

fn host_folder(path: &HostPath, mount: &str, roots: &Roots<'_>) -> Result<PathBuf, RunError> {
    let refuse = |reason: String, forbidden| SandboxError::Mount {
        mount: mount.to_owned(),
        reason,
        forbidden,
    };
    let found = |path: PathBuf| {
        path.canonicalize()
            .map_err(|e| refuse(format!("{}: {e}", path.display()), false))
    };
    let folder = match path {
        HostPath::Skill(rel) => {
            let root = found(roots.skill.to_owned())?;
            let folder = found(root.join(rel))?;
            // A link in the skill must not make another folder its own.
            if !folder.starts_with(&root) {
                let reason = format!("./{rel} is a link that leads out of {}", root.display());
                return Err(refuse(reason, true).into());
            }
            folder
        }
        HostPath::Run(rel) => {
            let run = roots.run.ok_or_else(|| {
                SandboxError::Call(
                    "`{run}` is the folder of a run, and a single call has none".to_owned(),
                )
            })?;
            if !rel.is_empty() {
                run.dir()
                    .create_dir_all(rel)
                    .map_err(|e| RunError::io(format!("{{run}}/{rel}"), e))?;
            }
            found(run.path().join(rel))?
        }
        HostPath::Home(rel) => {
            let home = std::env::home_dir().filter(|home| home.is_absolute());
            found(
                home.ok_or_else(|| refuse("there is no home folder".to_owned(), false))?
                    .join(rel),
            )?
        }
        HostPath::Absolute(path) => found(PathBuf::from(path))?,
        HostPath::Any => return Err(refuse("a grant names one folder".to_owned(), true).into()),
    };
    for own in [&roots.dirs.data, &roots.dirs.cache, &roots.dirs.config] {
        let own = own.canonicalize().unwrap_or_else(|_| own.clone());
        if folder.starts_with(&own) || own.starts_with(&folder) {
            return Err(refuse("Remit keeps its own data there".to_owned(), true).into());
        }
    }
    Ok(folder)
}

/// Where a grant's folder lies, as far as it can be told before there is a run: to see which of them meet.
pub(crate) fn foreseen(path: &HostPath, skill: &Path) -> PathBuf {
    let place = match path {
        HostPath::Skill(rel) => skill.join(rel),
        // It is not there yet, and nothing else can lie in it.
        HostPath::Run(rel) => return foreseen_in_run(rel),
        HostPath::Home(rel) => std::env::home_dir().unwrap_or_default().join(rel),
        HostPath::Absolute(path) => PathBuf::from(path),
        HostPath::Any => PathBuf::from("/"),
    };
    place.canonicalize().unwrap_or(place)
}

/// The same for a path in the run's folder.
pub(crate) fn foreseen_in_run(rel: &str) -> PathBuf {
    let run = PathBuf::from("{run}");
    match rel {
        "" => run,
        rel => run.join(rel),
    }
}
