//! `CLIENT CONSISTENCY [READ ONE|QUORUM|ALL|DEFAULT] [WRITE ONE|QUORUM|ALL|DEFAULT] [AT COORDINATOR|OWNER]`
//!
//! Circlet's own: how many owners must answer this connection's reads, and hold its writes before they are acknowledged. DEFAULT
//! gives the choice back to the key's prefix and the cluster. Without levels it answers what is chosen: a map of `read`, `write` and `at`.
//!
//! AT OWNER has reads run on this node if it owns the key and has caught up, instead of being passed on to the key's coordinator, and the coordinator
//! is asked last. The level holds all the same. A smart client hedges with it: asked twice, the slow coordinator would be the same one.

use super::super::client::Client;
use crate::command::CommandError;
use circlet_core::quorum::Level;
use circlet_resp::{Args, ReplyBuf};

/// The word that gives the choice back.
const DEFAULT: &str = "default";

/// Where reads run.
const OWNER: &str = "owner";
const COORDINATOR: &str = "coordinator";

/// What was chosen; `None` where nothing was said.
#[derive(Debug, Default, PartialEq, Eq)]
struct Chosen {
    read: Option<Option<Level>>,
    write: Option<Option<Level>>,
    at_owner: Option<bool>,
}

fn parse(args: Args<'_>) -> Result<Chosen, CommandError> {
    let mut chosen = Chosen::default();
    let mut at = 2;
    while let Some(what) = args.get(at) {
        let word = args.get(at + 1).ok_or(CommandError::Syntax)?;
        if what.eq_ignore_ascii_case(b"read") {
            chosen.read = Some(level(word)?);
        } else if what.eq_ignore_ascii_case(b"write") {
            chosen.write = Some(level(word)?);
        } else if what.eq_ignore_ascii_case(b"at") {
            chosen.at_owner = Some(is_owner(word)?);
        } else {
            return Err(CommandError::Syntax);
        }
        at += 2;
    }
    Ok(chosen)
}

fn is_owner(word: &[u8]) -> Result<bool, CommandError> {
    let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    match (is(OWNER), is(COORDINATOR)) {
        (true, _) => Ok(true),
        (_, true) => Ok(false),
        _ => Err(CommandError::Syntax),
    }
}

fn level(word: &[u8]) -> Result<Option<Level>, CommandError> {
    if word.eq_ignore_ascii_case(DEFAULT.as_bytes()) {
        return Ok(None);
    }
    let named = |level: &Level| word.eq_ignore_ascii_case(level.word().as_bytes());
    Level::ALL.into_iter().find(named).map(Some).ok_or(CommandError::Syntax)
}

fn word(level: Option<Level>) -> &'static str {
    level.map_or(DEFAULT, Level::word)
}

/// Runs CLIENT CONSISTENCY.
pub(super) fn consistency(client: &mut Client, args: Args<'_>, replies: &mut ReplyBuf) -> Result<(), CommandError> {
    let caller = &mut client.caller;
    if args.len() == 2 {
        replies.map(3);
        for (name, level) in [("read", caller.read), ("write", caller.write)] {
            replies.bulk(name.as_bytes());
            replies.bulk(word(level).as_bytes());
        }
        replies.bulk(b"at");
        let at = if caller.at_owner { OWNER } else { COORDINATOR };
        replies.bulk(at.as_bytes());
        return Ok(());
    }
    let chosen = parse(args)?;
    caller.read = chosen.read.unwrap_or(caller.read);
    caller.write = chosen.write.unwrap_or(caller.write);
    caller.at_owner = chosen.at_owner.unwrap_or(caller.at_owner);
    replies.ok();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::test_request::Line;
    use super::*;

    #[test]
    fn either_level_may_be_chosen_or_given_back() {
        let parse = |text| parse(Line::new(text).args());
        let chosen = |read, write, at_owner| Ok(Chosen { read, write, at_owner });
        assert_eq!(
            parse("CLIENT CONSISTENCY read ONE"),
            chosen(Some(Some(Level::One)), None, None)
        );
        assert_eq!(
            parse("CLIENT CONSISTENCY WRITE all READ default AT owner"),
            chosen(Some(None), Some(Some(Level::All)), Some(true))
        );
        for wrong in [
            "CLIENT CONSISTENCY read",
            "CLIENT CONSISTENCY read most",
            "CLIENT CONSISTENCY sometimes ONE",
            "CLIENT CONSISTENCY AT home",
        ] {
            assert_eq!(parse(wrong), Err(CommandError::Syntax), "{wrong}");
        }
    }
}
