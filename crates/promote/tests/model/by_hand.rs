//! What people do to stages themselves, with Git or by merging what was proposed.

use storyline_promote::Deed;
use storyline_repo::ObjectId;

use crate::project::{Content, STRAY, Slot, applied, between, board_path, files, stamped};
use crate::run::{Run, STAGES};

impl Run {
    pub(crate) fn hot_fix(&mut self) -> &'static str {
        let at = self.chance.below(STAGES.len());
        let stage = &self.stages[at];
        let strays: Vec<_> = stage.strays.keys().copied().collect();
        let before = stage.content.clone();
        // Often somebody makes a stage what it should be.
        let mut back = between(&before, &self.canonical);
        back.retain(|slot, _| !matches!(slot, Slot::Board(board, _) if strays.contains(board)));
        let back = back.into_iter().take(6).collect();
        let content = match self.chance.percent(60) {
            true => applied(&before, &back).expect("it is made from it"),
            false => self.edit(&before, true, &strays),
        };
        let all = self.stages[at].files(&content);
        let commit = self
            .world
            .commit(&[self.stages[at].tip()], &all, "Mended in a hurry");
        self.foreign(at, commit, content.clone());
        self.fixes.push((at, commit, [before, content]));
        self.compare(at);
        "done"
    }

    fn foreign(&mut self, at: usize, commit: ObjectId, content: Content) {
        let slots = between(&self.stages[at].content, &content).into_keys();
        self.wrote(at, commit, &[], slots);
        self.stages[at].foreign.insert(commit);
        self.stages[at].content = content;
    }

    pub(crate) fn absorb(&mut self) -> &'static str {
        let Some((at, commit, [before, after])) = self.fixes.pop() else {
            return "nothing";
        };
        let edits = between(&before, &after);
        let base = (self.world.canonical, self.canonical.clone());
        let new = match applied(&base.1, &edits) {
            Ok(new) if !edits.is_empty() && between(&base.1, &new) == edits => new,
            _ => return "does not fit",
        };
        let of = self.begin(base);
        self.add_commit(of, new);
        let revision = self.hand_in(of);
        let deed = Deed::HotFix {
            revision: self.handed[revision].landed.clone(),
            commit,
        };
        let stage = &self.stages[at];
        let made = self.world.within(|workspace| {
            let tree = workspace.tree_of(stage.tip()).expect("it is there");
            self.world.on_top(stage, workspace, tree, &deed)
        });
        let content = stage.content.clone();
        self.arrived(at, made, &[revision], content);
        // What came between counts as about the same places.
        self.stages[at].foreign.remove(&commit);
        self.stages[at].last_stray = self.stages[at].log.len();
        self.compare(at);
        "done"
    }

    /// Somebody writes a name into a file of the first stage that does not belong there, or takes it out.
    pub(crate) fn stray(&mut self) -> &'static str {
        let board = self.chance.below(2);
        let stage = &self.stages[0];
        let plain =
            stamped(stage.name, stage.version, &files(&stage.content))[&board_path(board)].clone();
        let content = stage.content.clone();
        let came = match self.stages[0].strays.remove(&board) {
            Some(_) => "out",
            None => {
                self.stages[0].strays.insert(board, plain + STRAY);
                "in"
            }
        };
        let all = self.stages[0].files(&content);
        let commit = self
            .world
            .commit(&[self.stages[0].tip()], &all, "A name by hand");
        self.foreign(0, commit, content);
        self.stages[0].last_stray = self.stages[0].log.len();
        self.compare(0);
        came
    }

    pub(crate) fn manifest_lands(&mut self) -> &'static str {
        let at = self.chance.below(STAGES.len());
        if self.stages[at].version == self.version {
            return "there";
        }
        let source = self.world.canonical;
        let stage = &self.stages[at];
        let made = self.world.look(stage, |library, history| {
            let last = history.ledger().entries.len() - 1;
            let view = history.view(library, last).expect("it has one");
            let tree = library.workspace.tree_of(source).expect("it is there");
            let view = library
                .with_manifest_of(&view, tree)
                .expect("it is readable")
                .expect("nothing is in the way");
            let tree = library.stamped(&view).expect("it can be stamped");
            self.world
                .on_top(stage, library.workspace, tree, &Deed::Manifest { source })
        });
        self.wrote(at, made, &[], []);
        self.stages[at].version = self.version;
        self.compare(at);
        "done"
    }

    /// People merge a branch, in one of the ways that forges have.
    pub(crate) fn forge(&mut self) -> &'static str {
        let at = self.chance.below(STAGES.len());
        let wanted = self.wanted(at);
        let Some(made) = self.proposed(at, &wanted) else {
            return "refused";
        };
        let Some((landing, _, content)) = made.last().cloned() else {
            return "nothing to";
        };
        let tip = self.stages[at].tip();
        let tree = self
            .world
            .within(|workspace| workspace.tree_of(landing).expect("it is there"));
        let revisions: Vec<_> = made.iter().map(|(_, of, _)| *of).collect();
        let messages: Vec<_> = made
            .iter()
            .map(|(commit, ..)| self.world.message(*commit))
            .collect();
        self.stages[at].proposed.push(landing);
        let way = match self.chance.below(5) {
            0 => {
                let commit =
                    self.world
                        .commit_tree(tree, &[tip, landing], "Merge branch 'storyline/land'");
                self.arrived(at, commit, &revisions, content);
                "merged"
            }
            1 => {
                let all = messages
                    .iter()
                    .map(|message| format!("* {message}\n"))
                    .collect::<String>();
                let message = format!(
                    "Stories (#7)\n\n{all}---------\n\nCo-authored-by: Ada <ada@example.com>\n"
                );
                let commit = self.world.commit_tree(tree, &[tip], &message);
                self.arrived(at, commit, &revisions, content);
                "squashed"
            }
            2 => {
                let commit = self.world.commit_tree(tree, &[tip], "Stories of Tuesday");
                self.arrived(at, commit, &revisions, content);
                "squashed without a word"
            }
            3 => {
                for ((commit, of, content), message) in made.into_iter().zip(messages) {
                    let tree = self
                        .world
                        .within(|workspace| workspace.tree_of(commit).expect("it is there"));
                    let commit = self
                        .world
                        .commit_tree(tree, &[self.stages[at].tip()], &message);
                    self.arrived(at, commit, &[of], content);
                }
                "rebased"
            }
            _ => {
                let strays: Vec<_> = self.stages[at].strays.keys().copied().collect();
                let more = self.edit(&content, true, &strays);
                let all = self.stages[at].files(&more);
                let commit = self
                    .world
                    .commit(&[tip], &all, "Stories, and something else");
                self.foreign(at, commit, more);
                "squashed with something else"
            }
        };
        self.compare(at);
        way
    }
}
