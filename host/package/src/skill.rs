//! A skill: a folder with SKILL.md and, if it uses plugins, skill.toml.

use std::path::{Path, PathBuf};

use remit_policy::display_safe;

use crate::codes::Code;
use crate::component::Component;
use crate::digest::Digest;
use crate::error::PackageError;
use crate::folder::SkillDir;
use crate::lock::{LOCK_FILE, Lock};
use crate::manifest::{ComponentRef, MANIFEST_FILE, MAX_MANIFEST_BYTES, Manifest};
use crate::place::Place;
use crate::skill_digest::{Covered, CoveredFile, digest_of, not_covered};
use crate::skill_doc::{MAX_SKILL_DOC_BYTES, SKILL_FILE, SkillDoc};
use crate::store::Store;

/// A skill that was read and is well formed. Whether it can work is found by `remit check`.
#[derive(Debug)]
pub struct Skill {
    /// Its folder.
    pub folder: SkillDir,
    /// Its name, which is the folder's.
    pub name: String,
    /// SKILL.md.
    pub doc: SkillDoc,
    /// skill.toml; empty, so granting nothing, if there is none.
    pub manifest: Manifest,
    /// Over all files that make the skill: SKILL.md, skill.toml and every other file of the folder, without
    /// what a `files` grant mounts (that is data), hidden names, `runs/` and remit.lock.
    pub digest: Digest,
    covered: Covered,
}

impl Skill {
    /// Opens the skill in this folder.
    pub fn open(path: &Path) -> Result<Skill, PackageError> {
        let folder = SkillDir::open(path)?;
        let folder_name = folder
            .path()
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let text =
            folder
                .read_text(SKILL_FILE, MAX_SKILL_DOC_BYTES)
                .map_err(|error| match error.kind() {
                    Code::FileMissing => {
                        let folder = display_safe(&folder_name, 80);
                        let message = format!("the folder `{folder}` has no SKILL.md");
                        PackageError::new(Code::SkillDocMissing, message)
                            .hinted("a skill is a folder that holds SKILL.md")
                    }
                    _ => error,
                })?;
        let doc = SkillDoc::parse(&text, &folder_name)?;
        let written = match folder.read_text(MANIFEST_FILE, MAX_MANIFEST_BYTES) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == Code::FileMissing => None,
            Err(error) => return Err(error),
        };
        let manifest = match &written {
            Some(text) => Manifest::parse(MANIFEST_FILE, text)?,
            None => Manifest::default(),
        };
        let covered = digest_of(&folder, &manifest)?;
        // Both were read before they were digested.
        covered.check(SKILL_FILE, text.as_bytes())?;
        if let Some(written) = &written {
            covered.check(MANIFEST_FILE, written.as_bytes())?;
        }
        Ok(Skill {
            name: doc.name.clone(),
            digest: covered.digest,
            covered,
            folder,
            doc,
            manifest,
        })
    }

    /// Reads a text that decides what the skill does, such as a template: only one that the skill's digest covers, and
    /// only as it was when the skill was opened.
    pub fn read_covered(&self, rel: &str, max: u64) -> Result<String, PackageError> {
        let text = self.folder.read_text(rel, max)?;
        self.covered.check(rel, text.as_bytes())?;
        Ok(text)
    }

    /// The component of the plugin of that name, inspected (or known to the store from before).
    ///
    /// Its path may lead out of the skill's folder, since skills share plugins: the file must be a component,
    /// and no more of it reaches anyone than its name and what is wrong with it.
    pub fn component(&self, plugin: &str, store: &Store) -> Result<Component, PackageError> {
        let Some(used) = self.manifest.plugins.get(plugin) else {
            let plugin = display_safe(plugin, 80);
            let message = format!("the skill declares no plugin `{plugin}`");
            return Err(
                PackageError::new(Code::ManifestReference, message).at(Place::file(MANIFEST_FILE))
            );
        };
        let found = match &used.component {
            ComponentRef::Path(path) => {
                let file = self.component_path(path);
                store
                    .open_component(&file)
                    .map_err(|error| match error.kind() {
                        Code::FileMissing => error.hinted(to_build(&file)),
                        _ => error,
                    })
            }
            ComponentRef::Digest(digest) => store.component(digest),
            ComponentRef::Reference(reference) => self.referred(plugin, reference, store),
        };
        found.map_err(|error| match error.place() {
            Some(_) => error,
            None => error.at(used.place.clone()),
        })
    }

    /// A component by the digest that remit.lock pins for its reference; never one that was not pinned.
    fn referred(
        &self,
        plugin: &str,
        reference: &str,
        store: &Store,
    ) -> Result<Component, PackageError> {
        let missing = |message: String| {
            let folder = crate::file::shown(self.folder.path());
            PackageError::new(Code::NotInstalled, message)
                .hinted(format!("`remit install {folder}` fetches it and pins it"))
        };
        let lock = Lock::read(&self.folder)?.unwrap_or_default();
        let Some(locked) = lock.plugins.get(plugin) else {
            return Err(missing(format!("{LOCK_FILE} does not pin {reference}")));
        };
        if locked.source != reference {
            let pinned = display_safe(&locked.source, 300);
            return Err(missing(format!(
                "{LOCK_FILE} pins {pinned}, where {MANIFEST_FILE} names {reference}"
            )));
        }
        store
            .component(&locked.digest)
            .map_err(|error| match error.kind() {
                Code::StoreMissing => missing(format!("{reference} is pinned and not installed")),
                _ => error,
            })
    }

    /// Whether the skill's digest covers the file: what it leaves out is data, hidden, or a run's.
    pub fn covers(&self, rel: &str) -> bool {
        self.covered.file(rel).is_some()
    }

    /// The files that the skill's digest covers, in the order of their paths. What it leaves out is not among them.
    pub fn files(&self) -> impl Iterator<Item = (&str, &CoveredFile)> {
        self.covered.files()
    }

    /// The file of exactly this path, if the skill's digest covers it: another spelling of the path is none.
    pub fn file(&self, rel: &str) -> Option<&CoveredFile> {
        self.covered.exactly(rel)
    }

    /// Reads such a file, whatever it holds, and only as it was when the skill was opened. A link is not followed.
    pub fn read_file(&self, rel: &str, max: u64) -> Result<Vec<u8>, PackageError> {
        if self.file(rel).is_none_or(|file| file.link) {
            return Err(not_covered(rel));
        }
        let bytes = self.folder.read(rel, max)?;
        self.covered.check(rel, &bytes)?;
        Ok(bytes)
    }

    /// A `component` path, which is relative to the skill's folder.
    pub fn component_path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }
}

/// What to do about a component that is not there: `remit build` writes it to `build/` in the plugin's project, and a
/// project that is there has not been built.
fn to_build(file: &Path) -> String {
    let build = file.parent().filter(|it| it.ends_with("build"));
    // Without the `..` of skill.toml, and as short as it can be typed here.
    let project = build
        .and_then(Path::parent)
        .and_then(|it| it.canonicalize().ok());
    let Some(project) = project.filter(|it| it.is_dir()) else {
        return "build the plugin first, or correct `component`".to_owned();
    };
    let here = std::env::current_dir().unwrap_or_default();
    let typed = project.strip_prefix(&here).unwrap_or(&project);
    format!(
        "build the plugin first: `remit build {}`",
        crate::file::shown(typed)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("demo");
        for (name, text) in files {
            let file = path.join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        (root, path)
    }

    const DOC: (&str, &str) = ("SKILL.md", "---\nname: demo\ndescription: d\n---\n");

    #[test]
    fn a_skill_without_a_manifest_grants_nothing() {
        let (_root, path) = folder(&[DOC]);
        let skill = Skill::open(&path).unwrap();
        assert_eq!(skill.name, "demo");
        assert!(skill.manifest.plugins.is_empty() && skill.manifest.steps.is_empty());
    }

    #[test]
    fn a_folder_without_a_skill_md_is_no_skill() {
        let (_root, path) = folder(&[("skill.toml", "")]);
        assert_eq!(Skill::open(&path).unwrap_err().code(), "skill-md-missing");
    }

    #[test]
    fn orders_in_the_prose_change_no_grant() {
        let orders = "---\nname: demo\ndescription: grant network *\nallowed-tools: Bash(*)\n---\ngrant http *\n";
        let (_root, path) = folder(&[
            ("SKILL.md", orders),
            ("skill.toml", "version = \"0.1.0\"\n"),
        ]);
        assert!(Skill::open(&path).unwrap().manifest.plugins.is_empty());
    }

    #[test]
    fn the_digest_is_over_what_makes_the_skill() {
        let digest = |files: &[(&str, &str)]| {
            let (_root, path) = folder(files);
            Skill::open(&path).unwrap().digest
        };
        let base = digest(&[DOC, ("a.md.j2", "x")]);
        assert_eq!(base, digest(&[("a.md.j2", "x"), DOC]));
        for same in [".git/config", "runs/1/report.md", "remit.lock"] {
            assert_eq!(
                base,
                digest(&[DOC, ("a.md.j2", "x"), (same, "y")]),
                "{same}"
            );
        }
        for other in [("a.md.j2", "y"), ("b.md.j2", "x")] {
            assert_ne!(base, digest(&[DOC, other]), "{other:?}");
        }
        assert_ne!(base, digest(&[DOC]));
    }

    const READER: &str = "[plugins.reader]\ncomponent = \"../reader.wasm\"\n\n[[plugins.reader.files]]\npath = \"data\"\nmount = \"/data\"\n";

    #[test]
    fn data_that_a_plugin_is_given_is_not_in_the_digest_and_a_template_in_it_is() {
        let digest = |data: &str, template: &str, steps: &str| {
            let manifest = format!("{READER}{steps}");
            let files = [
                DOC,
                ("skill.toml", manifest.as_str()),
                ("data/mail/1.eml", data),
                ("data/t.j2", template),
            ];
            let (_root, path) = folder(&files);
            Skill::open(&path).unwrap().digest
        };
        let steps = "[[steps]]\nid = \"a\"\ntemplate = \"data/t.j2\"\noutput = \"a\"\n";
        assert_eq!(digest("1", "t", ""), digest("2", "t", ""));
        assert_eq!(digest("1", "t", steps), digest("2", "t", steps));
        assert_ne!(digest("1", "t", steps), digest("1", "u", steps));
    }

    #[test]
    fn a_link_counts_by_what_is_read_through_it() {
        let digest = |data: &str| {
            let files = [DOC, ("skill.toml", READER), ("data/t.j2", data)];
            let (_root, path) = folder(&files);
            std::os::unix::fs::symlink("data/t.j2", path.join("t.j2")).unwrap();
            Skill::open(&path).unwrap().digest
        };
        assert_eq!(digest("1"), digest("1"));
        assert_ne!(digest("1"), digest("2"));
    }

    #[test]
    fn files_are_what_the_digest_covers_each_under_one_spelling() {
        let files = [
            DOC,
            ("skill.toml", READER),
            ("sub/a.md", "a"),
            ("data/1.eml", "mail"),
            (".hidden", "h"),
            ("runs/1/run.json", "{}"),
        ];
        let (_root, path) = folder(&files);
        std::os::unix::fs::symlink("data/1.eml", path.join("link")).unwrap();
        let skill = Skill::open(&path).unwrap();
        let seen: Vec<_> = skill
            .files()
            .map(|(path, file)| (path, file.link))
            .collect();
        let listed = [
            ("SKILL.md", false),
            ("link", true),
            ("skill.toml", false),
            ("sub/a.md", false),
        ];
        assert_eq!(seen, listed);
        assert_eq!(skill.read_file("sub/a.md", 9).unwrap(), b"a");
        let size = skill.file("sub/a.md").unwrap().size;
        assert_eq!(size, 1);
        for other in [
            "./sub/a.md",
            "sub/../sub/a.md",
            "sub//a.md",
            "link",
            "data/1.eml",
            ".hidden",
            "runs/1/run.json",
        ] {
            let refused = skill.read_file(other, 9).unwrap_err();
            assert_eq!(refused.code(), "file-not-covered", "{other}");
        }
        std::fs::write(path.join("sub/a.md"), "b").unwrap();
        let changed = skill.read_file("sub/a.md", 9).unwrap_err();
        assert_eq!(changed.code(), "digest-mismatch");
    }

    #[test]
    fn what_decides_is_read_only_if_the_digest_covers_it_and_only_as_it_was() {
        let files = [
            DOC,
            ("skill.toml", READER),
            ("t.j2", "t"),
            ("inner/t.j2", "i"),
            ("data/t.j2", "d"),
            (".hidden/t.j2", "h"),
            ("runs/1/t.j2", "r"),
        ];
        let (_root, path) = folder(&files);
        std::os::unix::fs::symlink("data", path.join("more")).unwrap();
        std::os::unix::fs::symlink("data/t.j2", path.join("linked.j2")).unwrap();
        let skill = Skill::open(&path).unwrap();
        for (rel, text) in [
            ("t.j2", "t"),
            ("./t.j2", "t"),
            ("inner/../t.j2", "t"),
            ("inner/t.j2", "i"),
            ("linked.j2", "d"),
        ] {
            assert_eq!(skill.read_covered(rel, 9).unwrap(), text, "{rel}");
        }
        for rel in [
            "data/t.j2",
            ".hidden/t.j2",
            "runs/1/t.j2",
            "more/t.j2",
            "inner/../data/t.j2",
        ] {
            let error = skill.read_covered(rel, 9).unwrap_err();
            assert_eq!(error.code(), "file-not-covered", "{rel}");
        }
        std::fs::write(path.join("t.j2"), "u").unwrap();
        std::fs::write(path.join("data/t.j2"), "e").unwrap();
        for rel in ["t.j2", "linked.j2"] {
            let error = skill.read_covered(rel, 9).unwrap_err();
            assert_eq!(error.code(), "digest-mismatch", "{rel}");
        }
        assert!(skill.read_covered("inner/t.j2", 9).is_ok());
    }

    #[test]
    fn a_manifest_or_document_that_is_a_link_out_is_refused() {
        for name in ["SKILL.md", "skill.toml"] {
            let (root, path) = folder(&[DOC, ("skill.toml", "")]);
            let outside = root.path().join("outside");
            std::fs::rename(path.join(name), &outside).unwrap();
            std::os::unix::fs::symlink(&outside, path.join(name)).unwrap();
            assert_eq!(Skill::open(&path).unwrap_err().code(), "path-outside-skill");
            std::fs::remove_file(path.join(name)).unwrap();
            std::fs::rename(&outside, path.join(name)).unwrap();
            assert!(Skill::open(&path).is_ok());
        }
    }

    #[test]
    fn a_component_in_a_project_that_is_not_built_is_said_to_be_built_first() {
        let used = "[plugins.reader]\ncomponent = \"../reader/build/reader.wasm\"\n";
        let (root, path) = folder(&[DOC, ("skill.toml", used)]);
        std::fs::create_dir(root.path().join("reader")).unwrap();
        let store = Store::open(&crate::Dirs::under(root.path())).unwrap();
        let skill = Skill::open(&path).unwrap();
        // There may be no `build/` yet.
        let missing = skill.component("reader", &store).unwrap_err();
        let project = root.path().join("reader").canonicalize().unwrap();
        let hint = format!(
            "build the plugin first: `remit build {}`",
            project.display()
        );
        assert_eq!(
            (missing.code(), missing.hint()),
            ("file-missing", Some(hint))
        );
    }

    #[test]
    fn a_reference_is_looked_up_by_the_digest_that_is_pinned_for_it() {
        let component = b"\0asm\x0d\0\x01\0";
        let reference = "oci://registry.test/reader:1";
        let used = format!("[plugins.reader]\ncomponent = \"{reference}\"\n");
        let (root, path) = folder(&[DOC, ("skill.toml", &used)]);
        let store = Store::open(&crate::Dirs::under(root.path())).unwrap();
        let skill = Skill::open(&path).unwrap();
        let code = || match skill.component("reader", &store) {
            Ok(_) => "",
            Err(error) => {
                assert!(error.hint().unwrap().contains("remit install"), "{error}");
                error.code()
            }
        };
        assert_eq!(code(), "not-installed", "nothing is pinned");
        // In the store, and still nobody has said that it is this reference.
        let digest = store.put(component).unwrap();
        assert_eq!(code(), "not-installed");
        let description = crate::description::tests::mail();
        let mut locked = crate::LockedPlugin {
            source: "oci://registry.test/reader:2".into(),
            resolved: None,
            version: description.version.clone(),
            digest,
            signer: None,
            description,
        };
        let mut pin = |source: &str, digest| {
            (locked.source, locked.digest) = (source.to_owned(), digest);
            let plugins = [("reader".to_owned(), locked.clone())].into();
            let lock = Lock {
                plugins,
                skill: None,
            };
            lock.write(&skill.folder).unwrap();
        };
        pin("oci://registry.test/reader:2", digest);
        assert_eq!(code(), "not-installed", "another tag is pinned");
        pin(reference, Digest::of(b"other"));
        assert_eq!(code(), "not-installed", "it is not in the store");
        pin(reference, digest);
        assert_eq!(code(), "");
    }

    #[test]
    fn a_component_is_found_beside_the_skill_or_by_its_digest() {
        let component = b"\0asm\x0d\0\x01\0";
        let digest = Digest::of(component);
        let pinned = format!("{READER}[plugins.pinned]\ncomponent = \"{digest}\"\n");
        let (root, path) = folder(&[DOC, ("skill.toml", &pinned)]);
        let store = Store::open(&crate::Dirs::under(root.path())).unwrap();
        let skill = Skill::open(&path).unwrap();
        let missing = skill.component("reader", &store).unwrap_err();
        assert_eq!(missing.code(), "file-missing");
        assert_eq!(missing.line(), Some(1), "{missing}");
        let hint = missing.hint().unwrap();
        assert!(hint.contains("correct `component`"), "{hint}");
        let missing = skill.component("pinned", &store).unwrap_err();
        assert_eq!(missing.code(), "store-missing");
        assert_eq!(
            skill.component("other", &store).unwrap_err().code(),
            "manifest-reference"
        );

        std::fs::write(root.path().join("reader.wasm"), component).unwrap();
        store.put(component).unwrap();
        for plugin in ["reader", "pinned"] {
            assert_eq!(skill.component(plugin, &store).unwrap().digest, digest);
        }
        std::fs::write(root.path().join("reader.wasm"), "text").unwrap();
        let wrong = skill.component("reader", &store).unwrap_err();
        assert_eq!(wrong.code(), "component-not-wasm");
    }
}
