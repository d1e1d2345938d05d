//! How many there are of what, and how much memory they take.

/// Counts of entries and bytes, kept up to date with every change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Keys with a value, be it expired and not removed yet: what DBSIZE says.
    pub live: u64,
    /// Those of them that expire.
    pub expiring: u64,
    /// Entries without a value: deleted keys, remembered so that their old values do not come back.
    pub tombstones: u64,
    /// Memory of all entries, by size class, in bytes; without the buckets.
    pub entry_bytes: u64,
    /// Memory of the buckets, in bytes.
    pub table_bytes: u64,
}

impl Counts {
    /// None of anything.
    pub const NOTHING: Self = Self {
        live: 0,
        expiring: 0,
        tombstones: 0,
        entry_bytes: 0,
        table_bytes: 0,
    };

    /// The memory that entries and buckets take, in bytes.
    #[must_use]
    pub const fn memory_bytes(&self) -> u64 {
        self.entry_bytes + self.table_bytes
    }

    /// The sum of both.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            live: self.live + other.live,
            expiring: self.expiring + other.expiring,
            tombstones: self.tombstones + other.tombstones,
            entry_bytes: self.entry_bytes + other.entry_bytes,
            table_bytes: self.table_bytes + other.table_bytes,
        }
    }

    /// What is left of this one without `other`, which must have been added before.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self {
            live: self.live - other.live,
            expiring: self.expiring - other.expiring,
            tombstones: self.tombstones - other.tombstones,
            entry_bytes: self.entry_bytes - other.entry_bytes,
            table_bytes: self.table_bytes - other.table_bytes,
        }
    }
}
