//! A forge by SSH: OpenSSH's own server, which lets one key in, to Git alone.
//!
//! We listen, and start one `sshd` a connection as `inetd` would. So there is no port to be guessed
//! and no daemon to be waited for.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::listener::Listener;

/// Where `sshd` of Debian and its kin has to find a folder when an administrator starts it.
const EMPTY: &str = "/run/sshd";

/// A server on a port of its own, until it is dropped.
#[derive(Debug)]
pub struct SshServer {
    listener: Listener,
    user: String,
    folder: PathBuf,
}

impl SshServer {
    /// Serves all repositories below `root` to whoever has the key that is made for this, with the
    /// program `sshd`. Keys and settings are kept in `folder`, which has to be there.
    ///
    /// # Errors
    /// When keys cannot be made, files cannot be written, or the system gives us no port.
    pub fn start(sshd: &Path, folder: &Path, root: &Path) -> io::Result<Self> {
        let settings = folder.join("sshd_config");
        let sshd = sshd.to_owned();
        let listener = Listener::start(move |client| {
            let client = OwnedFd::from(client);
            let mut session = Command::new(&sshd);
            session.arg("-i").arg("-f").arg(&settings);
            session.stdin(client.try_clone()?).stdout(client);
            // It ends when its client leaves.
            session.stderr(Stdio::null()).status().map(drop)
        })?;
        let server = Self {
            listener,
            user: printed(Command::new("id").arg("-un"))?,
            folder: folder.into(),
        };
        server.prepare(root)?;
        Ok(server)
    }

    /// The URL of the repository with this path below the root.
    pub fn url(&self, repository: &str) -> String {
        format!(
            "ssh://{}@{}/{repository}",
            self.user,
            self.listener.address()
        )
    }

    /// What a user has to put into the setting `core.sshCommand` to be let in.
    pub fn command(&self) -> String {
        format!(
            "ssh -F /dev/null -i {} -o IdentitiesOnly=yes -o UserKnownHostsFile={}",
            self.file("user").display(),
            self.file("known_hosts").display()
        )
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn prepare(&self, root: &Path) -> io::Result<()> {
        for key in ["host", "user"] {
            let mut keygen = Command::new("ssh-keygen");
            keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", "sandbox", "-f"]);
            printed(keygen.arg(self.file(key)))?;
        }
        let host = fs::read_to_string(self.file("host.pub"))?;
        let address = self.listener.address();
        let known = format!("[{}]:{} {host}", address.ip(), address.port());
        fs::write(self.file("known_hosts"), known)?;
        let gate = self.file("gate");
        fs::write(&gate, GATE.replace("ROOT", &root.display().to_string()))?;
        fs::set_permissions(&gate, fs::Permissions::from_mode(0o755))?;
        let settings = [
            ("HostKey", self.file("host").display().to_string()),
            (
                "AuthorizedKeysFile",
                self.file("user.pub").display().to_string(),
            ),
            ("ForceCommand", gate.display().to_string()),
            ("AcceptEnv", "GIT_PROTOCOL".into()),
            ("PasswordAuthentication", "no".into()),
            ("KbdInteractiveAuthentication", "no".into()),
            ("PermitRootLogin", "prohibit-password".into()),
            ("DisableForwarding", "yes".into()),
            ("PidFile", "none".into()),
            // Whose the temporary folders above are is no matter here.
            ("StrictModes", "no".into()),
            ("UsePAM", "no".into()),
            ("UseDNS", "no".into()),
        ];
        let lines = settings.map(|(name, value)| format!("{name} {value}\n"));
        fs::write(self.file("sshd_config"), lines.concat())?;
        // Only an administrator can make it, and only an administrator's server needs it.
        let _ = fs::create_dir(EMPTY);
        Ok(())
    }
}

/// What a session runs, whatever its client asked for: `git-upload-pack '/looker.git'` or
/// `git-receive-pack '/looker.git'`.
const GATE: &str = r#"#!/bin/sh
verb=${SSH_ORIGINAL_COMMAND%% *}
path=${SSH_ORIGINAL_COMMAND#* \'/}
path=${path%\'}
case $verb in
git-upload-pack | git-receive-pack) ;;
*) echo "only Git is served here" >&2 && exit 1 ;;
esac
case $path in
*..* | *\'* | /*) echo "there is no such repository" >&2 && exit 1 ;;
esac
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
exec git "${verb#git-}" "ROOT/$path"
"#;

/// What a program prints, without the line's end.
fn printed(command: &mut Command) -> io::Result<String> {
    let output = command.stdin(Stdio::null()).output()?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(io::Error::other(errors.trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().into())
}
