//! One place that one client alone writes, and what may be read there.
//!
//! ```text
//!   expected   what the last acknowledged write left, or the last read saw
//!   pending    writes with an unknown outcome: each may have happened, or happen later, once
//! ```
//!
//! A read must give what is expected, or one of the pending writes, which then has happened. With one writer a place this is
//! exactly what a linearizable register allows (Herlihy and Wing, "Linearizability", 1990), an unacknowledged write being one that has not
//! returned yet: a node that was stopped may run it when it wakes. It must not happen twice.

/// A value: numbered, so that what is read can be ordered; `None` is absence.
pub(crate) type Content = Option<u64>;

/// See the module's header.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cell {
    expected: Content,
    pending: Vec<Content>,
}

/// How a read broke the promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// What was acknowledged is not there, nor anything later.
    Lost,
    /// What was deleted or had expired is there again.
    Resurrected,
    /// An older value is there again.
    WentBack,
    /// Nobody wrote that.
    Invented,
}

impl Cell {
    /// A write was acknowledged.
    pub(crate) fn acknowledged(&mut self, content: Content) {
        self.expected = content;
    }

    /// The outcome of a write is unknown.
    pub(crate) fn unknown(&mut self, content: Content) {
        self.pending.push(content);
    }

    /// A read at QUORUM gave this.
    pub(crate) fn read(&mut self, found: Content) -> Result<(), Wrong> {
        if found == self.expected {
            return Ok(());
        }
        if let Some(at) = self.pending.iter().position(|pending| *pending == found) {
            self.pending.swap_remove(at);
            self.expected = found;
            return Ok(());
        }
        Err(match (self.expected, found) {
            (None, Some(_)) => Wrong::Resurrected,
            (Some(_), None) => Wrong::Lost,
            (Some(expected), Some(found)) if found < expected => Wrong::WentBack,
            (Some(_), Some(_)) => Wrong::Invented,
            (None, None) => unreachable!("they are equal"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_acknowledged_is_read() {
        let mut cell = Cell::default();
        assert_eq!(cell.read(None), Ok(()));
        cell.acknowledged(Some(2));
        assert_eq!(cell.read(Some(2)), Ok(()));
        assert_eq!(cell.read(Some(1)), Err(Wrong::WentBack));
        assert_eq!(cell.read(Some(3)), Err(Wrong::Invented));
        assert_eq!(cell.read(None), Err(Wrong::Lost));
        cell.acknowledged(None);
        assert_eq!(cell.read(Some(2)), Err(Wrong::Resurrected));
    }

    #[test]
    fn an_unknown_write_happens_once_and_may_never() {
        let mut cell = Cell::default();
        cell.acknowledged(Some(1));
        cell.unknown(Some(2));
        assert_eq!(cell.read(Some(1)), Ok(()));
        assert_eq!(cell.read(Some(2)), Ok(()));
        assert_eq!(cell.read(Some(1)), Err(Wrong::WentBack));
    }

    #[test]
    fn an_unknown_write_may_happen_late_but_not_twice() {
        let mut cell = Cell::default();
        cell.unknown(Some(1));
        cell.acknowledged(Some(2));
        assert_eq!(cell.read(Some(1)), Ok(()));
        cell.acknowledged(Some(3));
        assert_eq!(cell.read(Some(1)), Err(Wrong::WentBack));
    }
}
