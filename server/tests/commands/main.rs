//! What commands answer, compared with a real redis-server wherever there is one on the `PATH`.

mod bits;
mod collections;
mod compare;
mod floats;
mod generate;
mod geo;
mod geo_words;
mod globs;
mod hashes;
mod hyperloglogs;
mod information;
mod keys;
mod list_words;
mod lists;
mod local;
mod random;
mod redis;
mod sets;
mod sorted_set_words;
mod sorted_sets;
mod sorting;
mod store;
mod strings;
mod table;
mod wire;
