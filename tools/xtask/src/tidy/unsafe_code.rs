//! `unsafe` stays in the table of the store: the one place whose invariants are written down and checked for it.

use super::Violation;
use crate::source::Tree;

const ALLOWED: &str = "server/src/store/table";

/// Finds `unsafe` elsewhere.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.rust.iter().filter(|file| !file.path.starts_with(ALLOWED)) {
        for token in file.lexed.tokens.iter().filter(|token| token.ident() == "unsafe") {
            found.push(Violation::new(
                &file.path,
                token.line,
                format!("`unsafe` only in {ALLOWED}"),
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
    fn unsafe_outside_of_the_store_is_found() {
        let code = "fn f() { unsafe { g() } }";
        assert_eq!(check(&planted(&[("server/src/session.rs", code)])).len(), 1);
        assert_eq!(
            check(&planted(&[
                ("server/src/store/table/entry.rs", code),
                ("core/src/a.rs", "// unsafe\n")
            ])),
            []
        );
    }
}
