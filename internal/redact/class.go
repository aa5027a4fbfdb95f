package redact

// What a byte may be.
const (
	inWord    uint16 = 1 << iota // of a word: letters, digits, _ - . + and all that is not ASCII
	small                        // letter of ASCII
	capital                      // letter of ASCII
	digit                        // of ASCII
	stop                         // ends a run of text: space, quotes, angle brackets, backslash
	endsValue                    // ends a value without quotes, as a stop does
	closing                      // belongs to the text around a value when it ends one
	afterKey                     // may stand between a name and the sign behind it
	endsLine                     // ends the value of a header

	letter = small | capital
)

// class has the bits of each byte.
var class = [256]uint16{
	'\t': stop,
	'\n': stop | endsLine,
	'\r': stop | endsLine,
	' ':  stop | afterKey,
	'"':  stop | afterKey | endsLine,
	'&':  endsValue,
	'\'': stop | afterKey | endsLine,
	')':  closing | afterKey,
	'+':  inWord,
	',':  endsValue,
	'-':  inWord,
	'.':  inWord | closing,
	':':  closing,
	';':  endsValue,
	'<':  stop,
	'>':  stop,
	'\\': stop | afterKey | endsLine,
	'[':  closing,
	']':  closing | afterKey | endsLine,
	'_':  inWord,
	'`':  stop | afterKey | endsLine,
	'}':  closing | endsLine,

	'0': inWord | digit, '1': inWord | digit, '2': inWord | digit, '3': inWord | digit,
	'4': inWord | digit, '5': inWord | digit, '6': inWord | digit, '7': inWord | digit,
	'8': inWord | digit, '9': inWord | digit,
	'A': inWord | capital, 'B': inWord | capital, 'C': inWord | capital, 'D': inWord | capital,
	'E': inWord | capital, 'F': inWord | capital, 'G': inWord | capital, 'H': inWord | capital,
	'I': inWord | capital, 'J': inWord | capital, 'K': inWord | capital, 'L': inWord | capital,
	'M': inWord | capital, 'N': inWord | capital, 'O': inWord | capital, 'P': inWord | capital,
	'Q': inWord | capital, 'R': inWord | capital, 'S': inWord | capital, 'T': inWord | capital,
	'U': inWord | capital, 'V': inWord | capital, 'W': inWord | capital, 'X': inWord | capital,
	'Y': inWord | capital, 'Z': inWord | capital,
	'a': inWord | small, 'b': inWord | small, 'c': inWord | small, 'd': inWord | small,
	'e': inWord | small, 'f': inWord | small, 'g': inWord | small, 'h': inWord | small,
	'i': inWord | small, 'j': inWord | small, 'k': inWord | small, 'l': inWord | small,
	'm': inWord | small, 'n': inWord | small, 'o': inWord | small, 'p': inWord | small,
	'q': inWord | small, 'r': inWord | small, 's': inWord | small, 't': inWord | small,
	'u': inWord | small, 'v': inWord | small, 'w': inWord | small, 'x': inWord | small,
	'y': inWord | small, 'z': inWord | small,
	0x80: inWord, 0x81: inWord, 0x82: inWord, 0x83: inWord, 0x84: inWord, 0x85: inWord, 0x86: inWord, 0x87: inWord,
	0x88: inWord, 0x89: inWord, 0x8a: inWord, 0x8b: inWord, 0x8c: inWord, 0x8d: inWord, 0x8e: inWord, 0x8f: inWord,
	0x90: inWord, 0x91: inWord, 0x92: inWord, 0x93: inWord, 0x94: inWord, 0x95: inWord, 0x96: inWord, 0x97: inWord,
	0x98: inWord, 0x99: inWord, 0x9a: inWord, 0x9b: inWord, 0x9c: inWord, 0x9d: inWord, 0x9e: inWord, 0x9f: inWord,
	0xa0: inWord, 0xa1: inWord, 0xa2: inWord, 0xa3: inWord, 0xa4: inWord, 0xa5: inWord, 0xa6: inWord, 0xa7: inWord,
	0xa8: inWord, 0xa9: inWord, 0xaa: inWord, 0xab: inWord, 0xac: inWord, 0xad: inWord, 0xae: inWord, 0xaf: inWord,
	0xb0: inWord, 0xb1: inWord, 0xb2: inWord, 0xb3: inWord, 0xb4: inWord, 0xb5: inWord, 0xb6: inWord, 0xb7: inWord,
	0xb8: inWord, 0xb9: inWord, 0xba: inWord, 0xbb: inWord, 0xbc: inWord, 0xbd: inWord, 0xbe: inWord, 0xbf: inWord,
	0xc0: inWord, 0xc1: inWord, 0xc2: inWord, 0xc3: inWord, 0xc4: inWord, 0xc5: inWord, 0xc6: inWord, 0xc7: inWord,
	0xc8: inWord, 0xc9: inWord, 0xca: inWord, 0xcb: inWord, 0xcc: inWord, 0xcd: inWord, 0xce: inWord, 0xcf: inWord,
	0xd0: inWord, 0xd1: inWord, 0xd2: inWord, 0xd3: inWord, 0xd4: inWord, 0xd5: inWord, 0xd6: inWord, 0xd7: inWord,
	0xd8: inWord, 0xd9: inWord, 0xda: inWord, 0xdb: inWord, 0xdc: inWord, 0xdd: inWord, 0xde: inWord, 0xdf: inWord,
	0xe0: inWord, 0xe1: inWord, 0xe2: inWord, 0xe3: inWord, 0xe4: inWord, 0xe5: inWord, 0xe6: inWord, 0xe7: inWord,
	0xe8: inWord, 0xe9: inWord, 0xea: inWord, 0xeb: inWord, 0xec: inWord, 0xed: inWord, 0xee: inWord, 0xef: inWord,
	0xf0: inWord, 0xf1: inWord, 0xf2: inWord, 0xf3: inWord, 0xf4: inWord, 0xf5: inWord, 0xf6: inWord, 0xf7: inWord,
	0xf8: inWord, 0xf9: inWord, 0xfa: inWord, 0xfb: inWord, 0xfc: inWord, 0xfd: inWord, 0xfe: inWord, 0xff: inWord,
}
