//! The manifest that the documentation shows is one that is read.

use storyline_manifest::Manifest;
use storyline_text::RelPath;

#[test]
fn what_the_page_shows() {
    let page = include_str!("../../../docs/manifest.md");
    let blocks = page.split("```toml\n").skip(1);
    let shown: Vec<_> = blocks
        .filter_map(|block| block.split("```").next())
        .collect();
    assert!(shown.len() > 2);
    let path = RelPath::new(b"storyline.toml").expect("a plain path");
    let manifest = Manifest::parse(&[(path, shown.join("\n"))]);
    let manifest = manifest.unwrap_or_else(|errors| panic!("{errors}"));
    assert!(manifest.environment("dev1").is_ok());
    assert!(manifest.hosts().contains("old.example.com"));
}
