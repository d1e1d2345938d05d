//! The pure core of Circlet: everything that decides, without socket, clock, task or lock.

pub mod message;
