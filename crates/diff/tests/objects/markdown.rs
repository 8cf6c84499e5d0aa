//! A preview as Markdown: nothing of what files hold acts in it, and it stays short.

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use storyline_diff::objects::objects;
use storyline_diff::{Preview, render};

use crate::impact::impact_of;
use crate::told::text_report;

fn markdown(before: &str, after: &str, budget: usize) -> String {
    let report = text_report(before, after);
    let preview = Preview {
        base: "main`@team`",
        head: "<b>#1</b>",
        canonical: &report,
        raw: &report,
        objects: &objects(&report),
        impact: &impact_of(before, after),
    };
    render::markdown(&preview, budget)
}

/// Tags that the template has; what stands between them in `code` is not looked at.
const TEMPLATE: [&str; 11] = [
    "<!-- storyline:preview -->",
    "<details>",
    "</details>",
    "<summary>",
    "</summary>",
    "<b>",
    "</b>",
    "<code>",
    "</code>",
    "<details><summary>",
    "</code></summary>",
];

/// What acts beside the template: links, images, headings, tags, mentions.
fn acting(markdown: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_code = false;
    for event in Parser::new_ext(markdown, Options::all()) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(TagEnd::CodeBlock) => in_code = false,
            Event::Start(
                tag @ (Tag::Link { .. }
                | Tag::Image { .. }
                | Tag::Heading { .. }
                | Tag::BlockQuote(_)
                | Tag::FootnoteDefinition(_)
                | Tag::MetadataBlock(_)),
            ) => found.push(format!("{tag:?}")),
            Event::FootnoteReference(name) => found.push(format!("footnote {name}")),
            Event::InlineMath(math) | Event::DisplayMath(math) => found.push(format!("${math}")),
            Event::Html(html) | Event::InlineHtml(html) => found.extend(tags(&html)),
            Event::Text(text) if !in_code => {
                let acts = |c: char| matches!(c, '@' | '#' | '<' | '|') || c.is_control();
                found.extend(text.contains(acts).then(|| text.to_string()));
                found.extend(text.contains("://").then(|| text.to_string()));
            }
            _ => {}
        }
    }
    found
}

/// Tags that are none of the template's, and text between them that is no code.
fn tags(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_code = false;
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let text = &rest[..start];
        if !in_code && text.contains(['@', '#']) {
            found.push(text.into());
        }
        let end = rest[start..]
            .find('>')
            .map_or(rest.len(), |end| start + end + 1);
        let tag = &rest[start..end];
        if !TEMPLATE.contains(&tag) {
            found.push(tag.into());
        }
        in_code = match tag {
            "<code>" => true,
            "</code>" => false,
            _ => in_code,
        };
        rest = &rest[end..];
    }
    found
}

const BEFORE: &str = "== m.model.lkml
include: \"*.view\"
explore: orders {}
== orders.view.lkml
view: orders {
  sql_table_name: a.orders ;;
  dimension: id { type: number }
  dimension: state {
    label: \"State\"
    sql: CASE
      WHEN ${TABLE}.s = 1 THEN 'open'
      WHEN ${TABLE}.s = 2 THEN 'sent'
      ELSE 'lost'
    END ;;
  }
}
== notes.md
a
";

#[test]
fn whole() {
    let after = BEFORE
        .replace("\"State\"", "\"Status\"")
        .replace("'sent'", "'shipped'")
        .replace("  dimension: id { type: number }\n", "")
        .replace("\n== notes.md\na", "\n# the end\n== notes.md\n`b`")
        .replace(
            "explore: orders {}",
            "explore: orders {}\nexplore: x { from: orders }",
        );
    insta::assert_snapshot!(markdown(BEFORE, &after, 60_000), @r#"
    <!-- storyline:preview -->
    **1 explore added; 1 view changed; 2 explores stand on that.**

    From `` main`@team` `` to `<b>#1</b>`.

    | | added | changed | removed | moved or renamed |
    | --- | ---: | ---: | ---: | ---: |
    | explores | 1 |  |  |  |
    | dimensions |  | 1 | 1 |  |

    <details><summary><b>2 explores</b> stand on that</summary>

    - `m/orders`: view `orders`
    - `m/x`: explore `x`, view `orders`

    </details>

    <details><summary>The list of explores for <code>spectacles sql --explores</code></summary>

    ```
    m/orders
    m/x
    ```

    </details>

    <details><summary><b>explore</b> <code>x</code> added in <code>m.model.lkml</code></summary>

    ```diff
    + explore: x { from: orders }
    ```

    </details>

    <details><summary><b>view</b> <code>orders</code> changed in <code>orders.view.lkml</code></summary>

    **removed** dimension `id`

    ```diff
    - dimension: id { type: number }
    ```

    **changed** dimension `state`

    - `label`: `State` → `Status`
    - `sql`:

      ```diff
        CASE
          WHEN ${TABLE}.s = 1 THEN 'open'
      -   WHEN ${TABLE}.s = 2 THEN 'sent'
      +   WHEN ${TABLE}.s = 2 THEN 'shipped'
          ELSE 'lost'
        END
      ```

    </details>

    <details><summary><b>file</b> <code>notes.md</code>: text (not an object)</summary>

    Line 1, not an object:

    ```diff
    - a
    + `b`
    ```

    </details>

    <details><summary><b>file</b> <code>orders.view.lkml</code>: text (comments only)</summary>

    Line 12, comments only:

    ```diff
    + # the end
    ```

    </details>
    "#);
}

#[test]
fn only_notes() {
    let after = BEFORE.replace("view: orders {", "# why\nview: orders {");
    insta::assert_snapshot!(markdown(BEFORE, &after, 60_000), @r#"
    <!-- storyline:preview -->
    **Only comments and blank space differ, in 1 file.**

    From `` main`@team` `` to `<b>#1</b>`.

    <details><summary><b>file</b> <code>orders.view.lkml</code>: text (comments only)</summary>

    Line 1, comments only:

    ```diff
    + # why
    ```

    </details>
    "#);
    insta::assert_snapshot!(markdown(BEFORE, BEFORE, 60_000), @r#"
    <!-- storyline:preview -->
    **Nothing differs.**

    From `` main`@team` `` to `<b>#1</b>`.
    "#);
}

#[test]
fn whole_sections_are_left_out() {
    let views = |label: &str| {
        let view = |n| format!("== v{n:03}.view.lkml\nview: v{n:03} {{ label: \"{label}\" }}\n");
        (0..400).map(view).collect::<String>()
    };
    let made = markdown(&views("a"), &views("b"), 5_000);
    assert!(made.len() < 5_000);
    let end = made.trim_end().rsplit('\n').next().unwrap_or_default();
    insta::assert_snapshot!(end, @r#"
    368 sections are left out, since there is no room for more here: `storyline diff … --objects` shows everything.
    "#);
    assert_eq!(
        made.matches("<details>").count(),
        made.matches("\n</details>\n").count()
    );
}

/// Texts that act in some dialect of Markdown.
fn hostile() -> impl Strategy<Value = String> {
    let parts = [
        "`",
        "``",
        "```",
        "````\n",
        "~~~",
        "@team",
        "#1",
        "GH-1",
        "http://x.y/z",
        "www.x.y",
        "<img src=x>",
        "<!--",
        "-->",
        "</details>",
        "</code>",
        "</summary>",
        "|",
        "| - |",
        "[a](http://b)",
        "![a](b)",
        "[^1]",
        "[^1]: x",
        "\n",
        "\n\n",
        "\n# x",
        "\n---\n",
        "\n> q",
        "&lt;",
        "&#64;",
        "\\",
        "$$",
        "*",
        "_",
        "\u{202e}",
        "\u{1b}[31m",
        "\t",
        " ",
        "x",
        "é",
        ":tada:",
        "![[x]]",
        "\n- ",
        "\n1. ",
        "a@b.c",
        "{%",
        "$`x`$",
        "==",
        "\r",
        "<script>",
        "'",
        "user/repo#1",
        "0123456789abcdef0123456789abcdef01234567",
    ];
    proptest::collection::vec(prop::sample::select(parts.to_vec()), 0..8).prop_map(|p| p.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn nothing_of_files_acts(texts in proptest::collection::vec(hostile(), 6), budget in 2_000usize..60_000) {
        let file = |texts: &[String]| {
            let quoted = |text: &str| text.replace(['"', '\\'], "");
            format!(
                "view: {} {{\n  label: \"{}\"\n  sql: {} ;;\n  dimension: {} {{ description: \"{}\" }}\n}}\n{}\n",
                texts[0].replace(|c: char| c.is_whitespace() || "{}[]:,\"#".contains(c), ""),
                quoted(&texts[1]), texts[2].replace(";;", ""),
                texts[3].replace(|c: char| c.is_whitespace() || "{}[]:,\"#".contains(c), ""),
                quoted(&texts[4]), texts[5],
            )
        };
        let line = |texts: &[String]| file(texts).replace("\n== ", "\n =");
        let mut other = texts.clone();
        other.rotate_left(1);
        let project = |texts: &[String]| {
            let name = texts[5].replace(|c: char| c.is_control() || "/\\".contains(c), "");
            let name = if name.trim().is_empty() { "n".into() } else { name };
            format!(
                "== m.model.lkml\ninclude: \"*\"\nexplore: x {{ from: y }}\n== a/{name}.lkml\n{}== b.view.lkml\n{}== c.md\n{}",
                line(texts), line(texts), line(texts),
            )
        };
        for (before, after) in [(&texts, &other), (&other, &texts)] {
            let made = markdown(&project(before), &project(after), budget);
            prop_assert!(made.len() < budget, "{}", made.len());
            prop_assert_eq!(acting(&made), Vec::<String>::new(), "{}", made);
        }
        let made = markdown("", &project(&texts), budget);
        prop_assert_eq!(acting(&made), Vec::<String>::new(), "{}", made);
    }
}
