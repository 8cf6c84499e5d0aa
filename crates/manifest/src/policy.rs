//! What a stage asks of the stories that are to land on it, and who may say that one is accepted there.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use storyline_text::{Diagnostic, Visible};

use crate::error::Place;
use crate::file::{Landing, Map, StageTable, Text};
use crate::manifest::Environment;
use crate::settings::Reader;

/// Types of keys that sign. Certificates are none: who holds one is decided elsewhere.
const KEY_TYPES: [&str; 7] = [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "ssh-rsa",
];

/// What means more than itself in a principal of OpenSSH's `allowed_signers`.
const PATTERNS: [char; 6] = ['*', '?', '!', ',', '"', '#'];

/// What a stage asks of stories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagePolicy {
    /// How a promotion gets onto the stage's branch.
    pub landing: Landing,
    /// Stages on which a revision has to be accepted before it lands here, in the order in which the
    /// manifest names them. The stage itself may be among them: an approval before it lands.
    pub accepted_in: Vec<String>,
    /// How long a revision has to have been on the stages before.
    pub soak: Option<Duration>,
    /// How many different people have to accept a revision on this stage for it to count as accepted
    /// there; at least 1.
    pub approvals: usize,
    /// Who may accept and release. With none, everybody may, and nothing proves who it was.
    pub approvers: Vec<Approver>,
}

/// Somebody whose signature counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approver {
    /// The name that the key stands for: an address, mostly. One person may have several keys.
    pub principal: String,
    /// The public key: its type and its bytes in Base64, with one space between.
    pub key: String,
}

/// That of a stage of which the manifest says nothing.
pub(crate) static DEFAULT: StagePolicy = StagePolicy {
    landing: Landing::Push,
    accepted_in: Vec::new(),
    soak: None,
    approvals: 1,
    approvers: Vec::new(),
};

impl Default for StagePolicy {
    fn default() -> Self {
        DEFAULT.clone()
    }
}

impl StagePolicy {
    /// Whether what people say of revisions is taken as it is, since no list says who may.
    pub fn is_advisory(&self) -> bool {
        self.approvers.is_empty()
    }

    /// The approvers as OpenSSH reads them: a line each, for signatures that Git makes alone.
    pub fn allowed_signers(&self) -> String {
        let lines = self.approvers.iter();
        let lines = lines
            .map(|Approver { principal, key }| format!("{principal} namespaces=\"git\" {key}\n"));
        lines.collect()
    }
}

impl Reader<'_> {
    pub(crate) fn policies(
        &mut self,
        table: &Map<StageTable>,
        pipeline: &[Vec<String>],
        environments: &BTreeMap<String, Environment>,
    ) -> BTreeMap<String, StagePolicy> {
        let mut policies = BTreeMap::new();
        for (stage, table) in table {
            let table = &table.value;
            let environment = environments.get(&stage.value);
            if environment.is_some_and(|environment| environment.follows_canonical) {
                self.refuse_on_follower(table);
            }
            let approvers = self.approvers(&table.approvers);
            let policy = StagePolicy {
                landing: table.landing.as_ref().map(|l| l.value).unwrap_or_default(),
                accepted_in: self.accepted_in(stage, &table.accepted_in, pipeline),
                soak: self.duration(&table.soak),
                approvals: self.approvals(table, &approvers),
                approvers,
            };
            policies.insert(stage.value.clone(), policy);
        }
        policies
    }

    /// What lands on a stage that follows canonical is decided where stories land on canonical.
    fn refuse_on_follower(&mut self, table: &StageTable) {
        let first = table.accepted_in.first();
        let spans = [
            ("landing", table.landing.as_ref().map(|l| l.span)),
            ("accepted_in", first.map(|stage| stage.span)),
            ("soak", table.soak.as_ref().map(|soak| soak.span)),
        ];
        for (key, span) in spans {
            let Some(span) = span else { continue };
            let title = format!("`{key}` of a stage that follows canonical means nothing");
            let diagnostic = Diagnostic::error("stage-follows-canonical", title)
                .label(
                    self.place(span)
                        .label("stories get here by landing on canonical"),
                )
                .help("take it away, or the environment's `follows = \"canonical\"`");
            self.report.push(diagnostic);
        }
    }

    fn accepted_in(
        &mut self,
        stage: &Text,
        names: &[Text],
        pipeline: &[Vec<String>],
    ) -> Vec<String> {
        let known: Vec<&str> = pipeline.iter().flatten().map(String::as_str).collect();
        let group = |name: &str| pipeline.iter().position(|g| g.iter().any(|s| s == name));
        let own = group(&stage.value);
        let mut seen = BTreeMap::new();
        for name in names {
            self.once("duplicate-stage", "stage", name, &mut seen);
            let of = group(&name.value);
            if of.is_none() {
                self.unknown(name, "stage", "stages in `pipeline.stages`", &known);
            } else if own.is_some() && of > own {
                let (name_shown, stage) = (visible(name), visible(stage));
                let title = format!("`{name_shown}` comes after `{stage}` in the pipeline");
                let diagnostic = Diagnostic::error("later-stage", title)
                    .label(self.place(name.span).label("nothing could ever land"))
                    .help(format!("name `{stage}` itself, or stages before it"));
                self.report.push(diagnostic);
            }
        }
        names.iter().map(|name| name.value.clone()).collect()
    }

    fn approvals(&mut self, table: &StageTable, approvers: &[Approver]) -> usize {
        let Some(wanted) = &table.approvals else {
            return DEFAULT.approvals;
        };
        let people: BTreeSet<&str> = approvers.iter().map(|a| a.principal.as_str()).collect();
        let number = usize::try_from(wanted.value).unwrap_or(0);
        let problem = if number == 0 {
            Some((
                "nothing is accepted by nobody".into(),
                "write 1, or take it away",
            ))
        } else if !table.approvers.is_empty() && number > people.len() {
            let title = format!("{number} approvals, and only {} may approve", people.len());
            Some((title, "ask for fewer, or add people to `approvers`"))
        } else {
            None
        };
        if let Some((title, help)) = problem {
            let diagnostic = Diagnostic::error("bad-approvals", title)
                .label(self.place(wanted.span).label(""))
                .help(help);
            self.report.push(diagnostic);
        }
        number
    }

    fn approvers(&mut self, lines: &[Text]) -> Vec<Approver> {
        let mut seen: BTreeMap<String, Place> = BTreeMap::new();
        let mut approvers = Vec::new();
        for line in lines {
            let place = self.place(line.span);
            match approver(&line.value) {
                Err(reason) => {
                    let shown = Visible(line.value.as_bytes());
                    let title = format!("`{shown}` is nobody who may approve: {reason}");
                    let diagnostic = Diagnostic::error("bad-approver", title)
                        .label(place.label(""))
                        .help("write a name and a public key: `ada@example.com ssh-ed25519 AAAA…`");
                    self.report.push(diagnostic);
                }
                Ok(approver) => match seen.get(&approver.key) {
                    None => {
                        seen.insert(approver.key.clone(), place);
                        approvers.push(approver);
                    }
                    // OpenSSH would take whoever stands first.
                    Some(first) => {
                        let diagnostic =
                            Diagnostic::error("duplicate-approver", "a key is there twice")
                                .label(place.label("again"))
                                .label(first.label("first"))
                                .help("take one of them away: a key stands for one person");
                        self.report.push(diagnostic);
                    }
                },
            }
        }
        approvers
    }
}

fn visible(text: &Text) -> Visible<'_> {
    Visible(text.value.as_bytes())
}

/// Reads `PRINCIPAL TYPE KEY`, with a comment behind it if there is one.
fn approver(line: &str) -> Result<Approver, String> {
    let mut words = line.split_ascii_whitespace();
    let (Some(principal), Some(kind), Some(key)) = (words.next(), words.next(), words.next())
    else {
        return Err("it is no name with a public key".into());
    };
    let odd = |c: char| Visible::hides(c) || c.is_whitespace() || PATTERNS.contains(&c);
    if let Some(c) = principal.chars().find(|c| odd(*c)) {
        return Err(format!(
            "its name holds `{}`",
            Visible(c.to_string().as_bytes())
        ));
    }
    if !KEY_TYPES.contains(&kind) {
        let kind = Visible(kind.as_bytes());
        return Err(format!(
            "`{kind}` is no type of key; options are not allowed"
        ));
    }
    let bytes = STANDARD.decode(key).unwrap_or_default();
    // A key's bytes begin with its type again, behind the four bytes of its length.
    let inner = bytes.split_at_checked(4).and_then(|(length, rest)| {
        let length = u32::from_be_bytes(length.try_into().ok()?);
        rest.split_at_checked(usize::try_from(length).ok()?)
    });
    match inner {
        Some((inner, rest)) if inner == kind.as_bytes() && !rest.is_empty() => Ok(Approver {
            principal: principal.into(),
            key: format!("{kind} {key}"),
        }),
        _ => Err(format!("its key is no key of type {kind} in Base64")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key that nobody has.
    const KEY: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

    fn check(line: &str, expect: Result<&str, &str>) {
        let read = approver(&line.replace("KEY", KEY));
        let read = read.map(|read| format!("{} {}", read.principal, read.key).replace(KEY, "KEY"));
        assert_eq!(read, expect.map(Into::into).map_err(Into::into), "{line}");
    }

    #[test]
    fn approvers_as_people_write_them() {
        let ada = Ok("ada@example.com ssh-ed25519 KEY");
        check("ada@example.com ssh-ed25519 KEY", ada);
        check(" ada@example.com\tssh-ed25519  KEY ada's laptop", ada);
        check("", Err("it is no name with a public key"));
        check("ssh-ed25519 KEY", Err("it is no name with a public key"));
        check("*@x ssh-ed25519 KEY", Err("its name holds `*`"));
        check("a,b ssh-ed25519 KEY", Err("its name holds `,`"));
        check("#a ssh-ed25519 KEY", Err("its name holds `#`"));
        let options = "`cert-authority` is no type of key; options are not allowed";
        check("ada cert-authority ssh-ed25519 KEY", Err(options));
        let other = "its key is no key of type ssh-rsa in Base64";
        check("ada ssh-rsa KEY", Err(other));
        check("ada ssh-rsa =", Err(other));
        check("ada ssh-rsa AAAABw", Err(other));
        check("ada ssh-rsa /////w==", Err(other));
    }
}
