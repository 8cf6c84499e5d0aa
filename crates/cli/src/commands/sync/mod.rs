//! `storyline sync`: environments' repositories are brought to where canonical is.

mod environment;
mod rebuilt;
mod tell;
mod trouble;

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread;

use storyline_manifest::Environment;
use storyline_repo::{Kind, ObjectId};

use self::environment::{Run, Synced};
use super::story::{Stories, story_id};
use crate::args::{Shard, SyncArgs};
use crate::failure::{Failure, Sources};
use crate::home::{Canonical, Skip};

/// What became of one environment.
enum Outcome {
    Synced(Synced),
    Skipped(Skip),
    Failed(Failure),
}

pub(crate) fn run(directory: &Path, args: &SyncArgs) -> Result<ExitCode, Failure> {
    let story = args.story.as_deref().map(story_id).transpose()?;
    let stories = Stories::fetch(directory, story.as_ref())?;
    if let Some(story) = &story {
        stories.need(story)?;
        if !stories.branches.contains_key(story) {
            return Err(trouble::no_branch(&stories.canon.url, story));
        }
    }
    let canon = stories.canon;
    let sources = canon.manifest_sources;
    let run = Run {
        directory,
        objects: canon.repository.objects()?,
        git: canon.git,
        manifest: canon.manifest,
        canonical: Canonical {
            url: canon.url,
            branch: canon.branch,
        },
        tip: canon.tip,
        stories: stories.stories,
        branches: stories.branches,
        story,
        dry_run: args.dry_run,
        kept: rebuilt::Canonical::default(),
        projecting: Mutex::new(()),
    };
    match &args.environment {
        Some(name) => one(&run, name, args).map_err(|failure| with_sources(failure, &sources)),
        None => all(&run, args, &sources),
    }
}

/// Diagnostics of environments point into canonical's manifest.
fn with_sources(failure: Failure, sources: &Sources) -> Failure {
    match failure.sources.is_empty() {
        true => Failure {
            sources: sources.clone(),
            ..failure
        },
        false => failure,
    }
}

fn one(run: &Run<'_>, name: &str, args: &SyncArgs) -> Result<ExitCode, Failure> {
    let environment = run.manifest.environment(name)?;
    if let Some(skip) = Skip::of(&run.manifest, environment) {
        return Err(skip.failure(environment));
    }
    let outcome = Outcome::Synced(run.sync(environment)?);
    tell::outcomes(run, &[(environment, outcome)], args.format, &Sources::new())?;
    Ok(ExitCode::SUCCESS)
}

/// Every environment of this part, each whatever becomes of the others.
fn all(run: &Run<'_>, args: &SyncArgs, sources: &Sources) -> Result<ExitCode, Failure> {
    let environments = run.manifest.environments();
    let part = environments.filter(|e| args.shard.is_none_or(|shard| shard.has(&e.name)));
    let part: Vec<_> = part.collect();
    let outcomes = at_once(&part, args.jobs.into(), |environment| {
        match Skip::of(&run.manifest, environment) {
            Some(skip) => Outcome::Skipped(skip),
            None => run
                .sync(environment)
                .map_or_else(Outcome::Failed, Outcome::Synced),
        }
    });
    let outcomes: Vec<_> = part.into_iter().zip(outcomes).collect();
    tell::outcomes(run, &outcomes, args.format, sources)?;
    let failures = outcomes.iter().filter_map(|(_, outcome)| match outcome {
        Outcome::Failed(failure) => Some(failure.kind),
        _ => None,
    });
    Ok(failures
        .max()
        .map_or(ExitCode::SUCCESS, |worst| worst.exit_code()))
}

/// What `each` makes of all `environments`, some at a time. They mostly wait for their remotes.
fn at_once<T: Send + Sync>(
    environments: &[&Environment],
    jobs: usize,
    each: impl Fn(&Environment) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done: Vec<_> = environments.iter().map(|_| OnceLock::new()).collect();
    thread::scope(|scope| {
        for _ in 0..jobs.min(environments.len()) {
            scope.spawn(|| {
                while let Some(at) = Some(next.fetch_add(1, Ordering::Relaxed))
                    && let Some(environment) = environments.get(at)
                {
                    // Nobody else got this number.
                    let _ = done[at].set(each(environment));
                }
            });
        }
    });
    let done = done.into_iter().map(OnceLock::into_inner);
    done.map(|made| made.expect("all numbers were handed out"))
        .collect()
}

impl Shard {
    /// Whether an environment belongs to this part. Its name alone decides, by a hash: parts that run
    /// at different times, while environments come and go, still leave none out.
    fn has(self, environment: &str) -> bool {
        let hash = ObjectId::of(Kind::Blob, environment.as_bytes());
        let hash = hash.expect("a name is no attack");
        let [a, b, c, d, ..] = *hash.as_bytes();
        u32::from_be_bytes([a, b, c, d]) % self.count == self.index - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_every_environment_once() {
        for count in 1..40 {
            let mut sizes = vec![0; count as usize];
            for number in 0..1000 {
                let name = format!("dev{number}");
                let parts = (1..=count).filter(|index| {
                    let shard = Shard {
                        index: *index,
                        count,
                    };
                    shard.has(&name)
                });
                let parts: Vec<_> = parts.collect();
                assert_eq!(parts.len(), 1, "{name} of {count}");
                sizes[parts[0] as usize - 1] += 1;
            }
            let fair = 1000 / sizes.len();
            assert!(
                sizes
                    .iter()
                    .all(|size| (fair / 4..fair * 2 + 1).contains(size)),
                "{sizes:?}"
            );
        }
    }
}
