//! Packing: always the same, and nothing that could not be unpacked.

use super::*;
use remit_package::Digest;
use std::os::unix::fs::symlink;

fn skill_folder() -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("weekly");
    std::fs::create_dir_all(folder.join("templates")).unwrap();
    std::fs::write(folder.join("SKILL.md"), DOC).unwrap();
    std::fs::write(folder.join("templates/b.j2"), "b").unwrap();
    std::fs::write(folder.join("templates/a.j2"), "a").unwrap();
    (root, folder)
}

#[test]
fn packing_is_the_same_wherever_and_whenever() {
    let (_root, folder) = skill_folder();
    let first = pack(&folder).unwrap();
    assert_eq!(first.digest, Digest::of(&first.bytes));
    assert_eq!(
        first.files,
        ["SKILL.md", "templates/a.j2", "templates/b.j2"]
    );
    use std::os::unix::fs::PermissionsExt;
    let (_other, copy) = skill_folder();
    let file = std::fs::File::options()
        .write(true)
        .open(copy.join("SKILL.md"))
        .unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    file.set_permissions(PermissionsExt::from_mode(0o755))
        .unwrap();
    std::fs::create_dir_all(copy.join("runs/1")).unwrap();
    std::fs::write(copy.join("runs/1/report.md"), "x").unwrap();
    std::fs::write(copy.join(".env"), "x").unwrap();
    std::fs::create_dir(copy.join("empty")).unwrap();
    assert_eq!(pack(&copy).unwrap().bytes, first.bytes);
    assert_eq!(pack(&copy.join("../weekly/")).unwrap().bytes, first.bytes);
    std::fs::write(copy.join("templates/a.j2"), "c").unwrap();
    assert_ne!(pack(&copy).unwrap().digest, first.digest);
}

#[test]
fn what_is_packed_is_unpacked_as_it_was() {
    let (_root, folder) = skill_folder();
    let packed = pack(&folder).unwrap();
    let (found, _root) = is_taken(&packed.bytes);
    assert_eq!(found.files, packed.files.len());
    for file in &packed.files {
        assert_eq!(
            std::fs::read(found.root.join(file)).unwrap(),
            std::fs::read(folder.join(file)).unwrap()
        );
    }
    assert_eq!(pack(&found.root).unwrap().bytes, packed.bytes);
}

#[test]
fn a_folder_with_links_pipes_or_strange_names_is_not_packed() {
    let breaks: [&dyn Fn(&Path); 6] = [
        &|folder| symlink("SKILL.md", folder.join("link")).unwrap(),
        &|folder| symlink("/etc", folder.join("templates/link")).unwrap(),
        &|folder| std::fs::write(folder.join("new\nline"), "").unwrap(),
        &|folder| std::fs::write(folder.join("skill.MD"), "").unwrap(),
        &|folder| std::fs::write(folder.join("x".repeat(200)), "").unwrap(),
        &|folder| std::fs::create_dir_all(folder.join("d/".repeat(20))).unwrap(),
    ];
    for make in breaks {
        let (_root, folder) = skill_folder();
        assert!(pack(&folder).is_ok());
        make(&folder);
        assert_eq!(pack(&folder).unwrap_err().code(), "archive-unsafe");
    }
    let (root, folder) = skill_folder();
    let hidden = root.path().join(".weekly");
    std::fs::rename(folder, &hidden).unwrap();
    assert_eq!(pack(&hidden).unwrap_err().code(), "archive-unsafe");
}
