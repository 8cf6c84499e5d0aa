//! Parts of a history, fit to be shown.

use jiff::Timestamp;
use jiff::tz::Offset;
use storyline_diff::noise::Sample;
use storyline_repo::{Commit, without_credentials};

/// The day on which a commit was written, where its author was; empty for one that no calendar has.
pub(super) fn date(commit: &Commit) -> String {
    let day = commit.time.and_then(|(seconds, minutes)| {
        let offset = Offset::from_seconds(minutes.saturating_mul(60)).ok()?;
        let time = Timestamp::from_second(seconds).ok()?;
        Some(offset.to_datetime(time).date().to_string())
    });
    day.unwrap_or_default()
}

/// A name without the credentials that it may hold, if it is an address.
pub(super) fn name(name: &str) -> String {
    match name.contains("://") {
        true => without_credentials(name),
        false => name.into(),
    }
}

/// Whether the lines hold no address in which credentials may stand.
pub(super) fn is_harmless(sample: &Sample) -> bool {
    let may_tell = |line: &[u8]| line.contains(&b'@') && line.windows(3).any(|w| w == b"://");
    !may_tell(&sample.before) && !may_tell(&sample.after)
}
