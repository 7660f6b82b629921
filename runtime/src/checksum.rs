//! The checksum of uploads.

/// The largest prime below 2^16.
const PRIME: u32 = 65521;
/// So many bytes cannot overflow the sums (zlib's `NMAX`).
const STRETCH: usize = 5552;

/// Adler-32 (RFC 1950 §8.2), which the platform takes as the `checksum` of a file or a block, in decimal.
pub fn adler32(bytes: &[u8]) -> u32 {
    let (mut sum, mut weighted) = (1, 0);
    for stretch in bytes.chunks(STRETCH) {
        for byte in stretch {
            sum += u32::from(*byte);
            weighted += sum;
        }
        sum %= PRIME;
        weighted %= PRIME;
    }
    weighted << 16 | sum
}

#[cfg(test)]
mod tests {
    use super::adler32;

    /// protocol §10.3; `Wikipedia` is the example of the encyclopedia's own article.
    #[test]
    fn published_vectors() {
        for (text, sum) in [
            ("", 1),
            ("a", 6_422_626),
            ("Wikipedia", 300_286_872),
            ("hello world", 436_929_629),
        ] {
            assert_eq!(adler32(text.as_bytes()), sum, "{text}");
        }
    }

    /// Against the definition in RFC 1950 §8.2, which reduces after each byte, where the sums are largest.
    #[test]
    fn long_runs_do_not_overflow() {
        for length in [5551, 5552, 5553, 1 << 20] {
            let (mut sum, mut weighted) = (1_u64, 0_u64);
            for _ in 0..length {
                sum = (sum + 255) % 65521;
                weighted = (weighted + sum) % 65521;
            }
            assert_eq!(u64::from(adler32(&vec![255; length])), weighted << 16 | sum, "{length}");
        }
    }
}
