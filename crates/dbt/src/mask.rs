//! Files as they may be shown: with stars in place of what may be secret.

use storyline_yaml::read;

use crate::secrets;

/// The bytes of a `profiles.yml` with every literal secret starred out, at the same places, and with
/// what comments and longer texts say after a `:`. Of a file that cannot be read only the keys are left: nobody knows
/// what its values are.
pub fn masked(source: &[u8]) -> Vec<u8> {
    let document = read(source);
    let mut bytes = source.to_vec();
    if document.is_empty() {
        bytes
            .split_mut(|b| *b == b'\n')
            .for_each(|line| match memchr::memchr(b':', line) {
                Some(_) => mask_line(line),
                // It may go on with a value of the line above.
                None => star(line),
            });
        return bytes;
    }
    for line in bytes.split_mut(|b| *b == b'\n') {
        if let Some(comment) = memchr::memchr(b'#', line) {
            mask_line(&mut line[comment + 1..]);
        }
    }
    for scalar in document.scalars().filter(|scalar| !scalar.is_alias()) {
        let text = &mut bytes[scalar.content().range()];
        // Somebody's profile may stand in a text, be it by a stray `|`.
        if memchr::memchr(b'\n', text).is_some() || memchr::memmem::find(text, b": ").is_some() {
            text.split_mut(|b| *b == b'\n').for_each(mask_line);
        }
    }
    for secret in secrets(&document) {
        star(&mut bytes[secret.span.range()]);
    }
    bytes
}

/// Stars out all that follows the first `:`.
fn mask_line(text: &mut [u8]) {
    if let Some(colon) = memchr::memchr(b':', text) {
        star(&mut text[colon + 1..]);
    }
}

fn star(bytes: &mut [u8]) {
    let visible = bytes.iter_mut().filter(|b| !b.is_ascii_whitespace());
    visible.for_each(|b| *b = b'*');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, expect: &str) {
        assert_eq!(String::from_utf8_lossy(&masked(source.as_bytes())), expect);
    }

    #[test]
    fn secrets_are_starred_out() {
        check(
            "a: {b: {schema: s, password: 'hunter2'}} # x\n# pw: y\n",
            "a: {b: {schema: s, password: '*******'}} # x\n# pw: *\n",
        );
        check(
            "a:\n  private_key: |\n    caf\u{e9} x\n    y\n",
            "a:\n  private_key: |\n    ***** *\n    *\n",
        );
        check(
            "a: {b: [\nx: 'y'\n# pw\n  pass\n",
            "a: *** *\nx: ***\n* **\n  ****\n",
        );
        check(
            "|\na: {password: x}\nb: {note: 'password: y z', why: \"see: it\"}\n",
            "|\na: ********** **\nb: ****** ********** * *** **** ***** ****\n",
        );
        check(
            "a: {note: 'password: y z', host: 'http://h:80'}\n",
            "a: {note: 'password: * *', host: 'http://h:80'}\n",
        );
        check("", "");
    }
}
