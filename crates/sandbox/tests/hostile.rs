//! What a manifest, a clone or an environment may hold, and that none of it starts a program.
#![cfg(unix)]

mod common;

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};

use common::{Place, branch, push, url, variables, write_program};
use storyline_repo::{Git, NetError, RefName, Repository, Url};

/// A place with a file that programs leave when they run.
struct Trap {
    place: Place,
    canary: PathBuf,
}

impl Trap {
    fn new() -> Self {
        let place = Place::new();
        let canary = place.top.join("canary");
        Self { place, canary }
    }

    /// A command that leaves the file.
    fn bait(&self) -> String {
        format!("touch {}", self.canary.display())
    }

    /// A program in a folder that leaves the file.
    fn program(&self, path: &Path) {
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("our folder");
        write_program(path, &self.bait());
    }

    #[track_caller]
    fn check(&self, what: &str) {
        assert!(!self.canary.exists(), "{what} has started a program");
    }

    /// Git with these variables besides the user's.
    fn git(&self, more: &[(&str, OsString)]) -> Git {
        let more = more
            .iter()
            .map(|(name, value)| (name.into(), value.clone()));
        let all = variables(&self.place.home).into_iter().chain(more);
        Git::new(all).with_protocols("file http".parse().expect("known protocols"))
    }
}

#[test]
fn variables_of_git() {
    let trap = Trap::new();
    let programs = trap.place.top.join("programs");
    for name in [
        "git",
        "git-remote-https",
        "git-upload-pack",
        "git-receive-pack",
        "ssh",
    ] {
        trap.program(&programs.join(name));
    }
    let bait = trap.bait();
    let parameters = format!(
        "'core.sshcommand={bait}' 'core.hookspath={}'",
        programs.display()
    );
    let variables: Vec<(&str, OsString)> = vec![
        ("GIT_SSH_COMMAND", bait.clone().into()),
        ("GIT_SSH", programs.join("ssh").into()),
        ("GIT_ASKPASS", programs.join("ssh").into()),
        ("GIT_PROXY_COMMAND", bait.clone().into()),
        ("GIT_EXTERNAL_DIFF", bait.clone().into()),
        ("GIT_EXEC_PATH", programs.clone().into()),
        ("GIT_CONFIG_PARAMETERS", parameters.into()),
        ("GIT_CONFIG_COUNT", "1".into()),
        ("GIT_CONFIG_KEY_0", "core.sshCommand".into()),
        ("GIT_CONFIG_VALUE_0", bait.into()),
        ("GIT_ALLOW_PROTOCOL", "ext:file".into()),
        ("GIT_DIR", "/nowhere".into()),
        ("GIT_WORK_TREE", "/nowhere".into()),
        ("GIT_OBJECT_DIRECTORY", "/nowhere".into()),
        ("GIT_NAMESPACE", "other".into()),
        ("git_ssh_command", "false".into()),
    ];
    let git = trap.git(&variables);
    let repository = trap.place.repository();
    let ssh = url("ssh://git@127.0.0.1:1/looker.git");
    git.list(&repository, &ssh, &[])
        .expect_err("nobody listens there");
    trap.place.there_and_back(&git, &trap.place.path());
    trap.check("a variable");
}

#[test]
fn programs_of_the_project() {
    let trap = Trap::new();
    for folder in [
        trap.place.clone.join(".git"),
        trap.place.clone.clone(),
        trap.place.clone.join(".git/bin"),
    ] {
        trap.program(&folder.join("git"));
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let git = trap.git(&[("PATH", format!(".:bin::{path}").into())]);
    trap.place.there_and_back(&git, &trap.place.path());
    trap.check("a folder of PATH");
}

#[test]
fn hooks_of_the_clone() {
    let trap = Trap::new();
    let git_dir = trap.place.clone.join(".git");
    for folder in [git_dir.join("hooks"), git_dir.join("mine")] {
        for hook in [
            "pre-push",
            "reference-transaction",
            "post-checkout",
            "post-merge",
            "fsmonitor",
        ] {
            trap.program(&folder.join(hook));
        }
    }
    let config = git_dir.join("config");
    let before = fs::read_to_string(&config).expect("it is there");
    let mine = git_dir.join("mine").display().to_string();
    let settings = format!("[core]\nhooksPath = {mine}\nfsmonitor = {mine}/fsmonitor\n");
    let git = trap.git(&[]);
    let remote = trap.place.path();
    let first = trap.place.tip(&trap.place.clone, "HEAD");
    for (folder, settings) in [("hooks", ""), ("mine", settings.as_str())] {
        fs::write(&config, before.clone() + settings).expect("a file");
        let repository = trap.place.repository();
        let pushed = git.push(&repository, &remote, &[push(folder, None, first)]);
        pushed.expect("it is not there");
        let name = RefName::new(&format!("refs/storyline/remote/dev1/{folder}"));
        let name = name.expect("a name");
        let fetched = git.fetch(&repository, &remote, &[(branch(folder), name)]);
        assert_eq!(fetched.expect("it is there").found.len(), 1);
    }
    trap.check("a hook");
}

#[test]
fn what_settings_make_of_an_address() {
    let trap = Trap::new();
    trap.place.configure(&format!(
        "[url \"ext::{} %S \"]\ninsteadOf = https://git.example.com/\n[protocol]\nallow = always\n",
        trap.bait()
    ));
    let address = url("https://git.example.com/x");
    let listed = trap.git(&[]).list(&trap.place.repository(), &address, &[]);
    listed.expect_err("it is not allowed");
    trap.check("a protocol");
    let error = trap
        .place
        .program()
        .list(&trap.place.repository(), &trap.place.path(), &[]);
    let error = error.expect_err("paths are not allowed unless said");
    assert!(
        matches!(error, NetError::ProtocolNotAllowed { .. }),
        "{error}"
    );
}

#[test]
fn addresses_and_refs() {
    let trap = Trap::new();
    let (git, repository) = (trap.git(&[]), trap.place.repository());
    let canary = trap.canary.display();
    for address in [
        "-x".to_owned(),
        format!("ext::sh -c touch% {canary}"),
        format!("EXT::touch {canary}"),
        format!("--upload-pack=touch {canary}"),
        format!("--upload-pack=touch {canary};"),
        format!("ssh://-oProxyCommand=touch {canary}/x"),
        format!("ssh://%2doProxyCommand=touch%20{canary}/x"),
        format!("-oProxyCommand=touch {canary}:x"),
        format!("git@-oProxyCommand=touch {canary}:x"),
        format!("https://127.0.0.1:1/x\r\n--upload-pack=touch {canary}"),
        format!("{}\n", trap.place.remote.display()),
        format!("ssh://git@127.0.0.1:1/$(touch {canary})"),
        format!("git@127.0.0.1:'; touch {canary}; '"),
        format!("/$(touch {canary})"),
        format!("/nowhere/`touch {canary}`"),
        format!("file:///nowhere/;touch%20{canary}"),
        format!("https://127.0.0.1:1/;touch {canary}"),
    ] {
        if let Ok(address) = Url::parse(&address) {
            let listed = git.list(&repository, &address, &["refs/"]);
            listed.expect_err("there is nothing");
        }
        trap.check(&address);
    }
    for name in [
        "-x",
        "--upload-pack=x",
        "HEAD",
        "main",
        "refs/heads/-x",
        "refs/heads/a b",
        "refs/heads/a:b",
        "+refs/heads/x",
        "^refs/heads/x",
        "refs/heads/*",
        "refs/heads/a..b",
        "refs/heads/a\nb",
        "refs/heads/a\r",
        "refs/heads/@{u}",
        "refs/heads/a~1",
        "refs/heads/a.lock",
        "refs/",
        "",
    ] {
        RefName::new(name).expect_err(name);
    }
}

/// Only an administrator can give a folder away.
#[test]
#[expect(clippy::print_stdout, reason = "a test that did not run has to say so")]
fn repositories_of_others() {
    const SOMEBODY: Option<u32> = Some(54321);
    let trap = Trap::new();
    let place = &trap.place;
    let git = trap.git(&[]);
    let repository = place.repository();
    if chown(&place.remote, SOMEBODY, None).is_err() {
        println!("skipped: repositories of others: only root can make one");
        return;
    }
    let error = git
        .list(&repository, &place.path(), &[])
        .expect_err("it is not ours");
    let told = error.diagnostic();
    assert_eq!(told.id, "remote-unreachable");
    assert!(told.help[0].contains("dubious ownership"), "{told:?}");
    for folder in [place.clone.clone(), place.clone.join(".git")] {
        chown(folder, SOMEBODY, None).expect("we could before");
    }
    let error = Repository::discover(&place.clone).expect_err("it is not ours");
    assert_eq!(error.diagnostic().id, "repository-not-owned");
}
