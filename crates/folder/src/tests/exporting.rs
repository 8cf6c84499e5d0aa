//! A changed copy elsewhere.

use std::fs;
use std::path::Path;

use storyline_stamp::TreePatch;

use super::{change, folder, patch, snapshot, told};
use crate::{ExportError, Exported, Folder};

fn project() -> tempfile::TempDir {
    let dir = folder(&[
        (".git/config", "secret"),
        ("a.lkml", "a"),
        ("views/b.view.lkml", "b"),
        ("views/run.sh", "#!/bin/sh"),
        ("module/.git", "gitdir: elsewhere"),
        ("module/file", "not ours"),
        ("void/in/void/", ""),
    ]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{PermissionsExt, symlink};
        symlink("/nowhere/at/all", dir.path().join("views/link")).expect("a link");
        symlink("../a.lkml", dir.path().join("views/near")).expect("a link");
        for (name, mode) in [
            ("views/run.sh", 0o775),
            ("a.lkml", 0o600),
            ("views/b.view.lkml", 0o444),
        ] {
            let mode = fs::Permissions::from_mode(mode);
            fs::set_permissions(dir.path().join(name), mode).expect("ours");
        }
    }
    dir
}

fn changes() -> TreePatch {
    patch([
        change("a.lkml", "new/a_dev.lkml", "a", "A"),
        change("views/b.view.lkml", "views/b.view.lkml", "b", "B"),
    ])
}

/// What an export into `dest`, beside the project, is refused with; nothing else may have changed.
fn refused(
    prepare: impl FnOnce(&Path),
    patch: &TreePatch,
    dest: impl FnOnce(&Path) -> std::path::PathBuf,
) -> String {
    let outer = folder(&[("project/a.lkml", "a"), ("taken/file", "x")]);
    let project = Folder::open(outer.path().join("project")).expect("a folder");
    prepare(outer.path());
    let before = snapshot(outer.path());
    let error = project
        .export(patch, &dest(outer.path()))
        .expect_err("refused");
    assert_eq!(snapshot(outer.path()), before);
    let outer = fs::canonicalize(outer.path()).expect("a folder");
    told(&error.diagnostic()).replace(&outer.display().to_string(), "DIR")
}

#[test]
fn the_whole_copy() {
    let project = project();
    let before = snapshot(project.path());
    let outer = folder(&[("there/", "")]);
    let opened = Folder::open(project.path()).expect("a folder");
    for dest in ["fresh", "there"] {
        let dest = outer.path().join(dest);
        let exported = opened
            .export(&changes(), &dest)
            .expect("nothing in the way");
        assert_eq!(
            exported,
            Exported {
                files: 5,
                changed: 2
            }
        );
    }
    assert_eq!(snapshot(project.path()), before);
    assert_eq!(fs::read_dir(outer.path()).expect("a folder").count(), 2);
    assert_eq!(
        snapshot(&outer.path().join("fresh")),
        snapshot(&outer.path().join("there"))
    );
    insta::assert_snapshot!(snapshot(&outer.path().join("fresh")), @"
    module d
    new d
    new/a_dev.lkml 600 A
    views d
    views/b.view.lkml 444 B
    views/link -> /nowhere/at/all
    views/near -> ../a.lkml
    views/run.sh 775 #!/bin/sh
    void d
    void/in d
    void/in/void d
    ");
}

#[test]
fn destinations_that_are_refused() {
    let none = TreePatch::default();
    insta::assert_snapshot!(refused(|_| {}, &none, |d| d.join("taken")), @"
    export-not-empty: DIR/taken is not an empty folder
      help: nothing was written
      help: name a folder that does not exist yet
    ");
    insta::assert_snapshot!(refused(|_| {}, &none, |d| d.join("taken/file")), @"
    export-not-empty: DIR/taken/file is not an empty folder
      help: nothing was written
      help: name a folder that does not exist yet
    ");
    insta::assert_snapshot!(refused(|_| {}, &none, |d| d.join("project/copy")), @"
    export-overlap: DIR/project/copy and the project lie in one another
      help: nothing was written
      help: name a folder beside the project
    ");
    insta::assert_snapshot!(refused(|_| {}, &none, |d| d.join("taken/../project/copy")), @"
    export-overlap: DIR/project/copy and the project lie in one another
      help: nothing was written
      help: name a folder beside the project
    ");
    insta::assert_snapshot!(refused(|_| {}, &none, |d| d.join("missing/copy")), @"
    export-failed: cannot make DIR/missing/copy: No such file or directory (os error 2)
      help: the project is unchanged
      help: mend what the system says, or name another folder
    ");
    insta::assert_snapshot!(refused(|_| {}, &none, |d| d.join("..")), @"
    export-not-empty: DIR/.. is not an empty folder
      help: nothing was written
      help: name a folder that does not exist yet
    ");
}

#[test]
fn a_project_that_changed_meanwhile() {
    let edit = patch([change("a.lkml", "a.lkml", "a", "A")]);
    let write = |d: &Path| fs::write(d.join("project/a.lkml"), "b").expect("writes");
    insta::assert_snapshot!(refused(write, &edit, |d| d.join("copy")), @"
    changed-meanwhile: a.lkml was changed while the command ran
      at a.lkml
      help: run the command again when nobody else is changing the project
      help: nothing was written
    ");
    let remove = |d: &Path| fs::remove_file(d.join("project/a.lkml")).expect("removes");
    insta::assert_snapshot!(refused(remove, &edit, |d| d.join("copy")), @"
    export-failed: cannot copy a.lkml: No such file or directory (os error 2)
      at a.lkml
      help: the unfinished copy was removed, the project is unchanged
    ");
    insta::assert_snapshot!(refused(remove, &TreePatch::default(), |d| d.join("copy")), @"
    export-failed: cannot copy a.lkml: No such file or directory (os error 2)
      at a.lkml
      help: the unfinished copy was removed, the project is unchanged
    ");
    let other = patch([change("other.lkml", "a2.lkml", "a", "A")]);
    insta::assert_snapshot!(refused(|_| {}, &other, |d| d.join("copy")), @"
    changed-meanwhile: other.lkml was changed while the command ran
      at other.lkml
      help: run the command again when nobody else is changing the project
      help: nothing was written
    ");
}

#[cfg(unix)]
#[test]
fn a_project_around_the_destination_is_seen_through_links() {
    let outer = folder(&[("project/a.lkml", "a")]);
    let door = outer.path().join("door");
    std::os::unix::fs::symlink("project", &door).expect("a link");
    let project = Folder::open(outer.path().join("project")).expect("a folder");
    let error = project.export(&TreePatch::default(), &door.join("copy"));
    assert!(matches!(error, Err(ExportError::Overlap { .. })));
    let error = project.export(&TreePatch::default(), &door);
    assert!(matches!(error, Err(ExportError::NotEmpty { .. })));
}
