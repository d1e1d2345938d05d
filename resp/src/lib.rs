//! RESP2 and RESP3: resumable zero-copy request parser, reply encoder, command grammar.
