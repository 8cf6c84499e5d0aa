//! Stages and stories as plain sets and maps, beside the library on a real repository: whatever happens, in
//! whatever order, both say the same.
//!
//! `STORYLINE_OPERATIONS` says how much happens, `STORYLINE_SEED` what: a run that fails prints its seed, and
//! fails again with it at the same operation.
//!
//! ```text
//! project   the files, as places that hold values
//! plain     the rules
//! world     the repository
//! run       what happens: work on stories, and to stages `promoting`, `back_out`, `by_hand`
//! compare   whether both are the same, and `script` whether others read the same
//! ```

mod back_out;
mod by_hand;
mod chance;
mod compare;
mod plain;
mod project;
mod promoting;
mod run;
mod script;
mod world;

use std::env;

use run::{Run, STAGES};

/// How much happens unless somebody says otherwise.
const OPERATIONS: usize = 200;
/// After so many, the packs that they made become one.
const REPACK: usize = 100;
/// After so many, all that is on a stage is done again.
const AUDIT: usize = 1000;

fn number(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    Some(text.parse().expect("a number"))
}

#[test]
#[expect(
    clippy::print_stdout,
    reason = "what happened, and how to have it again"
)]
fn stages_are_what_a_list_of_stories_says() {
    let seed = number("STORYLINE_SEED").unwrap_or(1);
    let operations =
        number("STORYLINE_OPERATIONS").map(|all| usize::try_from(all).expect("not that many"));
    let mut run = Run::new(seed);
    for at in 1..=operations.unwrap_or(OPERATIONS) {
        println!("seed {seed}, operation {at}");
        run.step();
        if at % REPACK == 0 {
            run.world.repack();
        }
        if at % AUDIT == 0 {
            run.audit(at / AUDIT % STAGES.len());
        }
    }
    for at in 0..STAGES.len() {
        run.compare(at);
        run.audit(at);
        run.read_by_others(at);
    }
    run.follow();
    for (what, times) in &run.tally {
        println!("{times:6} {what}");
    }
}
