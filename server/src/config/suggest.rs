//! The known name that a misspelt one probably means.

use super::settings;

/// The nearest known name, if it is near enough to be worth naming: a third of the letters may differ.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let names = settings().map(|setting| setting.name).chain(super::file::LISTS);
    let (distance, known) = names.map(|known| (distance(name, known), known)).min()?;
    (distance <= name.len().div_ceil(3)).then_some(known)
}

/// Letters to insert, drop or change to make one of the other (Levenshtein), in one row of memory.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let change = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_its_name() {
        for (slip, meant) in [
            ("maxclient", "maxclients"),
            ("replcas", "replicas"),
            ("sloglog-max-len", "slowlog-max-len"),
            ("node", "nodes"),
        ] {
            assert_eq!(nearest(slip), Some(meant), "{slip}");
        }
    }

    #[test]
    fn what_resembles_nothing_gets_no_guess() {
        assert_eq!(nearest("wallpaper-colour"), None);
    }

    #[test]
    fn the_distance_counts_single_changes() {
        for (a, b, expected) in [
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("same", "same", 0),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }
}
