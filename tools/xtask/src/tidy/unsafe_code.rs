//! `unsafe` stays in the table of the store: the one place whose invariants are written down and checked for it. Beside it only one function of the allocator is declared.

use super::Violation;
use crate::source::Tree;

const ALLOWED: [&str; 2] = ["server/src/store/table", "tools/src/allocator.rs"];

/// Finds `unsafe` elsewhere.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    let is_allowed = |path: &str| ALLOWED.iter().any(|place| path.starts_with(place));
    for file in tree.rust.iter().filter(|file| !is_allowed(&file.path)) {
        for token in file.lexed.tokens.iter().filter(|token| token.ident() == "unsafe") {
            found.push(Violation::new(
                &file.path,
                token.line,
                format!("`unsafe` only in {}", ALLOWED.join(" and ")),
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::planted;

    #[test]
    fn unsafe_outside_of_the_store_and_the_allocator_is_found() {
        let code = "fn f() { unsafe { g() } }";
        assert_eq!(check(&planted(&[("server/src/session.rs", code)])).len(), 1);
        assert_eq!(check(&planted(&[("tools/src/node.rs", code)])).len(), 1);
        assert_eq!(
            check(&planted(&[
                ("server/src/store/table/entry.rs", code),
                ("tools/src/allocator.rs", code),
                ("core/src/a.rs", "// unsafe\n")
            ])),
            []
        );
    }
}
