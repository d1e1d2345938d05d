//! A colour and a letter for each node, the same in both pictures.

/// Red, green and blue, and the nearest of a terminal's 256 colours: told apart by most eyes, the first eight also by those that cannot tell red from green.
const COLOURS: [([u8; 3], u8); 12] = [
    ([0x4e, 0x79, 0xa7], 67),
    ([0xf2, 0x8e, 0x2b], 208),
    ([0x59, 0xa1, 0x4f], 71),
    ([0xb0, 0x7a, 0xa1], 139),
    ([0xed, 0xc9, 0x48], 221),
    ([0x76, 0xb7, 0xb2], 109),
    ([0xe1, 0x57, 0x59], 167),
    ([0x9c, 0x75, 0x5f], 137),
    ([0xff, 0x9d, 0xa7], 217),
    ([0xba, 0xb0, 0xac], 249),
    ([0x2f, 0x4b, 0x7c], 61),
    ([0x86, 0xbc, 0xb6], 116),
];

/// The letter of the node at `place`; beyond 26 they begin again.
pub(crate) fn letter(place: usize) -> char {
    // Below 26.
    char::from(b'A' + (place % 26) as u8)
}

/// Its colour as SVG writes it.
pub(super) fn rgb(place: usize) -> String {
    let [red, green, blue] = COLOURS[place % COLOURS.len()].0;
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Its colour as a terminal numbers them.
pub(crate) fn terminal(place: usize) -> u8 {
    COLOURS[place % COLOURS.len()].1
}
