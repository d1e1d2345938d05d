//! `CONFIG GET pattern ... | SET name value ... | RESETSTAT | REWRITE`

use crate::command::CommandError;
use crate::command::pure::glob::{Case, matches};
use crate::node::Node;
use circlet_core::hot_keys::HotKeys;
use circlet_resp::command::CommandId;
use circlet_resp::{Args, ReplyBuf};
use std::sync::Arc;

/// Runs one of CONFIG's subcommands.
pub(super) async fn config(
    node: &Arc<Node>,
    id: CommandId,
    args: Args<'_>,
    replies: &mut ReplyBuf,
) -> Result<(), CommandError> {
    match id {
        CommandId::ConfigGet => get(node, args, replies),
        CommandId::ConfigSet => return set(node, args, replies),
        CommandId::ConfigResetstat => {
            node.metrics.reset();
            *node.hot_keys.lock() = HotKeys::new(node.clock.now().mono);
            replies.ok();
        }
        CommandId::ConfigRewrite => rewrite(node, replies).await,
        _ => return Err(CommandError::Syntax),
    }
    Ok(())
}

fn get(node: &Node, args: Args<'_>, replies: &mut ReplyBuf) {
    let wanted = |name: &str| {
        let mut patterns = args.skip(2).iter();
        patterns.any(|pattern| matches(pattern, name.as_bytes(), Case::Ignored))
    };
    let found = node.config.get(wanted);
    replies.map(found.len());
    for (name, value) in found {
        replies.bulk(name.as_bytes());
        replies.bulk(value.as_bytes());
    }
}

fn set(node: &Node, args: Args<'_>, replies: &mut ReplyBuf) -> Result<(), CommandError> {
    let words: Vec<String> = args
        .skip(2)
        .iter()
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect();
    let (pairs, rest) = words.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(CommandError::WrongArity("config|set"));
    }
    let pairs: Vec<(&str, &str)> = pairs
        .iter()
        .map(|[name, value]| (name.as_str(), value.as_str()))
        .collect();
    match node.config.set(&pairs) {
        Ok(changed) => {
            changed.iter().for_each(|name| apply(node, name));
            replies.ok();
        }
        Err(error) => replies.error(&format!("ERR {error}")),
    }
    Ok(())
}

/// What has to hear of a setting that it does not read by itself.
fn apply(node: &Node, name: &str) {
    let settings = node.config.current();
    match name {
        "log-level" => {
            if let Some(logs) = &node.logs {
                logs.set_level(settings.observability.log_level);
            }
        }
        "slowlog-max-len" => {
            let entries_max = settings.observability.slowlog_entries_max as usize;
            node.slowlog.lock().set_entries_max(entries_max);
        }
        "peer-queue-bytes-max" => node.queue_limit.change(settings.limits.peer_queue_bytes_max.bytes()),
        "hint-keys-max" => node.limit_hints(&settings),
        _ => {}
    }
}

async fn rewrite(node: &Arc<Node>, replies: &mut ReplyBuf) {
    let node = Arc::clone(node);
    // It waits for the disk.
    match tokio::task::spawn_blocking(move || node.config.rewrite()).await {
        Ok(Ok(())) => replies.ok(),
        Ok(Err(error)) => replies.error(&format!("ERR {error}")),
        Err(error) => replies.error(&format!("ERR Rewriting config file: {error}")),
    }
}
