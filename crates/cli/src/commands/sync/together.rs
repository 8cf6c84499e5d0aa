//! Many environments: their repositories are looked at and pushed to side by side, and what they are to
//! have is projected one after the other.
//!
//! Each pack, each write of the memo and each file of refs in the clone costs all later runs of `git` a
//! little. So environments share them: were there one of each for every environment, a run would cost the
//! square of their number.

use std::sync::{Mutex, PoisonError};
use std::{thread, vec};

use storyline_manifest::Environment;
use storyline_repo::Repository;

use super::environment::{One, Projected, Run, Seen, Synced};
use crate::canon;
use crate::failure::Failure;

/// How many environments are looked at before the first is pushed to.
const TOGETHER: usize = 64;

/// Refs that are moved at once, from where on they are kept in one file.
const MANY_REFS: usize = 16;

/// What came of a step for an environment.
type Step<'e, T> = (&'e Environment, Result<T, Failure>);

/// Brings `environments` up to date, with `jobs` remotes at a time. Each fails for itself, and nothing has
/// moved there then.
pub(super) fn sync(
    run: &Run<'_>,
    environments: &[&Environment],
    jobs: usize,
) -> Result<Vec<Result<Synced, Failure>>, Failure> {
    let jobs = jobs.min(environments.len());
    let clones: Result<Vec<_>, _> = (0..jobs)
        .map(|_| canon::repository(run.directory))
        .collect();
    let mut clones = clones?;
    let mut outcomes = Vec::with_capacity(environments.len());
    for part in environments.chunks(TOGETHER) {
        let seen = at_once(&mut clones, part.to_vec(), |repository, environment| {
            (environment, one(run, repository, environment).look())
        });
        let mut seen = seen.into_iter();
        while seen.len() > 0 {
            let projected = project(run, &clones[0], &mut seen);
            let mut pushed = at_once(
                &mut clones,
                projected,
                |repository, (environment, ready)| {
                    let push = |(seen, projected): (_, Projected)| {
                        one(run, repository, environment).push(seen, &projected)
                    };
                    (environment, ready.and_then(push))
                },
            );
            if !run.dry_run {
                remember(run, &clones[0], &mut pushed);
            }
            outcomes.extend(pushed.into_iter().map(|(_, outcome)| outcome));
        }
    }
    Ok(outcomes)
}

fn one<'r, 'a>(
    run: &'r Run<'a>,
    repository: &'r Repository,
    environment: &'r Environment,
) -> One<'r, 'a> {
    One {
        run,
        environment,
        repository,
    }
}

/// Projects what the next environments are to have, and puts the objects in place.
fn project<'e>(
    run: &Run<'_>,
    repository: &Repository,
    seen: &mut vec::IntoIter<Step<'e, Seen>>,
) -> Vec<Step<'e, (Seen, Projected)>> {
    let mut projector = run.projector(repository);
    let mut done = Vec::new();
    while !projector.is_full()
        && let Some((environment, seen)) = seen.next()
    {
        let projected = seen.and_then(|seen| {
            let projected = one(run, repository, environment).project(&mut projector, &seen)?;
            Ok((seen, projected))
        });
        done.push((environment, projected));
    }
    if let Err(error) = projector.finish() {
        let failure = Failure::from(error);
        let ready = done.iter_mut().filter(|(_, projected)| projected.is_ok());
        ready.for_each(|(_, projected)| *projected = Err(failure.clone()));
    }
    done
}

/// Notes in the clone where the branches are now.
fn remember(run: &Run<'_>, repository: &Repository, pushed: &mut [Step<'_, Synced>]) {
    let note = |updates: &[_]| match updates {
        [] => Ok(()),
        _ => run.git.update_refs(repository, updates, "storyline sync"),
    };
    let mut updates = Vec::with_capacity(pushed.len());
    for (environment, outcome) in pushed.iter_mut() {
        let one = one(run, repository, environment);
        let new = outcome.as_ref().map(|synced| one.to_remember(synced));
        updates.push(match new {
            Ok(Ok(new)) => new,
            Ok(Err(failure)) => {
                *outcome = Err(failure.help(WENT_WELL));
                Vec::new()
            }
            Err(_) => Vec::new(),
        });
    }
    let all = updates.concat();
    if note(&all).is_ok() {
        if all.len() >= MANY_REFS {
            run.git.pack_refs(repository);
        }
        return;
    }
    // One of them stands in the way of all.
    for ((_, outcome), updates) in pushed.iter_mut().zip(updates) {
        if let Err(error) = note(&updates) {
            *outcome = Err(Failure::from(error).help(WENT_WELL));
        }
    }
}

/// Of an environment whose refs in the clone could not be moved.
const WENT_WELL: &str = "the push itself went well";

/// What `each` makes of all `items`, some at a time: as many as there are `clones`. They mostly wait for
/// their remotes.
fn at_once<I: Send, T: Send>(
    clones: &mut [Repository],
    items: Vec<I>,
    each: impl Fn(&Repository, I) -> T + Sync,
) -> Vec<T> {
    let items = Mutex::new(items.into_iter().enumerate());
    let next = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        let (next, each, done) = (&next, &each, &done);
        for clone in clones {
            scope.spawn(move || {
                while let Some((at, item)) = next() {
                    let made = each(clone, item);
                    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                    done.push((at, made));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, made)| made).collect()
}
