//! From arguments to a client's bytes: what a [`RequestParser`](crate::RequestParser) reads.

use crate::reply::append_u64;

/// Appends a request: an array of bulk strings, the command's name first.
///
/// ```
/// let mut out = Vec::new();
/// circlet_resp::encode_request(&["GET", "k"], &mut out);
/// assert_eq!(out, b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n");
/// ```
pub fn encode_request<A: AsRef<[u8]>>(args: &[A], out: &mut Vec<u8>) {
    head(b'*', args.len(), out);
    for arg in args {
        let arg = arg.as_ref();
        head(b'$', arg.len(), out);
        out.extend_from_slice(arg);
        out.extend_from_slice(b"\r\n");
    }
}

fn head(tag: u8, count: usize, out: &mut Vec<u8>) {
    out.push(tag);
    append_u64(out, count as u64);
    out.extend_from_slice(b"\r\n");
}
