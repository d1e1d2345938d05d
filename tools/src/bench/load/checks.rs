//! Keys whose every answer is checked.
//!
//! Each has one writer, which waits for its last write before it begins the next; writes are numbered, every eighth is a deletion. So of
//! any two states of a key it is known which is the newer, and an answer is wrong when it is older than a write that was acknowledged, or
//! than an answer that had come, before the question was asked.
//!
//! A write whose fate is unknown (the connection broke, the time was up) may still take effect at any later moment, also when another try of
//! it was acknowledged: from then on its number is excused. Only what no history can explain is counted.

/// Every write whose number divides by this is a deletion.
const DELETE_EACH: u64 = 8;

/// How a write ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Acknowledged,
    /// Given up. Whether it took effect was told by [`Checks::excuse`].
    GivenUp,
}

/// What an answer must not be older than.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Floor(u64);

/// What an answer says of the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement {
    Fine,
    /// Older than what had been acknowledged or seen.
    Older,
    /// A value where a deletion had been acknowledged or seen.
    Resurrected,
    /// A value that was never written.
    Foreign,
}

#[derive(Debug, Clone, Default)]
struct Key {
    /// The last write begun.
    begun: u64,
    acknowledged: u64,
    /// The newest that an answer has shown.
    seen: u64,
    writing: bool,
    /// Writes that may take effect at any time.
    excused: Vec<u64>,
}

/// All checked keys.
#[derive(Debug)]
pub(crate) struct Checks {
    keys: Vec<Key>,
}

impl Checks {
    pub(crate) fn new(keys: u32) -> Self {
        Checks {
            keys: vec![Key::default(); keys as usize],
        }
    }

    pub(crate) fn keys(&self) -> u32 {
        self.keys.len() as u32
    }

    pub(crate) fn is_delete(number: u64) -> bool {
        number.is_multiple_of(DELETE_EACH)
    }

    /// Begins the next write of `key`, unless one is under way or `only_look` is said.
    pub(crate) fn begin_write(&mut self, key: u32, only_look: bool) -> Option<u64> {
        let key = &mut self.keys[key as usize];
        if key.writing || only_look {
            return None;
        }
        key.writing = true;
        key.begun += 1;
        Some(key.begun)
    }

    /// One try of write `number` may take effect at any time from now on.
    pub(crate) fn excuse(&mut self, key: u32, number: u64) {
        let excused = &mut self.keys[key as usize].excused;
        if !excused.contains(&number) {
            excused.push(number);
        }
    }

    pub(crate) fn end_write(&mut self, key: u32, number: u64, fate: Fate) {
        let key = &mut self.keys[key as usize];
        debug_assert!(key.writing && key.begun == number, "a key has one writer");
        key.writing = false;
        if fate == Fate::Acknowledged {
            key.acknowledged = number;
        }
    }

    /// What an answer to a question asked now must not be older than.
    pub(crate) fn floor(&self, key: u32) -> Floor {
        let key = &self.keys[key as usize];
        Floor(key.acknowledged.max(key.seen))
    }

    /// Judges an answer: the number of the write that it shows, or `None` for an absent key.
    pub(crate) fn judge(&mut self, key: u32, Floor(floor): Floor, found: Option<u64>) -> Judgement {
        let key = &mut self.keys[key as usize];
        match found {
            Some(number) if number == 0 || number > key.begun || Self::is_delete(number) => Judgement::Foreign,
            Some(number) if key.excused.contains(&number) => Judgement::Fine,
            Some(number) if number >= floor => {
                key.seen = key.seen.max(number);
                Judgement::Fine
            }
            Some(_) if floor > 0 && Self::is_delete(floor) => Judgement::Resurrected,
            Some(_) => Judgement::Older,
            None if key.may_be_absent(floor) => Judgement::Fine,
            None => Judgement::Older,
        }
    }
}

impl Key {
    /// Whether some deletion, or that nothing was written, explains an absent key.
    fn may_be_absent(&self, floor: u64) -> bool {
        floor == 0
            || floor.next_multiple_of(DELETE_EACH) <= self.begun
            || self.excused.iter().any(|number| Checks::is_delete(*number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(checks: &mut Checks, fate: Fate) -> u64 {
        let number = checks.begin_write(0, false).expect("no write is under way");
        checks.end_write(0, number, fate);
        number
    }

    fn written(count: u64) -> Checks {
        let mut checks = Checks::new(1);
        for _ in 0..count {
            write(&mut checks, Fate::Acknowledged);
        }
        checks
    }

    #[test]
    fn an_answer_older_than_an_acknowledged_write_is_found() {
        let mut checks = written(3);
        let floor = checks.floor(0);
        assert_eq!(checks.judge(0, floor, Some(3)), Judgement::Fine);
        assert_eq!(checks.judge(0, floor, Some(2)), Judgement::Older);
        assert_eq!(checks.judge(0, floor, None), Judgement::Older, "nothing deleted it");
        assert_eq!(checks.judge(0, floor, Some(4)), Judgement::Foreign, "never written");
    }

    #[test]
    fn a_value_after_its_deletion_is_found() {
        let mut checks = written(8);
        let floor = checks.floor(0);
        assert_eq!(checks.judge(0, floor, None), Judgement::Fine);
        assert_eq!(checks.judge(0, floor, Some(7)), Judgement::Resurrected);
    }

    #[test]
    fn answers_that_go_back_in_time_are_found_though_nothing_was_acknowledged() {
        let mut checks = written(2);
        let number = checks.begin_write(0, false).expect("no write is under way");
        let before = checks.floor(0);
        assert_eq!(
            checks.judge(0, before, Some(number)),
            Judgement::Fine,
            "a write under way may be seen"
        );
        let after = checks.floor(0);
        assert_eq!(
            checks.judge(0, after, Some(2)),
            Judgement::Older,
            "what was seen is not unseen"
        );
        assert_eq!(
            checks.judge(0, before, Some(2)),
            Judgement::Fine,
            "a question asked before may be answered with the old value"
        );
    }

    #[test]
    fn a_write_of_unknown_fate_is_excused_for_ever() {
        let mut checks = written(1);
        let number = checks.begin_write(0, false).expect("no write is under way");
        checks.excuse(0, number);
        checks.end_write(0, number, Fate::GivenUp);
        write(&mut checks, Fate::Acknowledged);
        let floor = checks.floor(0);
        assert_eq!(checks.judge(0, floor, Some(number)), Judgement::Fine);
        assert_eq!(
            checks.judge(0, floor, Some(1)),
            Judgement::Older,
            "an acknowledged one before it is not"
        );
    }

    #[test]
    fn a_deletion_under_way_explains_an_absent_key() {
        let mut checks = written(7);
        let floor = checks.floor(0);
        assert_eq!(checks.judge(0, floor, None), Judgement::Older);
        assert_eq!(checks.begin_write(0, false), Some(8));
        assert_eq!(checks.judge(0, floor, None), Judgement::Fine);
        assert_eq!(checks.begin_write(0, false), None, "one writer a key");
    }
}
