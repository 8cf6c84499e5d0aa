//! What is listed, what is read, and what is too large.

use std::fs;

use storyline_stamp::FileSet;
use storyline_text::Visible;

use super::{folder, path};
use crate::Folder;
use crate::folder::Limits;

fn listed(folder: &Folder) -> String {
    let entries = folder.entries().iter();
    let mut lines: Vec<String> = entries
        .map(|entry| format!("{} {:?} {}", entry.path, entry.kind, entry.size))
        .collect();
    lines.extend(
        folder
            .listing
            .empty
            .iter()
            .map(|path| format!("{path} empty")),
    );
    lines.push(format!("{} skipped", folder.skipped()));
    lines.join("\n")
}

#[test]
fn the_listing() {
    let dir = folder(&[
        (".git/config", ""),
        (".storyline/undo/lock", ""),
        ("a/b.lkml", "four"),
        ("a.lkml", ""),
        ("a-b/c", "c"),
        ("a/.git-not", ""),
        ("nested/.git/config", ""),
        ("nested/file", ""),
        ("module/.git", "gitdir: elsewhere"),
        ("module/deep/file", ""),
        ("void/in/void/", ""),
    ]);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/", dir.path().join("a/link")).expect("a link");
        let socket = dir.path().join("socket");
        drop(std::os::unix::net::UnixListener::bind(socket).expect("a socket"));
    }
    let folder = Folder::open(dir.path()).expect("a folder");
    insta::assert_snapshot!(listed(&folder), @"
    a-b/c File 1
    a.lkml File 0
    a/.git-not File 0
    a/b.lkml File 4
    a/link Symlink 0
    module Submodule 0
    nested Submodule 0
    void/in/void empty
    1 skipped
    ");
}

#[cfg(unix)]
#[test]
fn names_are_bytes() {
    use std::os::unix::ffi::OsStrExt;
    let dir = folder(&[]);
    let name = b"caf\xe9 \xff.lkml";
    fs::write(dir.path().join(std::ffi::OsStr::from_bytes(name)), "latin").expect("writes");
    let folder = Folder::open(dir.path()).expect("a folder");
    let entry = &folder.entries()[0];
    assert_eq!(entry.path.as_bytes(), name);
    assert_eq!(&*folder.read(&entry.path).expect("reads"), b"latin");
    insta::assert_snapshot!(listed(&folder), @r"
    caf\xe9 \xff.lkml File 5
    0 skipped
    ");
}

#[cfg(unix)]
#[test]
fn only_regular_files_are_read() {
    use std::os::unix::fs::symlink;
    let dir = folder(&[("a", "a"), ("b/c", "c"), ("link/", ""), ("outside", "out")]);
    fs::remove_dir(dir.path().join("link")).expect("removes");
    symlink("a", dir.path().join("link")).expect("a link");
    let folder = Folder::open(dir.path()).expect("a folder");
    // Afterwards a file becomes a link, a folder a link that leads out, a file a pipe's kind.
    let at = |name: &str| dir.path().join(name);
    fs::remove_file(at("a")).expect("removes");
    symlink("outside", at("a")).expect("a link");
    fs::rename(at("b"), at("b-before")).expect("renames");
    symlink("/etc", at("b")).expect("a link");
    fs::remove_file(at("outside")).expect("removes");
    drop(std::os::unix::net::UnixListener::bind(at("outside")).expect("a socket"));
    let said = |name: &str| match folder.read(&path(name)) {
        Ok(bytes) => format!("{name}: {}", Visible(&bytes)),
        Err(error) => error.to_string(),
    };
    let all = ["a", "b/c", "link", "outside", "missing", "b/passwd"].map(said);
    insta::assert_snapshot!(all.join("\n"), @"
    cannot read a: it is not a regular file
    cannot read b/c: a path led outside of the filesystem
    cannot read link: it is no regular file of this folder
    cannot read outside: it is not a regular file
    cannot read missing: it is no regular file of this folder
    cannot read b/passwd: it is no regular file of this folder
    ");
}

#[test]
fn limits_name_both_sizes() {
    let dir = folder(&[
        ("a", "12345"),
        ("b", "12345"),
        ("c", "12345"),
        ("large", "1234567"),
    ]);
    let limits = Limits {
        file: 6,
        project: 12,
    };
    let folder = Folder::open_with(dir.path(), limits).expect("a folder");
    let said = |name: &str| match folder.read(&path(name)) {
        Ok(bytes) => format!("{name}: {} bytes", bytes.len()),
        Err(error) => error.to_string(),
    };
    // A file that is read twice counts once.
    let all = ["large", "a", "b", "a", "c"].map(said);
    insta::assert_snapshot!(all.join("\n"), @"
    cannot read large: it is 7 bytes long, the limit is 6
    a: 5 bytes
    b: 5 bytes
    a: 5 bytes
    cannot read c: the files read so far are 15 bytes long together, the limit is 12
    ");
}

#[test]
fn a_file_above_the_limit_is_not_read() {
    let dir = folder(&[("large", "")]);
    let file = fs::File::create(dir.path().join("large")).expect("a file");
    file.set_len(crate::MAX_FILE + 1).expect("a sparse file");
    let folder = Folder::open(dir.path()).expect("a folder");
    let error = folder.read(&path("large")).expect_err("too large");
    insta::assert_snapshot!(error, @"cannot read large: it is 268435457 bytes long, the limit is 268435456");
}
