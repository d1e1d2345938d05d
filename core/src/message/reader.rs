//! A cursor over received bytes that never reads past their end.

/// A peer sent bytes that are not a frame of this protocol: the link is closed, nothing of the frame has taken effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed peer frame: {0}")]
pub struct Malformed(pub &'static str);

/// Reads little-endian values from the front of a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes }
    }

    /// How many bytes are left.
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (head, rest) = self.rest.split_at_checked(count).ok_or(Malformed("cut short"))?;
        self.rest = rest;
        Ok(head)
    }

    pub(crate) fn array<const COUNT: usize>(&mut self) -> Result<[u8; COUNT], Malformed> {
        let (head, rest) = self.rest.split_first_chunk::<COUNT>().ok_or(Malformed("cut short"))?;
        self.rest = rest;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Malformed> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Malformed> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Malformed> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(crate) fn node_id(&mut self) -> Result<circlet_ring::NodeId, Malformed> {
        Ok(circlet_ring::NodeId::from_bytes(self.array()?))
    }

    /// Bytes that a `u32` length stands before.
    pub(crate) fn long_bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let count = self.u32()?;
        self.bytes(count as usize)
    }

    /// Reads `count` values and then refuses what is left over; after an error there are no more.
    pub(crate) fn counted<T>(
        mut self,
        count: u32,
        read_one: impl Fn(&mut Self) -> Result<T, Malformed>,
    ) -> impl Iterator<Item = Result<T, Malformed>> {
        let mut left = count;
        let mut ended = false;
        std::iter::from_fn(move || {
            if ended {
                return None;
            }
            if left == 0 {
                ended = true;
                return self.finish().err().map(Err);
            }
            left -= 1;
            let value = read_one(&mut self);
            ended = value.is_err();
            Some(value)
        })
    }

    /// Refuses what is left over, so that two readings of one frame cannot differ.
    pub(crate) fn finish(self) -> Result<(), Malformed> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Malformed("bytes left over"))
        }
    }
}

/// Appends `bytes` with a `u32` length before them.
pub(crate) fn put_long_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    // Keys and values are at most 512 MiB each, far below u32::MAX.
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}
