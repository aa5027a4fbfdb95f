package gobin

import "testing"

// TestAddress has text in three pieces, of which the second was moved: the
// linker lays text out in one, and the piece decides where an offset ended up.
func TestAddress(t *testing.T) {
	moved := &tables{module: module{text: 0x10000, sections: []textSection{
		{0, 0x1000, 0x10000}, {0x1000, 0x3000, 0x20000}, {0x3000, 0x4000, 0x22000},
	}}}
	for off, want := range map[uint64]uint64{
		0: 0x10000, 0xfff: 0x10fff, 0x1000: 0x20000, 0x2fff: 0x21fff, 0x3000: 0x22000,
		0x4000: 0x23000, // the end of the last function
	} {
		if got := moved.address(off); got != want {
			t.Errorf("offset %#x is at %#x, want %#x", off, got, want)
		}
	}
}

func TestMinor(t *testing.T) {
	for version, want := range map[string]int{
		"go1.26.1": 26, "go1.18": 18, "go1.27rc1": 27, "devel go1.28-0123abcd Mon Jan 1": 28,
		"go1.25.4 X:nocoverageredesign": 25, "go1.": -1, "devel +0123abcd": -1, "": -1, "go2.1": -1,
		"go1.99999999999999999999": -1,
	} {
		if got := minor(version); got != want {
			t.Errorf("%q is minor release %d, want %d", version, got, want)
		}
	}
}

// TestPrinted has the rows of runtime/symtab.go, funcNamePiecesForPrint.
func TestPrinted(t *testing.T) {
	for _, c := range []struct {
		release    int
		name, want string
	}{
		{27, "main.f", "main.f"},
		{27, "main.f[go.shape.int]", "main.f[...]"},
		{27, "main.f[go.shape.[]uint8,go.shape.map[string]int].func1", "main.f[...].func1"},
		{27, "main.(*T[go.shape.int]).m[go.shape.string]", "main.(*T[...]).m[...]"},
		{26, "main.(*T[go.shape.int]).m[go.shape.string]", "main.(*T[...]"},
		{21, "main.(*T[go.shape.int]).m", "main.(*T[...]).m"},
		{-1, "main.f[go.shape.int].func1", "main.f[...].func1"},
		{17, "type..eq.[15]string", "type..eq.[15]string"},
		{27, "main.]f[", "main.]f["},
		{27, "main.f[a]]b[c]", "main.f[a]]b[c]"},
		{27, "main.f[", "main.f["},
	} {
		x := &tables{release: c.release}
		if got := x.printed(c.name); got != c.want {
			t.Errorf("go1.%d prints %s as %s, want %s", c.release, c.name, got, c.want)
		}
	}
}
