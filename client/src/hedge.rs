//! A read that is made twice because the first owner is slow.
//!
//! The second owner is asked when the first has not answered within what it lately needed for 95 of 100 reads, or eight times what half of them took, and the budget has a hedge left. Whichever
//! answers first counts. It is asked on a connection `AT OWNER`, on which a node runs reads itself: else it would pass the read on to the
//! slow one.

use crate::client::Client;
use crate::node::{Node, hedge_lane_of, lane_of};
use crate::observer::Event;
use crate::route::{Attempt, Outcome};
use crate::topology::Topology;
use circlet_resp::Value;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use tokio::time::{Instant, timeout};

/// Makes one attempt on the node at `place`, and perhaps on the next owner as well.
pub(crate) async fn attempt(client: &Client, topology: &Topology, place: u16, attempt: &Attempt<'_>) -> Outcome {
    let inner = &client.inner;
    inner.hedges.on_questions(1, client.options().hedge.budget_percent);
    let node = &topology.nodes[usize::from(place)];
    let mut first = pin!(attempt.on(node, lane_of(attempt.plan.level)));
    let Some(second) = second_owner(topology, place, attempt) else {
        return first.await;
    };
    let (started, after) = (
        Instant::now(),
        client.options().hedge.after_min.max(node.reads.late_after()),
    );
    if let Ok(outcome) = timeout(after, &mut first).await {
        return outcome;
    }
    if !inner.hedges.take(1) {
        return first.await;
    }
    inner.around.tell(Event::Hedged);
    let second = pin!(attempt.on(second, hedge_lane_of(attempt.plan.level)));
    let (outcome, second_won) = race(first, second).await;
    if second_won {
        // At least so long.
        node.reads.record(started.elapsed());
        inner.around.tell(Event::HedgeWon);
    }
    outcome
}

fn second_owner<'t>(topology: &'t Topology, first: u16, attempt: &Attempt<'_>) -> Option<&'t Arc<Node>> {
    let owners = topology.owners(attempt.plan.slot?);
    let others = owners.iter().filter(|place| **place != first);
    let mut others = others.map(|place| &topology.nodes[usize::from(*place)]);
    others.find(|node| node.is_available())
}

/// The first good answer, or the last bad one; and whether it is the second's.
async fn race(
    mut first: impl Future<Output = Outcome> + Unpin,
    mut second: impl Future<Output = Outcome> + Unpin,
) -> (Outcome, bool) {
    let good = |outcome: &Outcome| matches!(outcome, Ok(value) if !matches!(value, Value::Error(_)));
    let (mut first_failed, mut second_failed) = (None, None);
    poll_fn(|cx| {
        if first_failed.is_none()
            && let Poll::Ready(outcome) = std::pin::Pin::new(&mut first).poll(cx)
        {
            if good(&outcome) {
                return Poll::Ready((outcome, false));
            }
            first_failed = Some(outcome);
        }
        if second_failed.is_none()
            && let Poll::Ready(outcome) = std::pin::Pin::new(&mut second).poll(cx)
        {
            if good(&outcome) {
                return Poll::Ready((outcome, true));
            }
            second_failed = Some(());
        }
        match (&first_failed, second_failed) {
            (Some(_), Some(())) => first_failed
                .take()
                .map_or(Poll::Pending, |outcome| Poll::Ready((outcome, false))),
            _ => Poll::Pending,
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::Fault;
    use std::future::{pending, ready};

    #[tokio::test]
    async fn the_first_good_answer_counts() {
        let good = || ready(Ok(Value::Integer(1)));
        let bad = || ready(Ok(Value::Error("NOQUORUM".into())));
        let never = || pending::<Outcome>();
        assert_eq!(race(never(), good()).await, (Ok(Value::Integer(1)), true));
        assert_eq!(race(good(), good()).await, (Ok(Value::Integer(1)), false));
        assert_eq!(
            race(bad(), good()).await,
            (Ok(Value::Integer(1)), true),
            "a failure waits for the other"
        );
        let (outcome, _) = race(ready(Err(Fault::Lost)), bad()).await;
        assert_eq!(outcome, Err(Fault::Lost), "both failed: the first one's reason");
    }
}
