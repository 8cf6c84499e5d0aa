//! How long ago something was.

/// A time in one word, from seconds; clocks that run ahead make it none.
pub fn age(seconds: i64) -> String {
    let (number, unit) = match seconds.max(0) {
        s @ 0..60 => (s, "second"),
        s @ 60..3_600 => (s / 60, "minute"),
        s @ 3_600..86_400 => (s / 3_600, "hour"),
        s => (s / 86_400, "day"),
    };
    match number {
        1 => format!("1 {unit}"),
        _ => format!("{number} {unit}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages() {
        for (seconds, expect) in [
            (-5, "0 seconds"),
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "1 minute"),
            (7_200, "2 hours"),
            (86_400, "1 day"),
            (40_000_000, "462 days"),
        ] {
            assert_eq!(age(seconds), expect);
        }
    }
}
