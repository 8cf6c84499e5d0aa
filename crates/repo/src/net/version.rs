//! Which `git` it is: new enough, and mended where its makers mended it?

use std::fmt;

/// The version of a `git` program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GitVersion {
    /// The first two numbers.
    pub series: (u32, u32),
    /// The third.
    pub patch: u32,
}

/// The oldest series that has what is asked of it.
pub(super) const OLDEST: (u32, u32) = (2, 41);

/// The first release of each series with the fixes of July 2025, the last that were made for many
/// series at once. Later series have them from the start, and earlier ones never got them.
const MENDED: [((u32, u32), u32); 8] = [
    ((2, 43), 7),
    ((2, 44), 4),
    ((2, 45), 4),
    ((2, 46), 4),
    ((2, 47), 3),
    ((2, 48), 2),
    ((2, 49), 1),
    ((2, 50), 1),
];

impl GitVersion {
    /// Reads what `git version` prints, such as `git version 2.47.1.windows.2`.
    pub(super) fn read(printed: &str) -> Option<Self> {
        let words = printed.strip_prefix("git version ")?;
        let mut numbers = words.split(|c: char| !c.is_ascii_digit()).map(str::parse);
        let mut next = || numbers.next()?.ok();
        let series = (next()?, next()?);
        Some(Self {
            series,
            patch: next().unwrap_or(0),
        })
    }

    /// Whether Storyline can work with it.
    pub(super) fn is_usable(self) -> bool {
        self.series >= OLDEST
    }

    /// The nearest release with all security fixes that this one lacks; `None` when it lacks none
    /// that we know of. Distributions may have mended theirs without another number.
    pub fn mended_by(self) -> Option<Self> {
        let (series, patch) = *MENDED.iter().find(|(series, _)| *series >= self.series)?;
        let mended = Self { series, patch };
        (self < mended).then_some(mended)
    }
}

impl fmt::Display for GitVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor) = self.series;
        write!(f, "{major}.{minor}.{}", self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        let told = |printed: &str| {
            let version = GitVersion::read(printed)?;
            let mended = version.mended_by().map(|v| v.to_string());
            Some((version.to_string(), version.is_usable(), mended))
        };
        for (printed, version, usable, mended) in [
            ("git version 2.47.3\n", "2.47.3", true, None),
            ("git version 2.47.2", "2.47.2", true, Some("2.47.3")),
            (
                "git version 2.39.5 (Apple Git-154)",
                "2.39.5",
                false,
                Some("2.43.7"),
            ),
            (
                "git version 2.41.0.windows.1",
                "2.41.0",
                true,
                Some("2.43.7"),
            ),
            ("git version 2.50.0.rc1", "2.50.0", true, Some("2.50.1")),
            ("git version 2.51.GIT", "2.51.0", true, None),
            ("git version 3.0.0", "3.0.0", true, None),
        ] {
            let expect = (version.into(), usable, mended.map(Into::into));
            assert_eq!(told(printed), Some(expect), "{printed}");
        }
        for printed in [
            "",
            "git version",
            "git version x.y",
            "hub version 2.14.2",
            "git version 99999999999.1",
        ] {
            assert_eq!(told(printed), None, "{printed}");
        }
    }
}
