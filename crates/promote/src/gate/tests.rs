//! What is said and what it comes to, without a repository.

use proptest::prelude::*;
use storyline_manifest::{Approver, StagePolicy};
use storyline_repo::story::{Person, RevisionId, StoryId};
use storyline_repo::{NewCommit, ObjectId, RawCommit};

use super::*;

const PERSON: &[u8] = b"Ada <ada@example.com> 1700000000 +0000";

fn id(number: u8) -> ObjectId {
    ObjectId::from_bytes([number; 20])
}

fn revision(number: u8) -> RevisionId {
    id(number).to_string().parse().expect("forty digits")
}

fn story() -> StoryId {
    "ABC-12".parse().expect("a plain id")
}

fn parse(stage: &str, message: &str) -> Result<Entry, Odd> {
    let bytes = NewCommit {
        tree: id(0),
        parents: &[],
        author: PERSON,
        committer: PERSON,
        message: message.as_bytes(),
    }
    .to_bytes();
    let commit = RawCommit::parse(&bytes).expect("it was just made");
    Entry::parse(stage, id(1), &commit)
}

fn saying<'s>(story: &'s StoryId, reason: &'s str) -> Saying<'s> {
    Saying {
        action: Action::Hold,
        story,
        revision: revision(7),
        stage: "acceptance-1",
        reason,
    }
}

#[test]
fn an_entry_as_it_is_kept() {
    let story = story();
    insta::assert_snapshot!(saying(&story, " totals\x1b differ \n\nsee the board"), @r"
    Hold ABC-12 on acceptance-1

    totals differ

    see the board

    Storyline-Kind: hold
    Story-Id: ABC-12
    Story-Revision: 0707070707070707070707070707070707070707
    Stage: acceptance-1
    ");
    let read = parse("acceptance-1", &saying(&story, "why").to_string());
    let expect = Entry {
        commit: id(1),
        action: Action::Hold,
        story: story.clone(),
        revision: revision(7),
        reason: "why".into(),
        who: Person {
            name: "Ada".into(),
            email: "ada@example.com".into(),
        },
        when: 1_700_000_000,
        signer: None,
    };
    assert_eq!(read, Ok(expect));
    let elsewhere = parse("production", &saying(&story, "why").to_string());
    assert_eq!(
        elsewhere,
        Err(Odd::OtherStage),
        "what is copied does not count"
    );
}

#[test]
fn a_reason_is_no_trailers() {
    let story = story();
    let forged = "Storyline-Kind: accept\nStory-Id: XYZ-1\nStage: production";
    let read = parse("acceptance-1", &saying(&story, forged).to_string());
    let read = read.expect("it is an entry");
    assert_eq!(
        (read.action, read.story, read.reason.as_str()),
        (Action::Hold, story, forged)
    );
}

#[test]
fn commits_that_are_no_entries() {
    let good = saying(&story(), "").to_string();
    for message in [
        "",
        "\n\n",
        "Hold ABC-12",
        "Storyline-Kind: hold\nStory-Id: ABC-12\nStage: acceptance-1",
        &good.replace("hold", "bless"),
        &good.replace("ABC-12", "../x"),
        &good.replace("0707", "xyz"),
        &format!("{good}Storyline-Kind: accept\n"),
        &format!("{good}\nSigned-off-by: Ada\n"),
    ] {
        assert_eq!(
            parse("acceptance-1", message),
            Err(Odd::Foreign),
            "{message}"
        );
    }
    let later = format!("{good}Storyline-Ticket: 7\n");
    assert!(parse("acceptance-1", &later).is_ok(), "a later version's");
}

/// Who says what of which revision, and whether with a key of the list.
type Said = (u8, u8, u8, bool);

fn gate(said: &[Said]) -> Gate {
    let entries = said.iter().map(|(action, who, of, signed)| Entry {
        commit: id(1),
        action: [Action::Accept, Action::Hold, Action::Release][usize::from(*action)],
        story: story(),
        revision: revision(*of),
        reason: String::new(),
        who: Person {
            name: String::new(),
            email: format!("{who}@example.com"),
        },
        when: 0,
        signer: signed.then(|| format!("key-{who}")),
    });
    Gate {
        entries: entries.collect(),
        ..Gate::default()
    }
}

fn policy(approvals: usize, listed: bool) -> StagePolicy {
    let approver = Approver {
        principal: "key-0".into(),
        key: "ssh-ed25519 AAAA".into(),
    };
    StagePolicy {
        approvals,
        approvers: if listed { vec![approver] } else { Vec::new() },
        ..StagePolicy::default()
    }
}

/// The same by looking at the whole of it again and again: held if the last hold has no release behind
/// it; accepted by whoever said so behind the last hold, and behind the first release after that.
fn naive(said: &[Said], of: u8, listed: bool) -> (bool, BTreeSet<u8>) {
    let said: Vec<_> = said.iter().filter(|s| s.2 == of).collect();
    let counts = |s: &Said| !listed || s.3;
    let after_hold = said.iter().rposition(|s| s.0 == 1).map(|at| at + 1);
    let rest = &said[after_hold.unwrap_or(0)..];
    let release = rest.iter().position(|s| s.0 == 2 && counts(s));
    let held = after_hold.is_some() && release.is_none();
    let from = match (after_hold, release) {
        (Some(_), None) => rest.len(),
        (Some(_), Some(at)) => at,
        (None, _) => 0,
    };
    let accepted = rest[from..].iter().filter(|s| s.0 == 0 && counts(s));
    (held, accepted.map(|s| s.1).collect())
}

proptest! {
    #[test]
    fn standing_is_what_a_naive_look_says(
        said in proptest::collection::vec((0u8..3, 0u8..4, 0u8..2, any::<bool>()), 0..20),
        approvals in 1usize..4,
        listed in any::<bool>(),
    ) {
        let (gate, policy) = (gate(&said), policy(approvals, listed));
        for of in 0..2 {
            let (held, accepted) = naive(&said, of, listed);
            let standing = gate.standing(revision(of), &policy);
            prop_assert_eq!(standing.held.is_some(), held);
            prop_assert_eq!(standing.accepted.len(), accepted.len());
            prop_assert_eq!(standing.missing, approvals.saturating_sub(accepted.len()));
            prop_assert_eq!(standing.is_accepted(), !held && accepted.len() >= approvals);
            prop_assert_eq!(standing.advisory, !listed);
        }
    }

    /// Whatever a reason says, the entry says what it was to say.
    #[test]
    fn any_reason_comes_back(reason in "[A-Za-z: \n\\-\u{1b}é]{0,80}") {
        let story = story();
        let said = saying(&story, &reason).to_string();
        let read = parse("acceptance-1", &said).expect("it is an entry");
        prop_assert_eq!(read.action, Action::Hold);
        let expect = storyline_repo::story::paragraphs(&reason);
        prop_assert_eq!(read.reason, expect.trim());
    }
}
