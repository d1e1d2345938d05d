//! Resident memory.

use std::fs;

use crate::error::{Doing, Error, Result};

/// Bytes of `pid` that are resident (`VmRSS`).
pub(crate) fn resident_bytes(pid: u32) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).doing(format_args!("reading the status of {pid}"))?;
    parse_resident(&text).ok_or_else(|| Error::Answer(format!("/proc/{pid}/status has no VmRSS line")))
}

fn parse_resident(status: &str) -> Option<u64> {
    let field = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = field.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_in_kibibytes() {
        assert_eq!(
            parse_resident("Name:\tx\nVmRSS:\t    2048 kB\nRssAnon:\t 1 kB\n"),
            Some(2 * 1024 * 1024)
        );
        assert_eq!(parse_resident("Name:\tx\n"), None);
    }
}
