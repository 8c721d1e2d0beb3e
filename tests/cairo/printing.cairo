//! The transcript as the C++ verifier prints it: a line per change, "<operation> <digest>", here after the name of the proof.
pub use circlet_verifier::blake2s::Hash;
pub use circlet_verifier::channel::Observer;

pub fn print_change(proof: felt252, operation: felt252, digest: Hash) {
    let mut line: ByteArray = "";
    append_short_string(ref line, proof.into());
    line.append_byte(' ');
    append_short_string(ref line, operation.into());
    line.append_byte(' ');
    for word in digest.unbox().span() {
        append_bytes(ref line, *word, 4);
    }
    println!("{line}");
}

pub fn append_short_string(ref line: ByteArray, text: u256) {
    if text != 0 {
        append_short_string(ref line, text / 256);
        line.append_byte((text % 256).try_into().unwrap());
    }
}

/// The bytes of a word, the least significant first, in hexadecimal.
fn append_bytes(ref line: ByteArray, word: u32, count: u32) {
    if count != 0 {
        let byte: u8 = (word % 256).try_into().unwrap();
        line.append_byte(hexadecimal_digit(byte / 16));
        line.append_byte(hexadecimal_digit(byte % 16));
        append_bytes(ref line, word / 256, count - 1);
    }
}

fn hexadecimal_digit(value: u8) -> u8 {
    if value < 10 {
        '0' + value
    } else {
        'a' + value - 10
    }
}
