//! The HTML page of a preview.

mod browser;
mod files;
mod hostile;
mod parsed;
mod seen;
mod size;

use base64::Engine as _;
use sha2::{Digest, Sha256};
use storyline_diff::Impact;

use files::{Files, page};
use parsed::parsed;

#[test]
fn the_policy_allows_the_style_and_nothing_else() {
    let nothing = Files::default();
    let found = parsed(&page(&nothing, &nothing, &nothing, &Impact::default()));
    let hash = Sha256::digest(&found.style);
    let hash = base64::engine::general_purpose::STANDARD.encode(hash);
    let policy = found.values("content").next();
    let expect = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'"
    );
    assert_eq!(policy, Some(&*expect));
}
