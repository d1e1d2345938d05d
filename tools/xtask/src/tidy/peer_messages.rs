//! The peer messages and the page that documents them change together.
//!
//! The page carries a hash of the code of `core/src/message`; when the code changes, the check names the new hash, and
//! whoever writes it down has the page open. Comments, layout and tests are not part of the hash.

use super::Violation;
use crate::lexer::Kind;
use crate::source::Tree;

const SOURCES: [&str; 2] = ["core/src/message.rs", "core/src/message/"];
const PAGE: &str = "docs/design/peer-protocol.md";

/// Finds a page that was not looked at since the messages changed.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let Some(hash) = hash(tree) else { return Vec::new() };
    let wanted = format!("sources: {hash:016x}");
    if tree.texts.get(PAGE).is_some_and(|page| page.contains(&wanted)) {
        return Vec::new();
    }
    let text = format!("the peer messages have changed: bring the page up to date, then let it say `{wanted}`");
    vec![Violation::new(PAGE, 0, text)]
}

/// FNV-1a over the code of the messages' files; nothing while there are none.
fn hash(tree: &Tree) -> Option<u64> {
    let mut files: Vec<_> = tree.under(&SOURCES).filter(|file| !file.is_test()).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut feed = |text: &str| {
        for byte in text.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for file in &files {
        feed(&file.path);
        for token in file.lexed.tokens.iter().filter(|token| !token.in_test) {
            match &token.kind {
                Kind::Ident(text) | Kind::Literal(text) => feed(text),
                // A comma before a closing bracket comes and goes with the layout.
                Kind::Punct(',') | Kind::Lifetime => {}
                Kind::Punct(c) => feed(c.encode_utf8(&mut [0; 4])),
            }
        }
    }
    (!files.is_empty()).then_some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::planted;

    const CODE: &str = "pub enum Kind { Ping = 1, Pong = 2 }";

    fn hash_of(text: &str) -> Option<u64> {
        hash(&planted(&[("core/src/message/kind.rs", text)]))
    }

    #[test]
    fn a_page_without_the_hash_of_today_is_found() {
        let hash = hash_of(CODE).unwrap_or_default();
        let page = format!("sources: {hash:016x}\n");
        assert_eq!(
            check(&planted(&[("core/src/message/kind.rs", CODE), (PAGE, &page)])),
            []
        );
        let changed = CODE.replace("Pong = 2", "Pong = 3");
        assert_eq!(
            check(&planted(&[("core/src/message/kind.rs", &changed), (PAGE, &page)])).len(),
            1
        );
    }

    #[test]
    fn a_missing_page_is_found_once_there_are_messages() {
        assert_eq!(check(&planted(&[("core/src/message.rs", CODE)])).len(), 1);
        assert_eq!(check(&planted(&[("core/src/lib.rs", CODE)])), []);
    }

    #[test]
    fn comments_layout_and_tests_do_not_change_the_hash() {
        let same = "// why\npub enum Kind {\n  Ping = 1,\n  Pong = 2,\n}\n#[cfg(test)] mod tests { fn a() {} }";
        assert_eq!(hash_of(CODE), hash_of(same));
    }
}
