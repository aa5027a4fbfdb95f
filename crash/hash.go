package crash

import "math/bits"

// A digest is the state of the hash that fingerprints are made with: wyhash's
// round (multiply two 64-bit words, fold the 128-bit product), which passes the
// usual tests of distribution and costs a few nanoseconds for a name. It is not
// cryptographic, and need not be: whoever can choose a traceback so that its
// fingerprint is that of another issue could as well send the traceback of that
// issue. The result depends on neither the machine's byte order nor the process.
type digest uint64

// Odd constants with as many ones as zeros in each byte, those of wyhash.
const (
	hashA = 0xa0761d6478bd642f
	hashB = 0xe7037ed1a0b428db
	hashC = 0x8ebc6af09c88c6e3
)

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// add adds a string or bytes and their length, so that ("a", "bc") and
// ("ab", "c") differ.
func add[T string | []byte](d digest, s T) digest {
	state := uint64(d) ^ hashA
	n := uint64(len(s))
	for len(s) > 16 {
		state = mix(word(s)^hashB, word(s[8:])^state)
		s = s[16:]
	}
	var a, b uint64
	if len(s) >= 8 {
		a, b = word(s), word(s[len(s)-8:])
	} else {
		for i := 0; i < len(s); i++ {
			a |= uint64(s[i]) << (8 * i)
		}
	}
	return digest(mix(hashB^n, mix(a^hashC, b^state)))
}

// number adds a number.
func (d digest) number(n uint64) digest {
	return digest(mix(uint64(d)^hashB, n^hashC))
}

// word reads eight bytes, the lowest first. The compiler makes one load of it.
func word[T string | []byte](s T) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// appendHex appends the digest as 16 hexadecimal digits.
func (d digest) appendHex(b []byte) []byte {
	const hex = "0123456789abcdef"
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, hex[d>>shift&15])
	}
	return b
}
