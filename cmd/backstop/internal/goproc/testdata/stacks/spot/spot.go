// Package spot says where its caller is.
package spot

// A Spot is the registers that its caller has after the return, and its own at
// its first instruction.
type Spot struct {
	PC, SP, BP     uintptr
	OwnPC, OwnSP   uintptr
	G              uintptr
	Stack          uintptr // address of the first byte that was copied
	Copied         uintptr
	buffer, length uintptr
}

var buffer [1 << 20]byte

// Take notes the place, and copies the stack from there to its end.
func Take() (Spot, []byte) {
	s := Spot{length: uintptr(len(buffer))}
	take(&s, &buffer[0])
	return s, buffer[:s.Copied]
}

func take(s *Spot, to *byte)

// G returns the address of the g of this goroutine.
func G() uintptr

// Loop never returns and cannot be interrupted.
func Loop()
