//! Commands that may wait: BLPOP and its kin.
//!
//! ```text
//!   session ---- at once? ----> as any command on keys: planned, forwarded, settled --- a reply --> done
//!      ^                                                                         \---- null --+
//!      |                                                                                      v
//!      +--- again ---  this node coordinates: here.rs         else: there.rs  --- wait frame --> the coordinator's here.rs
//! ```
//!
//! A command that finds nothing waits at its keys' coordinator (`waiting.rs`), where the write that it waits for runs, too. It ends with a
//! reply; with null when its time is over; or with an error that says to try again, when the coordinator is lost or another node
//! becomes it. Its client's other commands wait behind it, as in Redis; nobody else's do.
//!
//! While it waits, what its client sends is read ahead, up to a bound: that is how the client's leaving is noticed.

mod here;
mod peer_waits;
mod there;
mod until;

pub(crate) use self::peer_waits::PeerWaits;
use self::until::{Until, Why};

use super::batch::Workbench;
use super::caller::Caller;
use super::client::Client;
use super::output::Output;
use super::plan::{Part, Plan, Planned};
use super::scene::{Reads, Scene};
use crate::command::pure::timeout;
use crate::link::waits::Ended;
use crate::node::Node;
use circlet_resp::Args;
use circlet_resp::command::{CommandId, CommandSpec};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long a command that has to begin anew waits for the routes to change first.
const TRY_AGAIN: Duration = Duration::from_millis(20);

/// What a client is told whose command cannot go on waiting. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum WaitError {
    #[error("UNBLOCKED the key's coordinator changed, try again")]
    Moved,
    #[error("UNBLOCKED client unblocked via CLIENT UNBLOCK")]
    Unblocked,
    #[error("BUSY too many commands wait at the key's coordinator, try again later")]
    Busy,
}

/// Runs a command that may wait, and appends its reply.
///
/// # Errors
/// The client is gone, or was killed.
pub(crate) async fn run(
    node: &Arc<Node>,
    client: &mut Client,
    bench: &mut Workbench,
    spec: &'static CommandSpec,
    args: Args<'_>,
    out: &mut Output,
) -> io::Result<()> {
    let mut until = None;
    for tries in 0_u64.. {
        let part = match plan_alone(&mut bench.plan, node, &client.caller, spec, args) {
            Ok(part) => part,
            Err(unplanned) => {
                let start = out.replies.len();
                unplanned.write(&mut out.replies);
                node.count_error(&out.replies.as_bytes()[start..]);
                break;
            }
        };
        let start = out.replies.len();
        bench.run(node, &client.caller, &|_| args, out).await?;
        if !is_null(&out.replies.as_bytes()[start..]) {
            break;
        }
        out.replies.truncate(start);
        if tries == 0 {
            out.flush().await?;
        } else if tries > 1 {
            node.routes_changed(TRY_AGAIN).await;
        }
        let until = until.get_or_insert_with(|| Until::begin(node, &client.handle, timeout_ms(spec.id(), args)));
        let began = Instant::now();
        let ended = wait(node, &client.caller, &part, args, until.over(out)).await;
        client.waited += began.elapsed();
        let why = until.why()?;
        if ended == Ended::Again && why.is_none() {
            continue;
        }
        answer(node, ended, why, out);
        break;
    }
    Ok(())
}

/// Waits once, here or where the key is coordinated, until `over`.
async fn wait(node: &Arc<Node>, caller: &Caller, part: &Part, args: Args<'_>, over: impl Future<Output = ()>) -> Ended {
    let (coordinator, me) = {
        let routes = node.routes.load();
        (routes.arc(part.arc).coordinator, routes.me)
    };
    match coordinator {
        None => Ended::Again,
        Some(coordinator) if coordinator == me => here::wait(node, caller, part, args, over).await,
        Some(coordinator) => there::wait(node, coordinator, caller, part, args, over).await,
    }
}

fn answer(node: &Node, ended: Ended, why: Option<Why>, out: &mut Output) {
    let error = match (ended, why) {
        (Ended::Reply(reply), _) => {
            if reply.first() == Some(&b'-') {
                node.count_error(&reply);
            }
            return out.replies.raw(&reply);
        }
        (Ended::Moved, _) => WaitError::Moved,
        (Ended::Busy, _) => WaitError::Busy,
        (Ended::Left | Ended::Again, Some(Why::Unblocked)) => WaitError::Unblocked,
        (Ended::Left | Ended::Again, _) => return out.replies.null_array(),
    };
    let start = out.replies.len();
    out.replies.error_display(&error);
    node.count_error(&out.replies.as_bytes()[start..]);
}

/// Plans this command and nothing else.
fn plan_alone(
    plan: &mut Plan,
    node: &Node,
    caller: &Caller,
    spec: &'static CommandSpec,
    args: Args<'_>,
) -> Result<Part, Planned> {
    plan.clear();
    let planned = in_scene(node, caller, |scene| plan.add(scene, 0, spec, args, false));
    match (planned, plan.parts.first()) {
        (Planned::Yes, Some(part)) => Ok(part.clone()),
        (planned, _) => Err(planned),
    }
}

fn in_scene<T>(node: &Node, caller: &Caller, run: impl FnOnce(&Scene<'_>) -> T) -> T {
    let (config, routes) = (node.config.current(), node.routes.load());
    run(&Scene {
        node,
        config: &config,
        routes: &routes,
        caller,
        now: node.clock.now(),
        reads: Reads::Check,
        has_asked: false,
        detour: None,
    })
}

/// Whether a reply says that there was nothing: one of a command that may wait is another array otherwise, or an element.
fn is_null(reply: &[u8]) -> bool {
    matches!(reply, b"*-1\r\n" | b"_\r\n")
}

/// How long a command waits; 0 is for ever. It was run once, so that its timeout is known to be one.
fn timeout_ms(id: CommandId, args: Args<'_>) -> u64 {
    let at = match id {
        CommandId::Blmpop | CommandId::Bzmpop => 1,
        _ => args.len() - 1,
    };
    args.get(at).and_then(|text| timeout::parse(text).ok()).unwrap_or(0)
}
