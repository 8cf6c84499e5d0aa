//! Hundreds of addresses: what is taken, what is refused and why, and that what is taken is harmless.

use proptest::prelude::*;

use super::*;

/// `protocol user host port path` of an address, or why it is refused.
fn told(text: &str) -> String {
    match Url::parse(text) {
        Ok(url) => format!(
            "{} {} {} {} {}",
            url.protocol(),
            url.user().unwrap_or("-"),
            url.host().unwrap_or("-"),
            url.port().map_or("-".into(), |port| port.to_string()),
            url.path()
        ),
        Err(refused) => refused.why.to_string(),
    }
}

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (text, expect) in cases {
        assert_eq!(told(text), *expect, "{text:?}");
    }
}

#[track_caller]
fn refused(why: Why, texts: &[&str]) {
    for text in texts {
        assert_eq!(told(text), why.to_string(), "{text:?}");
    }
}

#[test]
fn addresses() {
    check(&[
        (
            "https://git.example.com/acme/looker.git",
            "https - git.example.com - /acme/looker.git",
        ),
        (
            "https://git.example.com/acme/looker",
            "https - git.example.com - /acme/looker",
        ),
        (
            "https://git.example.com/acme/looker/",
            "https - git.example.com - /acme/looker/",
        ),
        (
            "https://git.example.com:8443/x",
            "https - git.example.com 8443 /x",
        ),
        (
            "https://git.example.com:1/x",
            "https - git.example.com 1 /x",
        ),
        (
            "https://git.example.com:65535/x",
            "https - git.example.com 65535 /x",
        ),
        (
            "https://acme@dev.example.com/acme/_git/x",
            "https acme dev.example.com - /acme/_git/x",
        ),
        (
            "https://acme@dev.example.com:8443/x",
            "https acme dev.example.com 8443 /x",
        ),
        (
            "https://git.example.com/a%20b/c",
            "https - git.example.com - /a%20b/c",
        ),
        (
            "https://git.example.com/~me/x",
            "https - git.example.com - /~me/x",
        ),
        (
            "https://git.example.com/a/-/b",
            "https - git.example.com - /a/-/b",
        ),
        (
            "https://git.example.com/x@y:z",
            "https - git.example.com - /x@y:z",
        ),
        ("https://127.0.0.1/x", "https - 127.0.0.1 - /x"),
        ("https://[::1]/x", "https - [::1] - /x"),
        ("https://[::1]:8443/x", "https - [::1] 8443 /x"),
        ("https://localhost/x", "https - localhost - /x"),
        ("https://a_b.example.com/x", "https - a_b.example.com - /x"),
        ("https://GIT.example.com/x", "https - GIT.example.com - /x"),
        ("http://git.example.com/x", "http - git.example.com - /x"),
        ("http://127.0.0.1:8080/x", "http - 127.0.0.1 8080 /x"),
        (
            "ssh://git@git.example.com/acme/x.git",
            "ssh git git.example.com - /acme/x.git",
        ),
        (
            "ssh://git@git.example.com:2222/x",
            "ssh git git.example.com 2222 /x",
        ),
        ("ssh://git.example.com/x", "ssh - git.example.com - /x"),
        (
            "ssh://git.example.com/~me/x",
            "ssh - git.example.com - /~me/x",
        ),
        ("ssh://git@[fe80::1]/x", "ssh git [fe80::1] - /x"),
        ("ssh://git@[fe80::1]:2222/x", "ssh git [fe80::1] 2222 /x"),
        (
            "ssh://me%40example.com@git.example.com/x",
            "ssh me%40example.com git.example.com - /x",
        ),
        (
            "ssh://me@example.com@git.example.com/x",
            "ssh me@example.com git.example.com - /x",
        ),
        (
            "git@git.example.com:acme/x.git",
            "ssh git git.example.com - acme/x.git",
        ),
        (
            "git@git.example.com:/srv/x.git",
            "ssh git git.example.com - /srv/x.git",
        ),
        (
            "git@git.example.com:~me/x",
            "ssh git git.example.com - ~me/x",
        ),
        ("git@git.example.com:22/x", "ssh git git.example.com - 22/x"),
        ("git.example.com:x", "ssh - git.example.com - x"),
        ("work:acme/x", "ssh - work - acme/x"),
        (
            "org-1234@git.example.com:x",
            "ssh org-1234 git.example.com - x",
        ),
        ("git@[::1]:x", "ssh git [::1] - x"),
        ("[::1]:x", "ssh - [::1] - x"),
        (
            "git@git.example.com:a b/x",
            "ssh git git.example.com - a b/x",
        ),
        ("git@git.example.com:x@y", "ssh git git.example.com - x@y"),
        ("git@git.example.com:a:b", "ssh git git.example.com - a:b"),
        ("git@git.example.com:100%", "ssh git git.example.com - 100%"),
        ("file:///srv/git/x.git", "file - - - /srv/git/x.git"),
        ("file:///srv/git/a%20b", "file - - - /srv/git/a%20b"),
        ("file:///C:/git/x", "file - - - /C:/git/x"),
        ("/srv/git/x.git", "file - - - /srv/git/x.git"),
        ("/srv/git/a b/x", "file - - - /srv/git/a b/x"),
        ("/srv/git/100%", "file - - - /srv/git/100%"),
        ("/srv/x@y:z", "file - - - /srv/x@y:z"),
        ("C:/git/x", "file - - - C:/git/x"),
        ("/srv/git/日本", "file - - - /srv/git/日本"),
    ]);
}

#[test]
fn options() {
    refused(Why::Empty, &[""]);
    refused(
        Why::Option,
        &[
            "-",
            "--",
            "-x",
            "-x:y",
            "--upload-pack=touch /tmp/x",
            "--upload-pack=x:y",
            "--receive-pack=x",
            "-oProxyCommand=x:y",
            "--exec=https://git.example.com/x",
            "-https://git.example.com/x",
            "-c",
            "--config=x",
            "-/srv/x",
            "-u",
            "--help",
        ],
    );
    refused(
        Why::OptionWithin("user"),
        &[
            "https://-x@git.example.com/x",
            "ssh://-x@git.example.com/x",
            "ssh://%2dx@git.example.com/x",
            "ssh://%2Dx@git.example.com/x",
            "ssh://-oProxyCommand=x@git.example.com/x",
            "ssh://--@git.example.com/x",
            "http://-x@git.example.com/x",
        ],
    );
    refused(
        Why::OptionWithin("host"),
        &[
            "https://-git.example.com/x",
            "ssh://-oProxyCommand=touch/x",
            "ssh://git@-x/y",
            "git@-x:y",
            "git@-oProxyCommand=x:y",
            "git@--x:y",
            "ssh://git@-x:22/y",
            "http://-x/y",
            "https://-x:443/y",
            "git@-:x",
        ],
    );
    refused(
        Why::OptionWithin("path"),
        &[
            "git@git.example.com:-x",
            "git@git.example.com:--upload-pack=x",
            "git@git.example.com:/-x",
            "ssh://git.example.com/-x",
            "ssh://git.example.com/%2dx",
            "ssh://git.example.com//-x",
            "ssh://git.example.com/%2f-x",
            "https://git.example.com/-/x",
            "/-x",
            "//--x",
            "file:///-x",
            "file:///%2dx",
            "file:////-x",
            "work:-x",
            "[::1]:-x",
        ],
    );
}

#[test]
fn programs_and_unknown_schemes() {
    refused(
        Why::Helper,
        &[
            "ext::sh -c touch% /tmp/x",
            "ext::sh",
            "EXT::sh",
            "Ext::sh",
            "eXt::",
            "fd::17",
            "FD::17",
            "fd::17/x",
            "ext::https://git.example.com/x",
            "foo::bar",
            "foo::https://git.example.com",
            "git.example.com::x",
            "a-b::c",
            "a+b::c",
            "::x",
            "http::https://x",
            "C::x",
            "transport::address",
            "persistent-https::x",
            "ssh::x",
        ],
    );
    refused(
        Why::Scheme,
        &[
            "HTTPS://git.example.com/x",
            "Https://git.example.com/x",
            "SSH://git.example.com/x",
            "FILE:///srv/x",
            "git://git.example.com/x",
            "ftp://git.example.com/x",
            "ftps://h/x",
            "git+ssh://git.example.com/x",
            "ssh+git://git.example.com/x",
            "ext://x",
            "javascript://x",
            "rsync://git.example.com/x",
            " https://git.example.com/x",
            "://x",
            "https+x://h/x",
            "data://x",
            "foo/https://git.example.com/x",
            "gopher://git.example.com/x",
            "s3://x/y",
            "codecommit://x",
            "./https://h/x",
        ],
    );
    refused(
        Why::Relative,
        &[
            "looker",
            "looker.git",
            "./looker",
            "../looker.git",
            "a/b:c",
            "~/looker",
            "~me/x",
            ".",
            "..",
            "origin",
            "@",
            "a@b",
            "a/b",
            "@/x",
            "a@b/c:d",
            "[::1]",
            "\\\\server\\share",
        ],
    );
}

#[test]
fn broken_parts() {
    refused(
        Why::Part("host"),
        &[
            "https:///x",
            "ssh:///x",
            "http://",
            "https://",
            "https://a b/x",
            "https://a%2db/x",
            "https://[::1/x",
            "https://[x]/y",
            "https://[]/y",
            "https://h\u{e9}/x",
            "https://a,b/x",
            "git@:x",
            ":x",
            "ssh://git@/x",
            "https://a\\b/x",
            "https://a'b/x",
            "https://$HOME/x",
            "https://`x`/x",
            "ssh://a;b/x",
            "git@a;b:x",
            "git@a b:x",
            "a b:x",
            "https://a|b/x",
            "https://a&b/x",
            "[::1%25eth0]:x",
            "~:x",
            "https://*/x",
            "(x):y",
        ],
    );
    refused(
        Why::Part("user"),
        &[
            "https://@git.example.com/x",
            "ssh://@git.example.com/x",
            "@git.example.com:x",
            "ssh://a b@git.example.com/x",
            "ssh://a%0ab@git.example.com/x",
            "a;b@git.example.com:x",
            "ssh://a%zz@git.example.com/x",
            "ssh://a%2@git.example.com/x",
            "$x@git.example.com:x",
            "ssh://a%3ab@git.example.com/x",
            "ssh://`x`@git.example.com/x",
            "a'b@git.example.com:x",
        ],
    );
    refused(
        Why::Part("path"),
        &[
            "https://git.example.com",
            "https://git.example.com/",
            "https://git.example.com//",
            "ssh://git.example.com",
            "ssh://git@git.example.com:22",
            "git@git.example.com:",
            "git@git.example.com:/",
            "file://",
            "file:///",
            "/",
            "//",
            "/srv/x ",
            "git@h:x ",
            "https://git.example.com/%0ahost=evil",
            "https://git.example.com/x%0d",
            "https://git.example.com/%00",
            "ssh://git.example.com/a%1bb",
            "https://git.example.com/%zz",
            "https://git.example.com/%",
            "https://git.example.com/%2",
            "file:///a%0ab",
            "https://git.example.com/%\u{e9}x",
        ],
    );
    refused(
        Why::Part("port"),
        &[
            "https://git.example.com:0/x",
            "https://git.example.com:65536/x",
            "https://git.example.com:/x",
            "ssh://git.example.com:99999999999/x",
            "ssh://git@git.example.com:/x",
            "http://[::1]:/x",
        ],
    );
    refused(
        Why::Part("path: `file://` is followed by `/`"),
        &[
            "file://host/x",
            "file://srv",
            "file://me@host/x",
            "file://C:/x",
            "file://../x",
        ],
    );
}

#[test]
fn credentials() {
    refused(
        Why::Password,
        &[
            "https://me:s3cret@git.example.com/x",
            "https://:s3cret@git.example.com/x",
            "https://me:@git.example.com/x",
            "ssh://git:s3cret@git.example.com/x",
            "me:s3cret@git.example.com:x",
            "https://oauth2:s3cret@git.example.com/x.git",
            "https://me:s3/cret@git.example.com/x",
            "https://a@b:s3cret@git.example.com/x",
            "http://me:1234@127.0.0.1:80/x",
            "https://git.example.com:x/y",
            "me:s3cret@git.example.com",
            "me:s3@cret@git.example.com:x",
            "https://x:y:z@h/x",
        ],
    );
    refused(
        Why::Token,
        &[
            "https://ghp_0123456789@github.com/x",
            "https://github_pat_0@github.com/x",
            "https://glpat-0123@gitlab.com/x",
            "https://ghs_x@github.com/x",
            "ghp_x@github.com:x",
        ],
    );
    refused(
        Why::Query,
        &[
            "https://git.example.com/x?private_token=s3cret",
            "https://git.example.com/x#s3cret",
            "http://git.example.com/x?",
            "https://git.example.com/?x",
        ],
    );
}

#[test]
fn what_is_not_to_be_seen() {
    for hidden in [
        "\0", "\n", "\r", "\r\n", "\t", "\u{1b}", "\u{7f}", "\u{9b}", "\u{202e}", "\u{200b}",
        "\u{feff}",
    ] {
        for (before, after) in [
            ("", "https://git.example.com/x"),
            ("https://", "git.example.com/x"),
            ("https://git.example", ".com/x"),
            ("https://git.example.com/", "x"),
            ("https://git.example.com/x", ""),
            ("git@git.example.com:x", ""),
            ("git", "@git.example.com:x"),
            ("/srv/x", "/y"),
        ] {
            refused(Why::Hidden, &[&format!("{before}{hidden}{after}")]);
        }
    }
}

#[test]
fn told_with_help() {
    let told = |text: &str| {
        let diagnostic = Url::parse(text).expect_err("it is refused").diagnostic();
        format!(
            "{}: {}\n{}",
            diagnostic.id,
            diagnostic.title,
            diagnostic.help.join("\n")
        )
    };
    insta::assert_snapshot!(told("https://me:s3cret@git.example.com/x"), @r#"
    url-refused: the repository's URL `https://git.example.com/x` is refused: it holds a password
    leave it out of the URL and let Git's credential helper know it: `git help credentials`
    "#);
    insta::assert_snapshot!(told("ext::sh -c 'touch /tmp/s3cret'"), @r#"
    url-refused: the repository's URL `ext::` is refused: it names a program to be started (`::`)
    write `https://HOST/PATH`, `ssh://USER@HOST/PATH` or `USER@HOST:PATH`, in lower case up to the host
    "#);
    insta::assert_snapshot!(told("https://git.example.com/\u{1b}[31m"), @r#"
    url-refused: the repository's URL `https://git.example.com/\u{1b}[31m` is refused: it holds a character that is not to be seen
    write `https://HOST/PATH`, `ssh://USER@HOST/PATH` or `USER@HOST:PATH`, in lower case up to the host
    "#);
    insta::assert_snapshot!(told("../looker"), @r#"
    url-refused: the repository's URL `../looker` is refused: it is a path from here, and what `here` is differs from one command to the next
    write the whole path, from `/` on
    "#);
}

proptest! {
    /// Whatever is accepted is harmless as an argument, shows no credentials, and reads the same again.
    #[test]
    fn what_is_accepted_is_harmless(
        text in prop_oneof![
            "\\PC{0,24}",
            "(https|ssh|http|file|HTTPS|ext|git)?(://|::|:)?[-a-z%0-9@:/.\\[\\]\u{202e}\n]{0,24}",
            "[-a-z@:/%]{0,6}@?[-a-z.]{1,6}:[-a-z/%0-9]{0,6}",
        ],
    ) {
        if let Ok(url) = Url::parse(&text) {
            let argument = url.argument();
            prop_assert_eq!(argument, &text);
            prop_assert!(!argument.starts_with('-'));
            prop_assert!(!argument.chars().any(char::is_control));
            let parts = [url.user(), url.host(), Some(url.path().trim_start_matches('/'))];
            for part in parts.into_iter().flatten() {
                prop_assert!(!part.starts_with('-'), "{}", part);
            }
            prop_assert!(!url.user().is_some_and(|user| user.contains(':')));
            prop_assert_eq!(Url::parse(&url.to_string()).is_ok(), true);
        }
    }
}
