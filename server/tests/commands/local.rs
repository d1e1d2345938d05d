//! Our handlers over one store in this process: what a node does with a command, without cluster, lock and socket.

use circlet_core::time::WallMs;
use circlet_resp::command::{CommandId, CommandSpec, resolve};
use circlet_resp::{Args, Batch, Limits, Proto, ReplyBuf, RequestParser};
use circlet_ring::Slot;
use circlet_server::command::{CommandError, fan_out, introspection, key_handler, slot_handler};

use crate::store::OneStore;
use crate::wire;

/// A store with the handlers before it.
pub(crate) struct Local {
    store: OneStore,
    proto: Proto,
}

impl Local {
    pub(crate) fn new(proto: Proto) -> Local {
        Local {
            store: OneStore::new(),
            proto,
        }
    }

    /// Executes one command at `now` and gives its reply.
    pub(crate) fn call(&mut self, args: &[Vec<u8>], now: WallMs) -> Vec<u8> {
        let bytes = wire::command(args);
        let (mut parser, mut batch) = (RequestParser::new(Limits::default()), Batch::new());
        parser
            .parse(&bytes, &mut batch, 1)
            .expect("a command within the limits");
        let args = batch.args(0, &bytes);
        let mut reply = ReplyBuf::default();
        reply.set_proto(self.proto);
        match resolve(args) {
            Err(refusal) => refusal.write(args, &mut reply),
            Ok(spec) => {
                if let Err(error) = self.execute(spec, args, now, &mut reply) {
                    reply.clear();
                    error.write(&mut reply);
                }
            }
        }
        reply.take()
    }

    /// Whether a command that must be atomic names keys of several slots: a node refuses that, a lone Redis does not.
    pub(crate) fn crosses_slots(args: &[Vec<u8>]) -> bool {
        let bytes = wire::command(args);
        let (mut parser, mut batch) = (RequestParser::new(Limits::default()), Batch::new());
        parser
            .parse(&bytes, &mut batch, 1)
            .expect("a command within the limits");
        let args = batch.args(0, &bytes);
        resolve(args).is_ok_and(|spec| {
            let mut slots = spec.keys(args).map(|(at, _)| Slot::of_key(&args[at]));
            let first = slots.next();
            slot_handler(spec.id()).is_some() && slots.any(|slot| Some(slot) != first)
        })
    }

    fn execute(
        &mut self,
        spec: &CommandSpec,
        args: Args<'_>,
        now: WallMs,
        reply: &mut ReplyBuf,
    ) -> Result<(), CommandError> {
        if spec.id() == CommandId::Flushall {
            self.store = OneStore::new();
            reply.ok();
            Ok(())
        } else if let Some(handler) = key_handler(spec.id()) {
            let key = &args[spec.first_key().expect("a key command has a key")];
            self.store.with_key(key, now, |cx| handler(cx, args, reply))
        } else if let Some(handler) = slot_handler(spec.id()) {
            let key = &args[spec.first_key().expect("a command on keys has one")];
            self.store.with_slot(key, now, |slot| handler(slot, args, reply))
        } else if let Some(handler) = introspection(spec.id()) {
            handler(args, reply)
        } else {
            self.fan_out(spec, args, now, reply)
        }
    }

    fn fan_out(
        &mut self,
        spec: &CommandSpec,
        args: Args<'_>,
        now: WallMs,
        reply: &mut ReplyBuf,
    ) -> Result<(), CommandError> {
        let fan_out = fan_out(spec.id()).expect("every command with keys has a way");
        let (mut answers, mut ends) = (ReplyBuf::new(self.proto), Vec::new());
        for part in fan_out.split(args, 0)? {
            self.store
                .with_key(&part[1], now, |cx| fan_out.part()(cx, part, &mut answers))?;
            ends.push(answers.len());
        }
        fan_out.combine().write(&answers, &ends, reply);
        Ok(())
    }
}
