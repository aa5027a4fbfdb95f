package crash

// A stampForm says how a time is written. Times of one source are written
// alike, but for trailing zeros of fractions.
type stampForm struct {
	style    stampStyle
	zulu     bool // ends with Z
	fraction int  // digits
}

type stampStyle uint8

const (
	noStamp    stampStyle = iota
	stampISO              // 2026-11-20T12:00:00.123Z, 2026/11/20 12:00:00
	stampDate             // 2026-11-20
	stampClock            // 12:00:00.123
	stampMonth            // Nov 20 12:00:00
	stampWeb              // 20/Nov/2026:12:00:00 +0000
	stampKlog             // E1120 12:00:00.123456
	stampEpoch            // 1795176000.123
)

func (f stampForm) like(o stampForm) bool { return f.style == o.style && f.zulu == o.zulu }

// scanStamp returns the length of the time at the beginning of b and its form;
// 0 if there is none.
func scanStamp(b []byte) (int, stampForm) {
	if len(b) < 8 {
		return 0, stampForm{}
	}
	switch c := b[0]; {
	case '0' <= c && c <= '9':
		return scanDigitStamp(b)
	case c == 'E' || c == 'W' || c == 'I' || c == 'F':
		if digits(b[1:]) == 4 && b[5] == ' ' {
			if n, f := scanClock(b[6:]); n > 0 {
				return 6 + n, stampForm{style: stampKlog, fraction: f.fraction}
			}
		}
	}
	if isMonth(b) && b[3] == ' ' {
		i := 4
		if b[i] == ' ' {
			i++
		}
		d := digits(b[i:])
		if d == 0 || d > 2 {
			return 0, stampForm{}
		}
		i += d
		if i < len(b) && b[i] == ',' {
			i++
		}
		if i+5 < len(b) && b[i] == ' ' && digits(b[i+1:]) == 4 { // a year
			i += 5
			if b[i] == ',' {
				i++
			}
		}
		if i < len(b) && b[i] == ' ' {
			if n, f := scanClock(b[i+1:]); n > 0 {
				f.style = stampMonth
				return i + 1 + n, f
			}
		}
	}
	return 0, stampForm{}
}

// scanDigitStamp scans the times that begin with a digit.
func scanDigitStamp(b []byte) (int, stampForm) {
	n := digits(b)
	switch {
	case n == 4 && len(b) >= 10 && (b[4] == '-' || b[4] == '/' || b[4] == '.') && digits(b[5:]) == 2 && b[7] == b[4] && digits(b[8:]) == 2:
		if len(b) > 10 && (b[10] == 'T' || b[10] == ' ' || b[10] == '_') {
			if n, f := scanClock(b[11:]); n > 0 {
				f.style = stampISO
				return 11 + n, f
			}
		}
		return 10, stampForm{style: stampDate}
	case n <= 2 && len(b) > n && b[n] == ':':
		return scanClock(b)
	case n == 2 && len(b) > 12 && (b[2] == '/' || b[2] == ' ' || b[2] == '-') && isMonth(b[3:]) && b[6] == b[2] && digits(b[7:]) == 4:
		if b[11] == ':' || b[11] == ' ' {
			if n, f := scanClock(b[12:]); n > 0 {
				f.style = stampWeb
				return 12 + n, f
			}
		}
	case n == 10 && b[0] == '1' || n == 13 && b[0] == '1' || n == 16 && b[0] == '1' || n == 19 && b[0] == '1':
		end := scanNumber(b)
		if end == len(b) || !isAlnum(b[end]) {
			return end, stampForm{style: stampEpoch}
		}
	}
	return 0, stampForm{}
}

// scanClock scans 12:00:00, its fraction, and a zone or half of the day.
func scanClock(b []byte) (int, stampForm) {
	h := digits(b)
	if h == 0 || h > 2 || len(b) < h+6 || b[h] != ':' || digits(b[h+1:]) != 2 || b[h+3] != ':' || digits(b[h+4:]) != 2 {
		return 0, stampForm{}
	}
	f := stampForm{style: stampClock}
	i := h + 6
	if i+1 < len(b) && (b[i] == '.' || b[i] == ',') {
		if n := digits(b[i+1:]); n > 0 {
			f.fraction = n
			i += 1 + n
		}
	}
	rest := b[i:]
	switch {
	case len(rest) > 0 && rest[0] == 'Z' && (len(rest) == 1 || !isAlnum(rest[1])):
		f.zulu = true
		i++
	case len(rest) >= 5 && (rest[0] == '+' || rest[0] == '-') && digits(rest[1:]) == 4:
		i += 5
	case len(rest) >= 6 && (rest[0] == '+' || rest[0] == '-') && digits(rest[1:]) == 2 && rest[3] == ':' && digits(rest[4:]) == 2:
		i += 6
	case len(rest) >= 6 && rest[0] == ' ' && (rest[1] == '+' || rest[1] == '-') && digits(rest[2:]) == 4:
		i += 6
	case len(rest) >= 3 && rest[0] == ' ' && (rest[1] == 'A' || rest[1] == 'P') && rest[2] == 'M':
		i += 3
	}
	return i, f
}

// isMonth reports whether b begins with the English name of a month, cut to
// three letters.
func isMonth(b []byte) bool {
	if len(b) < 3 {
		return false
	}
	switch string(b[:3]) {
	case "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec":
		return true
	}
	return false
}
