//! Whatever addresses and refs are made of, git's options are ours.

use proptest::prelude::*;

use super::push::{Push, push_arguments};
use super::transfer::{bring_arguments, fetch_arguments, list_arguments};
use super::url::Url;
use crate::id::ObjectId;
use crate::ref_name::RefName;

/// Checks that all before the address is ours, and nothing behind it looks like an option.
fn check(arguments: &[String]) -> Result<(), TestCaseError> {
    let mut parts = arguments.split(|argument| argument == "--end-of-options");
    let (ours, data) = (parts.next().unwrap_or(&[]), parts.next().unwrap_or(&[]));
    prop_assert!(parts.next().is_none() && !data.is_empty());
    for argument in ours.iter().skip(1) {
        let plain = |b: u8| b.is_ascii_lowercase() || b"-=".contains(&b);
        let is_lease = argument.starts_with("--force-with-lease=refs/");
        prop_assert!(is_lease || argument.bytes().all(plain), "{}", argument);
    }
    for argument in data {
        prop_assert!(!argument.starts_with('-'), "{}", argument);
        prop_assert!(!argument.chars().any(char::is_control), "{}", argument);
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_data_becomes_an_option(
        address in "(https://|ssh://|/|)[-a-z@:%/.]{1,16}",
        names in prop::collection::vec("(refs/heads/|refs/|)[-+^:a-z/@.\n ]{1,12}", 1..4),
        new in any::<bool>(),
    ) {
        let Ok(url) = Url::parse(&address) else { return Ok(()) };
        let names: Vec<_> = names.iter().filter_map(|name| RefName::new(name).ok()).collect();
        let id = ObjectId::from_hex(&[b'a'; 40]);
        let pushes: Vec<_> = names.iter().map(|name| Push {
            destination: name.clone(),
            expected: id.filter(|_| !new),
            new: id.filter(|_| new),
            forward_only: false,
        }).collect();
        let pairs: Vec<_> = names.iter().map(|name| (name.clone(), name.clone())).collect();
        check(&list_arguments(&url, &[]))?;
        check(&bring_arguments(&url, &pairs, &["refs/a/".into()], "refs/b/"))?;
        check(&push_arguments(&url, &pushes))?;
        check(&fetch_arguments(&url, &pairs.iter().collect::<Vec<_>>()))?;
    }
}
