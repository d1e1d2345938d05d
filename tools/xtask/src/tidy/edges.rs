//! Who may depend on whom among the workspace's crates: the arrows of `ARCHITECTURE.md`.
//!
//! `ring <- core <- {server, sim}`; `{resp, hedge} <- {server, client}`; `ring <- client`; `core`, `resp` and `hedge` do not know each
//! other; nothing depends on `tools` or `benches`; `client` and `server` do not depend on each other. Development
//! dependencies count as well: a test that reaches across a border is the border gone.

use super::Violation;
use crate::source::Tree;

/// A manifest, the crates of the workspace that it may name, and the crates from outside that it may not.
struct Crate {
    manifest: &'static str,
    may_use: &'static [&'static str],
}

const CRATES: [Crate; 13] = [
    Crate {
        manifest: "ring/Cargo.toml",
        may_use: &[],
    },
    Crate {
        manifest: "core/Cargo.toml",
        may_use: &["circlet-ring"],
    },
    Crate {
        manifest: "resp/Cargo.toml",
        may_use: &[],
    },
    Crate {
        manifest: "hedge/Cargo.toml",
        may_use: &[],
    },
    Crate {
        manifest: "server/Cargo.toml",
        may_use: &["circlet-ring", "circlet-core", "circlet-resp", "circlet-hedge"],
    },
    Crate {
        manifest: "client/Cargo.toml",
        may_use: &["circlet-ring", "circlet-resp", "circlet-hedge"],
    },
    Crate {
        manifest: "tools/sim/Cargo.toml",
        may_use: &["circlet-ring", "circlet-core", "circlet-measure"],
    },
    Crate {
        manifest: "tools/chaos/Cargo.toml",
        may_use: &["circlet-resp"],
    },
    // What load generators share. It knows nothing of Circlet, so a generator cannot hide a mistake of the server through it.
    Crate {
        manifest: "tools/measure/Cargo.toml",
        may_use: &[],
    },
    Crate {
        manifest: "tools/xtask/Cargo.toml",
        may_use: &[],
    },
    Crate {
        manifest: "tools/Cargo.toml",
        may_use: LIBRARIES,
    },
    Crate {
        manifest: "tools/fuzz/Cargo.toml",
        may_use: LIBRARIES,
    },
    Crate {
        manifest: "benches/Cargo.toml",
        may_use: LIBRARIES,
    },
];

const LIBRARIES: &[&str] = &[
    "circlet-ring",
    "circlet-core",
    "circlet-resp",
    "circlet-server",
    "circlet-client",
    "circlet-sim",
    "circlet-measure",
];

/// What would bring a task, a socket or a lock into a pure crate.
const IMPURE: [&str; 7] = ["tokio", "dashmap", "parking_lot", "mio", "axum", "hyper", "crossbeam"];
const PURE: [&str; 4] = [
    "ring/Cargo.toml",
    "core/Cargo.toml",
    "resp/Cargo.toml",
    "hedge/Cargo.toml",
];

/// Finds dependencies against the arrows, and crates that the arrows do not know.
pub(crate) fn check(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for (path, text) in tree.texts.iter().filter(|(path, _)| path.ends_with("/Cargo.toml")) {
        let Some(known) = CRATES.iter().find(|known| known.manifest == path) else {
            found.push(Violation::new(
                path,
                0,
                "a crate that tools/xtask/src/tidy/edges.rs does not know",
            ));
            continue;
        };
        for (line, name) in dependencies(text) {
            let ours = name == "circlet" || name == "xtask" || name.starts_with("circlet-");
            if ours && !known.may_use.contains(&name.as_str()) {
                found.push(Violation::new(path, line, format!("must not depend on `{name}`")));
            }
            if PURE.contains(&path.as_str()) && IMPURE.contains(&name.as_str()) {
                found.push(Violation::new(
                    path,
                    line,
                    format!("a pure crate must not depend on `{name}`"),
                ));
            }
        }
    }
    found
}

/// The names in every table of dependencies, with their lines. Reads what cargo's manifests look like, not all of TOML.
fn dependencies(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut in_table = false;
    for (number, row) in text.lines().enumerate() {
        let row = row.split('#').next().unwrap_or("").trim();
        if let Some(header) = row.strip_prefix('[') {
            let header = header.trim_end_matches(']');
            let after = header.rsplit_once("dependencies").map(|(_, after)| after);
            in_table = after == Some("");
            if let Some(name) = after.and_then(|after| after.strip_prefix('.')) {
                found.push((number + 1, name.trim_matches('"').to_string()));
            }
        } else if in_table && let Some((name, value)) = row.split_once('=') {
            let name = name.trim().split('.').next().unwrap_or("").trim_matches('"');
            found.push((number + 1, name.to_string()));
            // A renamed dependency is the package that it names.
            if let Some((_, rest)) = value.split_once("package") {
                let package = rest.split('"').nth(1).unwrap_or("");
                found.push((number + 1, package.to_string()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::planted;

    #[test]
    fn a_dependency_against_the_arrows_is_found_however_it_is_written() {
        for written in [
            "[dependencies]\ncirclet-resp.workspace = true",
            "[dependencies]\ncirclet-resp = { path = \"../resp\" }",
            "[dev-dependencies]\ncirclet-resp.workspace = true",
            "[dependencies.circlet-resp]\nworkspace = true",
            "[target.'cfg(unix)'.dependencies]\ncirclet-resp.workspace = true",
            "[dependencies]\nother = { package = \"circlet-resp\", path = \"../resp\" }",
        ] {
            let found = check(&planted(&[("core/Cargo.toml", written)]));
            assert_eq!(found.len(), 1, "core must not know resp: {written}");
        }
    }

    #[test]
    fn the_arrows_themselves_are_allowed() {
        let server = "[dependencies]\ncirclet-core.workspace = true\ncirclet-resp.workspace = true\ntokio = \"1\"";
        assert_eq!(check(&planted(&[("server/Cargo.toml", server)])), []);
    }

    #[test]
    fn a_pure_crate_with_a_runtime_is_found() {
        assert_eq!(
            check(&planted(&[(
                "core/Cargo.toml",
                "[dependencies]\ntokio.workspace = true"
            )]))
            .len(),
            1
        );
    }

    #[test]
    fn nothing_may_depend_on_the_tools() {
        assert_eq!(
            check(&planted(&[("benches/Cargo.toml", "[dependencies]\ncirclet = \"1\"")])).len(),
            1
        );
    }

    #[test]
    fn a_new_crate_must_find_its_place_first() {
        assert_eq!(check(&planted(&[("extra/Cargo.toml", "")])).len(), 1);
    }
}
