//! The unified diff of two trees, applied to the left one by the real Git, gives the right one.
#![cfg(unix)]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use proptest::prelude::*;
use storyline_diff::{Entry, Kind, Options, Pair, Report, Side, unified};
use storyline_stamp::{ReadError, TreePatch};
use storyline_text::RelPath;

/// What stands at each path.
type Files = BTreeMap<Vec<u8>, Stands>;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Stands {
    kind: Kind,
    bytes: Vec<u8>,
}

const PLAIN: Kind = Kind::File {
    executable: Some(false),
};
const PROGRAM: Kind = Kind::File {
    executable: Some(true),
};

struct Memory {
    entries: Vec<Entry>,
    files: Files,
}

impl Memory {
    fn new(files: &Files) -> Self {
        let entries = files.iter().map(|(path, stands)| Entry {
            path: RelPath::new(path).expect("a path of a project"),
            kind: stands.kind,
            hash: None,
        });
        Self {
            entries: entries.collect(),
            files: files.clone(),
        }
    }
}

impl Side for Memory {
    fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn read(&self, path: &RelPath) -> Result<Cow<'_, [u8]>, ReadError> {
        Ok(Cow::Borrowed(&self.files[path.as_bytes()].bytes))
    }
}

fn report(left: &Files, right: &Files, text: bool) -> Report {
    let (left, right) = (Memory::new(left), Memory::new(right));
    let pair = Pair::new(&left, &right).expect("nothing fails in memory");
    let options = Options {
        wanted: &|_| true,
        text,
    };
    let nothing = TreePatch::default();
    let report = pair.report(&nothing, &nothing, &options);
    let report = report.expect("nothing fails in memory");
    assert_eq!(pair.is_same(), report == Report::default());
    report
}

fn rendered(report: &Report) -> Vec<u8> {
    let mut out = Vec::new();
    for file in &report.files {
        unified(file, true, &mut |_, line, marks| {
            let ends = marks.iter().map(|mark| mark.end);
            assert!(
                ends.max().unwrap_or(0) <= line.len(),
                "marks are in their line"
            );
            out.write_all(line)
        })
        .expect("memory takes all");
    }
    out
}

fn write(folder: &Path, files: &Files) {
    for (path, stands) in files {
        let path = folder.join(OsStr::from_bytes(path));
        fs::create_dir_all(path.parent().expect("below the folder")).expect("a folder");
        if stands.kind == Kind::Symlink {
            symlink(OsStr::from_bytes(&stands.bytes), &path).expect("a link");
            continue;
        }
        fs::write(&path, &stands.bytes).expect("a file");
        let mode = if stands.kind == PROGRAM { 0o755 } else { 0o644 };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a file of ours");
    }
}

fn read(folder: &Path) -> Files {
    let mut files = Files::new();
    let mut open: Vec<PathBuf> = vec![folder.into()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(at).expect("a folder") {
            let path = entry.expect("an entry").path();
            let metadata = fs::symlink_metadata(&path).expect("an entry");
            let (kind, bytes) = if metadata.is_dir() {
                open.push(path);
                continue;
            } else if metadata.is_symlink() {
                let target = fs::read_link(&path).expect("a link");
                (Kind::Symlink, target.as_os_str().as_bytes().to_vec())
            } else {
                let executable = Some(metadata.permissions().mode() & 0o100 != 0);
                (Kind::File { executable }, fs::read(&path).expect("a file"))
            };
            let name = path.strip_prefix(folder).expect("it is below");
            let name = name.as_os_str().as_bytes().to_vec();
            files.insert(name, Stands { kind, bytes });
        }
    }
    files
}

/// Carries `patch` out in `folder`; what Git said when it refused.
fn git_apply(folder: &Path, patch: &[u8]) -> Result<(), String> {
    let mut git = Command::new("git")
        .args(["apply", "--whitespace=nowarn", "-"])
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CEILING_DIRECTORIES", "/")
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("git can be started");
    // Git may refuse before it has read everything.
    let _ = git.stdin.take().expect("a pipe").write_all(patch);
    let output = git.wait_with_output().expect("it ends");
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into()),
    }
}

#[track_caller]
fn check(left: &Files, right: &Files) {
    let patch = rendered(&report(left, right, true));
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path(), left);
    if left != right {
        let applied = git_apply(folder.path(), &patch);
        applied.unwrap_or_else(|told| panic!("{told}\n{}", patch.escape_ascii()));
    }
    assert_eq!(read(folder.path()), *right, "{}", patch.escape_ascii());
}

fn files(of: &[(&str, &str)]) -> Files {
    let stands = |bytes: &str| Stands {
        kind: PLAIN,
        bytes: bytes.into(),
    };
    of.iter()
        .map(|(path, bytes)| (path.as_bytes().to_vec(), stands(bytes)))
        .collect()
}

#[test]
fn a_whole_diff() {
    let left = files(&[
        ("gone.lkml", "view: gone {}\n"),
        ("here/moved.lkml", "view: moved {}\n"),
        ("lines.lkml", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12"),
        ("logo.png", "\0one"),
    ]);
    let mut right = files(&[
        ("lines.lkml", "1\ntwo\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n"),
        ("logo.png", "\0two"),
        ("new \"é\".lkml", "view: new {}\n"),
        ("there/moved.lkml", "view: moved {}\n"),
    ]);
    right.get_mut(&b"lines.lkml"[..]).expect("it is there").kind = PROGRAM;
    check(&left, &right);
    let report = report(&left, &right, false);
    insta::assert_snapshot!(String::from_utf8_lossy(&rendered(&report)), @r#"
    diff --git a/gone.lkml b/gone.lkml
    deleted file mode 100644
    --- a/gone.lkml
    +++ /dev/null
    @@ -1 +0,0 @@
    -view: gone {}
    diff --git a/lines.lkml b/lines.lkml
    old mode 100644
    new mode 100755
    --- a/lines.lkml
    +++ b/lines.lkml
    @@ -1,5 +1,5 @@
     1
    -2
    +two
     3
     4
     5
    @@ -9,4 +9,4 @@
     9
     10
     11
    -12
    \ No newline at end of file
    +12
    diff --git a/logo.png b/logo.png
    Binary files a/logo.png and b/logo.png differ
    diff --git "a/new \"\303\251\".lkml" "b/new \"\303\251\".lkml"
    new file mode 100644
    --- /dev/null
    +++ "b/new \"\303\251\".lkml"	
    @@ -0,0 +1 @@
    +view: new {}
    diff --git a/here/moved.lkml b/there/moved.lkml
    similarity index 100%
    rename from here/moved.lkml
    rename to there/moved.lkml
    "#);
    let folder = tempfile::tempdir().expect("a temporary folder");
    write(folder.path(), &left);
    let refused = git_apply(folder.path(), &rendered(&report));
    assert!(
        refused.is_err(),
        "Git does not take bytes that are not there"
    );
}

#[test]
fn a_file_becomes_a_folder_and_a_link_a_file() {
    let link = |target: &str| Stands {
        kind: Kind::Symlink,
        bytes: target.into(),
    };
    let mut left = files(&[("a", "same bytes\n"), ("b/c", "c\n"), ("e", "e\n")]);
    left.insert(b"d".into(), link("e"));
    let mut right = files(&[("a/b", "same bytes\n"), ("b", "c\n"), ("d", "e\n")]);
    right.insert(b"e".into(), link("somewhere/else"));
    check(&left, &right);
    check(&right, &left);
}

fn any_line() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => "[abc ]{0,3}\n".prop_map(String::into_bytes),
        1 => "[ab]\r\n".prop_map(String::into_bytes),
        1 => Just(b"caf\xe9 \xff\n".to_vec()),
        1 => Just(b"\x1b[31m\0\n".to_vec()),
        1 => Just(b"--- a/x\n".to_vec()),
        1 => Just(b"\\ No newline\n".to_vec()),
    ]
}

fn any_stands() -> impl Strategy<Value = Stands> {
    let lines = proptest::collection::vec(any_line(), 0..12);
    (lines, any::<bool>(), 0..8).prop_map(|(lines, cut, kind)| {
        let mut bytes = lines.concat();
        if cut {
            bytes.pop();
        }
        match kind {
            0 => Stands {
                kind: Kind::Symlink,
                bytes: b"target\n of a link"[..1 + bytes.len() % 17].into(),
            },
            1 => Stands {
                kind: PROGRAM,
                bytes,
            },
            _ => Stands { kind: PLAIN, bytes },
        }
    })
}

fn any_path() -> impl Strategy<Value = Vec<u8>> {
    let component = prop_oneof![
        4 => "[a-c]{1,2}".prop_map(String::into_bytes),
        1 => "[ab\"\\\\ \t\né\u{1b}]{1,3}".prop_map(String::into_bytes),
        1 => Just(b"\xff\xfe".to_vec()),
        1 => Just(b"a => b".to_vec()),
        1 => Just(b" a b/ c ".to_vec()),
    ];
    proptest::collection::vec(component, 1..3).prop_map(|components| components.join(&b'/'))
}

/// Files of which none is a folder of another, and none has a name that Git refuses.
fn any_files() -> impl Strategy<Value = Files> {
    proptest::collection::btree_map(any_path(), any_stands(), 0..7).prop_map(|files| {
        let paths: Vec<_> = files.keys().cloned().collect();
        let is_folder = |path: &[u8]| {
            let inside = [path, b"/"].concat();
            paths.iter().any(|other| other.starts_with(&inside))
        };
        let kept = files.into_iter().filter(|(path, _)| !is_folder(path));
        kept.collect()
    })
}

/// A tree and what became of it: some files as they were, some with other lines, some elsewhere.
fn any_pair() -> impl Strategy<Value = (Files, Files)> {
    (any_files(), any_files(), any::<u64>()).prop_map(|(left, mut right, choice)| {
        for (index, (path, stands)) in left.iter().enumerate() {
            let choice = choice >> (2 * index) & 3;
            let taken = right.keys().any(|other| {
                let (a, b) = ([path, &b"/"[..]].concat(), [other, &b"/"[..]].concat());
                a.starts_with(&b) || b.starts_with(&a)
            });
            if choice == 0 || taken {
                continue;
            }
            let mut stands = stands.clone();
            if choice == 1 && stands.kind != Kind::Symlink {
                stands.bytes.extend_from_slice(b"one more\n");
            }
            right.insert(path.clone(), stands);
        }
        (left, right)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn git_makes_the_right_tree_from_the_left_one((left, right) in any_pair()) {
        check(&left, &right);
        check(&right, &left);
    }
}
