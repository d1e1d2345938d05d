//! `CLIENT TRACKING ON|OFF [REDIRECT id] [PREFIX prefix]... [BCAST] [OPTIN] [OPTOUT] [NOLOOP] [NUMBERED] | CACHING YES|NO | GETREDIR |
//! TRACKINGINFO`: clients that keep copies, and are told when what they have read changes.
//!
//! As in Redis, but for NUMBERED, which is Circlet's own: each push is then for one arc and has two more elements, the arc and the push's number in it, from 1
//! on. A client that finds a number missing drops its copies of that arc.
//!
//! Pushes are RESP3's; a client of RESP2 is told by messages, if it has subscribed (`subscribe.rs`) and others redirect to it.

use super::super::client::{Caching, Client, ClientHandle};
use crate::command::CommandError;
use crate::command::pure::number::integer;
use crate::node::Node;
use crate::tracking::Tracker;
use circlet_resp::command::CommandId;
use circlet_resp::{Args, ReplyBuf};
use std::sync::Arc;

const PREFIX_WITHOUT_BCAST: &str = "ERR PREFIX option requires BCAST mode to be enabled";
const OPT_WITH_BCAST: &str = "ERR OPTIN and OPTOUT are not compatible with BCAST";
const OPTIN_AND_OPTOUT: &str = "ERR You can't specify both OPTIN mode and OPTOUT mode";
const NO_TARGET: &str = "ERR The client ID you want redirect to does not exist";
const NOT_TRACKING: &str =
    "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled";
const YES_WITHOUT_OPTIN: &str = "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.";
const NO_WITHOUT_OPTOUT: &str = "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.";
const OTHER_MODE: &str = "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a \
                          different mode.";

/// What a CLIENT TRACKING ON asks for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wish {
    redirect: Option<u64>,
    prefixes: Vec<Vec<u8>>,
    bcast: bool,
    optin: bool,
    optout: bool,
    noloop: bool,
    numbered: bool,
}

impl Wish {
    fn parse(args: Args<'_>) -> Result<Self, CommandError> {
        let (mut wish, mut at) = (Wish::default(), 3);
        while let Some(word) = args.get(at) {
            let is = |name: &[u8]| word.eq_ignore_ascii_case(name);
            let next = || args.get(at + 1).ok_or(CommandError::Syntax);
            if is(b"redirect") {
                let id = u64::try_from(integer(next()?)?).map_err(|_| CommandError::Syntax)?;
                wish.redirect = (id > 0).then_some(id);
                at += 1;
            } else if is(b"prefix") {
                wish.prefixes.push(next()?.to_vec());
                at += 1;
            } else if is(b"bcast") {
                wish.bcast = true;
            } else if is(b"optin") {
                wish.optin = true;
            } else if is(b"optout") {
                wish.optout = true;
            } else if is(b"noloop") {
                wish.noloop = true;
            } else if is(b"numbered") {
                wish.numbered = true;
            } else {
                return Err(CommandError::Syntax);
            }
            at += 1;
        }
        Ok(wish)
    }

    /// What cannot be had together.
    fn contradiction(&self) -> Option<&'static str> {
        if !self.prefixes.is_empty() && !self.bcast {
            Some(PREFIX_WITHOUT_BCAST)
        } else if self.bcast && (self.optin || self.optout) {
            Some(OPT_WITH_BCAST)
        } else if self.optin && self.optout {
            Some(OPTIN_AND_OPTOUT)
        } else {
            None
        }
    }

    fn caching(&self) -> Caching {
        match (self.bcast, self.optin, self.optout) {
            (true, ..) => Caching::None,
            (_, true, _) => Caching::OptIn(false),
            (_, _, true) => Caching::OptOut(false),
            _ => Caching::All,
        }
    }
}

/// Runs one of them.
pub(super) fn run(
    node: &Node,
    client: &mut Client,
    id: CommandId,
    args: Args<'_>,
    replies: &mut ReplyBuf,
) -> Result<(), CommandError> {
    match id {
        CommandId::ClientTracking => return tracking(node, client, args, replies),
        CommandId::ClientCaching => return caching(client, &args[2], replies),
        CommandId::ClientGetredir => {
            let tracker = node.store.tracking().get(client.handle.id);
            let redirect = |tracker: &Tracker| tracker.redirect.unwrap_or_default().cast_signed();
            replies.integer(tracker.map_or(-1, |tracker| redirect(&tracker)));
        }
        CommandId::ClientTrackinginfo => info(node, client, replies),
        _ => return Err(CommandError::Syntax),
    }
    Ok(())
}

fn tracking(node: &Node, client: &mut Client, args: Args<'_>, replies: &mut ReplyBuf) -> Result<(), CommandError> {
    let tracking = node.store.tracking();
    let wish = Wish::parse(args)?;
    if args[2].eq_ignore_ascii_case(b"off") {
        tracking.end(client.handle.id);
        client.caching = Caching::None;
        replies.ok();
        return Ok(());
    }
    if !args[2].eq_ignore_ascii_case(b"on") {
        return Err(CommandError::Syntax);
    }
    let before = tracking.get(client.handle.id);
    let switches = before.is_some_and(|before| before.prefixes.is_some() != wish.bcast);
    if let Some(text) = wish.contradiction().or(switches.then_some(OTHER_MODE)) {
        replies.error(text);
        return Ok(());
    }
    let target = match wish.redirect {
        None => Some(Arc::clone(&client.handle)),
        Some(id) => node.clients.get(id),
    };
    let Some(target) = target else {
        replies.error(NO_TARGET);
        return Ok(());
    };
    client.caching = wish.caching();
    tracking.begin(client.handle.id, tracker(&client.handle, &target, wish));
    if tracking.broadcasts() {
        // From now on: whatever is changed after this was answered is told.
        for arc in node.store.arcs().arcs() {
            node.store.lock(arc).broadcast_changes();
        }
    }
    replies.ok();
    Ok(())
}

fn tracker(own: &Arc<ClientHandle>, target: &Arc<ClientHandle>, wish: Wish) -> Tracker {
    // None named: all keys.
    let all = || vec![Vec::new()];
    Tracker {
        target: Arc::downgrade(target),
        redirect: wish.redirect,
        own: Arc::downgrade(own),
        noloop: wish.noloop,
        numbered: wish.numbered,
        prefixes: wish
            .bcast
            .then(|| if wish.prefixes.is_empty() { all() } else { wish.prefixes }),
    }
}

fn caching(client: &mut Client, word: &[u8], replies: &mut ReplyBuf) -> Result<(), CommandError> {
    let yes = word.eq_ignore_ascii_case(b"yes");
    if !yes && !word.eq_ignore_ascii_case(b"no") {
        return Err(CommandError::Syntax);
    }
    match (client.caching, yes) {
        (Caching::OptIn(_), true) => client.caching = Caching::OptIn(true),
        (Caching::OptOut(_), false) => client.caching = Caching::OptOut(true),
        (Caching::OptIn(_), false) => {
            replies.error(NO_WITHOUT_OPTOUT);
            return Ok(());
        }
        (Caching::OptOut(_), true) => {
            replies.error(YES_WITHOUT_OPTIN);
            return Ok(());
        }
        (Caching::None | Caching::All, _) => {
            replies.error(NOT_TRACKING);
            return Ok(());
        }
    }
    replies.ok();
    Ok(())
}

fn info(node: &Node, client: &Client, replies: &mut ReplyBuf) {
    let tracker = node.store.tracking().get(client.handle.id);
    let mut flags = vec![if tracker.is_some() { "on" } else { "off" }];
    let (mut redirect, mut prefixes) = (-1, Vec::new());
    if let Some(tracker) = &tracker {
        redirect = tracker.redirect.unwrap_or_default().cast_signed();
        prefixes = tracker.prefixes.clone().unwrap_or_default();
        prefixes.retain(|prefix| !prefix.is_empty());
        flags.extend(tracker.prefixes.is_some().then_some("bcast"));
        flags.extend(tracker.noloop.then_some("noloop"));
        flags.extend(tracker.numbered.then_some("numbered"));
        flags.extend((tracker.target.strong_count() == 0).then_some("broken_redirect"));
    }
    match client.caching {
        Caching::OptIn(next) => {
            flags.push("optin");
            flags.extend(next.then_some("caching-yes"));
        }
        Caching::OptOut(next) => {
            flags.push("optout");
            flags.extend(next.then_some("caching-no"));
        }
        Caching::None | Caching::All => {}
    }
    replies.map(3);
    replies.bulk(b"flags");
    replies.array(flags.len());
    flags.iter().for_each(|flag| replies.bulk(flag.as_bytes()));
    replies.bulk(b"redirect");
    replies.integer(redirect);
    replies.bulk(b"prefixes");
    replies.array(prefixes.len());
    prefixes.iter().for_each(|prefix| replies.bulk(prefix));
}

#[cfg(test)]
mod tests {
    use super::super::test_request::Line;
    use super::*;

    #[test]
    fn what_cannot_be_had_together_is_refused_in_the_words_of_redis() {
        let wish = |text| Wish::parse(Line::new(text).args());
        for (line, expected) in [
            ("CLIENT TRACKING ON PREFIX a", Some(PREFIX_WITHOUT_BCAST)),
            ("CLIENT TRACKING ON BCAST OPTIN", Some(OPT_WITH_BCAST)),
            ("CLIENT TRACKING ON OPTIN optout", Some(OPTIN_AND_OPTOUT)),
            ("CLIENT TRACKING ON BCAST PREFIX a PREFIX b NOLOOP numbered", None),
        ] {
            assert_eq!(wish(line).expect("a wish").contradiction(), expected, "{line}");
        }
        for line in [
            "CLIENT TRACKING ON REDIRECT",
            "CLIENT TRACKING ON PREFIX",
            "CLIENT TRACKING ON SOMETIMES",
        ] {
            assert_eq!(wish(line), Err(CommandError::Syntax), "{line}");
        }
    }
}
