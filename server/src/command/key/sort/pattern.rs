//! The patterns of SORT's BY and GET: names of keys, or of fields of hashes, with an element in place of the first `*`.

use circlet_ring::Slot;

/// See the module's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pattern<'a>(pub(super) &'a [u8]);

impl<'a> Pattern<'a> {
    /// Whether it means the element itself: `#`.
    pub(super) fn is_element(self) -> bool {
        self.0 == b"#"
    }

    /// The key for an element; `None` if there is no place for it.
    pub(super) fn key(self, element: &[u8]) -> Option<Vec<u8>> {
        let star = self.star()?;
        let end = self.arrow().unwrap_or(self.0.len());
        Some([&self.0[..star], element, &self.0[star + 1..end]].concat())
    }

    /// The field of a hash that it names.
    pub(super) fn field(self) -> Option<&'a [u8]> {
        self.arrow().map(|arrow| &self.0[arrow + 2..])
    }

    /// Whether all keys that it makes are in this slot, whatever the elements are: it has a hash tag of that slot in front of its `*`.
    pub(super) fn stays_in(self, slot: Slot) -> bool {
        let star = self.star().unwrap_or(self.0.len());
        let front = &self.0[..star];
        let Some(open) = front.iter().position(|&byte| byte == b'{') else {
            return false;
        };
        let tag = front[open + 1..].iter().position(|&byte| byte == b'}');
        tag.is_some_and(|len| len > 0) && Slot::of_key(front) == slot
    }

    fn star(self) -> Option<usize> {
        self.0.iter().position(|&byte| byte == b'*')
    }

    /// Where `->` begins, behind the `*`, if a name follows it.
    fn arrow(self) -> Option<usize> {
        let behind = self.star()? + 1;
        let arrow = self.0[behind..].windows(2).position(|pair| pair == b"->")? + behind;
        (arrow + 2 < self.0.len()).then_some(arrow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_makes_a_key_and_a_field_of_an_element() {
        let cases: [(&str, Option<&str>, Option<&str>); 9] = [
            ("w_*", Some("w_E"), None),
            ("*", Some("E"), None),
            ("a*b*c", Some("aEb*c"), None),
            ("h_*->f", Some("h_E"), Some("f")),
            ("h_*x->f->g", Some("h_Ex"), Some("f->g")),
            ("h_*->", Some("h_E->"), None),
            ("h->f*", Some("h->fE"), None),
            ("nothing", None, None),
            ("#", None, None),
        ];
        for (pattern, key, field) in cases {
            let pattern = Pattern(pattern.as_bytes());
            assert_eq!(pattern.key(b"E").as_deref(), key.map(str::as_bytes), "{pattern:?}");
            assert_eq!(pattern.field(), field.map(str::as_bytes), "{pattern:?}");
        }
    }

    #[test]
    fn only_a_hash_tag_in_front_keeps_a_pattern_in_its_slot() {
        let slot = Slot::of_key(b"t");
        for (pattern, stays) in [
            ("{t}w_*", true),
            ("w{t}_*->f", true),
            ("{t}{u}*", true),
            ("w_*{t}", false),
            ("{*}t", false),
            ("{}t*", false),
            ("{u}w_*", false),
            ("t*", false),
        ] {
            assert_eq!(Pattern(pattern.as_bytes()).stays_in(slot), stays, "{pattern}");
        }
    }
}
