//! `MOVED` and `ASK`: where a node of a Redis Cluster, or Circlet's port for its clients, sends whoever asks it for a slot of another one (Redis Cluster
//! specification, "Redirection and resharding").

use std::net::{IpAddr, SocketAddr};

/// What such an error says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Redirection<'a> {
    /// Whether it is about this request only, which `ASKING` must go before; else the slot is somewhere else for good.
    pub(crate) is_ask: bool,
    pub(crate) slot: u16,
    /// Empty if it is that of the node that answered.
    pub(crate) host: &'a str,
    pub(crate) port: u16,
}

impl<'a> Redirection<'a> {
    /// Reads `MOVED 3999 127.0.0.1:6381` or `ASK ...`; nothing if the error is another one.
    pub(crate) fn read(error: &'a str) -> Option<Self> {
        let mut words = error.split(' ');
        let is_ask = match words.next()? {
            "MOVED" => false,
            "ASK" => true,
            _ => return None,
        };
        let slot = words.next()?.parse().ok()?;
        let (host, port) = words.next()?.rsplit_once(':')?;
        Some(Self {
            is_ask,
            slot,
            host,
            port: port.parse().ok()?,
        })
    }

    /// The node's address, if the one at `from` has said it by address, as it does unless it was told otherwise.
    pub(crate) fn to(&self, from: SocketAddr) -> Option<SocketAddr> {
        address(self.host, self.port, from)
    }
}

/// The address of a node as the one at `from` has written it. A node that does not know its own address leaves it out: it is the one
/// that was asked.
pub(crate) fn address(ip: &str, port: u16, from: SocketAddr) -> Option<SocketAddr> {
    let ip: IpAddr = if ip.is_empty() { from.ip() } else { ip.parse().ok()? };
    Some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_errors_say_where_to_go() {
        let from = SocketAddr::from(([127, 0, 0, 1], 1));
        let moved = Redirection::read("MOVED 3999 10.0.0.1:6381").expect("one of them");
        assert_eq!((moved.is_ask, moved.slot), (false, 3999));
        assert_eq!(moved.to(from), Some(SocketAddr::from(([10, 0, 0, 1], 6381))));
        let ask = Redirection::read("ASK 7 :6382").expect("one of them");
        assert_eq!((ask.is_ask, ask.slot, ask.host), (true, 7, ""));
        assert_eq!(ask.to(from), Some(SocketAddr::from(([127, 0, 0, 1], 6382))));
        let v6 = Redirection::read("MOVED 1 ::1:7").expect("one of them");
        assert_eq!((v6.host, v6.port), ("::1", 7));
        assert_eq!(Redirection::read("MOVED 1 ten:7").expect("one of them").to(from), None);
    }

    #[test]
    fn what_is_no_redirection_is_none() {
        for text in [
            "",
            "MOVED",
            "MOVED 3999",
            "ASK 12 nowhere",
            "MOVED x a:1",
            "MOVED 1 a:99999",
            "ERR MOVED 1 a:1",
        ] {
            assert_eq!(Redirection::read(text), None, "{text}");
        }
    }
}
