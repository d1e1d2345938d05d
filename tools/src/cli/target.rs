//! Where to connect, and as whom.

use crate::failure::Failure;
use crate::redirection::Redirection;

/// A server, and what it is told first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Target {
    /// Host name or address.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
    /// The database.
    pub(crate) db: i64,
}

impl Target {
    /// Takes what a URI says: `redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]`.
    ///
    /// # Errors
    /// It is none, or asks for TLS.
    pub(crate) fn apply_uri(&mut self, uri: &str) -> Result<(), Failure> {
        let rest = match uri.split_once("://") {
            Some(("redis" | "valkey", rest)) => rest,
            Some(("rediss" | "valkeys", _)) => return Err(Failure::new("circlet cli does not speak TLS")),
            _ => return Err(Failure::new("expected redis://USER:PASSWORD@HOST:PORT/DB")),
        };
        let (at, db) = rest.split_once('/').unwrap_or((rest, ""));
        let (who, at) = at.rsplit_once('@').unwrap_or(("", at));
        if !who.is_empty() {
            let (user, password) = who.split_once(':').unwrap_or(("", who));
            self.user = Some(decode(user)).filter(|user| !user.is_empty());
            self.password = Some(decode(password));
        }
        // [::1]:7001
        let (host, port) = match at.strip_prefix('[').and_then(|at| at.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => at
                .rsplit_once(':')
                .map_or((at, None), |(host, port)| (host, Some(port))),
        };
        if !host.is_empty() {
            self.host = host.to_owned();
        }
        if let Some(port) = port {
            self.port = port.parse().map_err(|_| Failure::new(format!("no port: {port}")))?;
        }
        // What stands behind a question mark is for libraries.
        let db = db.split('?').next().unwrap_or_default();
        if !db.is_empty() {
            self.db = db
                .parse()
                .map_err(|_| Failure::new(format!("no number of a database: {db}")))?;
        }
        Ok(())
    }

    /// Goes where a redirection points.
    pub(crate) fn follow(&mut self, redirection: &Redirection<'_>) {
        self.port = redirection.port;
        if !redirection.host.is_empty() {
            self.host = redirection.host.to_owned();
        }
    }

    /// `127.0.0.1:7001`, `[::1]:7001`.
    pub(crate) fn address(&self) -> String {
        let Target { host, port, .. } = self;
        if host.contains(':') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        }
    }
}

/// Undoes percent encoding; what is none stays as it is.
fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let digits = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = &behind[2..];
            }
            _ => {
                bytes.push(first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(uri: &str) -> Option<Target> {
        let mut target = Target {
            host: "127.0.0.1".into(),
            port: 7001,
            ..Target::default()
        };
        target.apply_uri(uri).ok().map(|()| target)
    }

    #[test]
    fn a_uri_names_what_it_names_and_leaves_the_rest() {
        let at = |uri| target(uri).map(|target| (target.address(), target.db));
        assert_eq!(at("redis://ten:1234"), Some(("ten:1234".into(), 0)));
        assert_eq!(at("redis://ten/5?x=y"), Some(("ten:7001".into(), 5)));
        assert_eq!(at("redis://[::1]:6379"), Some(("[::1]:6379".into(), 0)));
        assert_eq!(at("redis://[::1]"), Some(("[::1]:7001".into(), 0)));
        assert_eq!(at("redis://"), Some(("127.0.0.1:7001".into(), 0)));
        for wrong in [
            "ten:1234",
            "http://ten",
            "redis://ten:many",
            "redis://ten/one",
            "rediss://ten",
        ] {
            assert_eq!(target(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_uri_may_say_who() {
        let who = |uri| target(uri).map(|target| (target.user, target.password));
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(who("redis://ann:p%40ss%2F@ten"), Some((some("ann"), some("p@ss/"))));
        assert_eq!(who("redis://:secret@ten"), Some((None, some("secret"))));
        assert_eq!(who("redis://secret@ten"), Some((None, some("secret"))));
        assert_eq!(who("redis://a:100%@ten"), Some((some("a"), some("100%"))));
        assert_eq!(who("redis://ten"), Some((None, None)));
    }

    #[test]
    fn a_redirection_without_a_host_stays_at_the_one_that_said_it() {
        let mut target = target("redis://ten:1").expect("a URI");
        for (error, address) in [
            ("MOVED 3999 10.0.0.1:6381", "10.0.0.1:6381"),
            ("ASK 7 :6382", "10.0.0.1:6382"),
        ] {
            target.follow(&Redirection::read(error).expect("a redirection"));
            assert_eq!(target.address(), address);
        }
    }
}
