//! `storyline sync`: environments' repositories are brought to where canonical is.

mod environment;
mod rebuilt;
mod tell;
mod together;
mod trouble;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;

use storyline_repo::{Kind, ObjectId};

use self::environment::{Run, Synced};
use super::story::{Stories, story_id};
use crate::args::{Shard, SyncArgs};
use crate::failure::{Failure, Sources};
use crate::home::{Canonical, Skip, Tenants};

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
    let canonical = Canonical {
        url: canon.url,
        branch: canon.branch,
    };
    let run = Run {
        directory,
        objects: canon.repository.objects()?,
        git: canon.git,
        tenants: Tenants::of(&canon.manifest, &canonical),
        manifest: canon.manifest,
        canonical,
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
    let synced = together::sync(run, &[environment], 1)?;
    let synced: Result<Vec<_>, Failure> = synced.into_iter().collect();
    let outcomes = synced?.into_iter().map(Outcome::Synced);
    let outcomes: Vec<_> = outcomes.map(|outcome| (environment, outcome)).collect();
    tell::outcomes(run, &outcomes, args.format, &Sources::new())?;
    Ok(ExitCode::SUCCESS)
}

/// Every environment of this part, each whatever becomes of the others.
fn all(run: &Run<'_>, args: &SyncArgs, sources: &Sources) -> Result<ExitCode, Failure> {
    let environments = run.manifest.environments();
    let part = environments.filter(|e| args.shard.is_none_or(|shard| shard.has(&e.name)));
    let part: Vec<_> = part.map(|e| (e, Skip::of(&run.manifest, e))).collect();
    let alone = part.iter().filter(|(_, skip)| skip.is_none());
    let alone: Vec<_> = alone.map(|(environment, _)| *environment).collect();
    let mut synced = together::sync(run, &alone, args.jobs.into())?.into_iter();
    let outcomes = part.into_iter().filter_map(|(environment, skip)| {
        let outcome = match skip {
            Some(skip) => Outcome::Skipped(skip),
            None => synced.next()?.map_or_else(Outcome::Failed, Outcome::Synced),
        };
        Some((environment, outcome))
    });
    let outcomes: Vec<_> = outcomes.collect();
    tell::outcomes(run, &outcomes, args.format, sources)?;
    let failures = outcomes.iter().filter_map(|(_, outcome)| match outcome {
        Outcome::Failed(failure) => Some(failure.kind),
        _ => None,
    });
    Ok(failures
        .max()
        .map_or(ExitCode::SUCCESS, |worst| worst.exit_code()))
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
