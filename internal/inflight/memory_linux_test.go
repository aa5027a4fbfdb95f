package inflight

import (
	"errors"
	"os"
	"syscall"
	"testing"
)

// kept says how much memory the table's file takes, in bytes.
func kept(t *testing.T, f *os.File) int64 {
	t.Helper()
	var st syscall.Stat_t
	if err := syscall.Fstat(int(f.Fd()), &st); err != nil {
		t.Fatal(err)
	}
	return st.Blocks * 512
}

// TestMemory says how much memory requests take: pages are taken as they are
// needed, and reading takes none.
func TestMemory(t *testing.T) {
	if strictOvercommit() {
		t.Skip("where memory is reserved, the whole table is")
	}
	for _, c := range []struct{ requests, most int64 }{{0, pageSize}, {1, 16 << 10}, {100, 160 << 10}, {1000, fileSize + pageSize}, {slots, fileSize + pageSize}} {
		table := newTable(t)
		table.near = 31 // as with up to four processors
		for round := int64(0); round < 50; round++ {
			var in []Slot
			for gid := round*10000 + 1; gid <= round*10000+c.requests; gid++ {
				in = append(in, table.Enter(gid, &typical))
			}
			for _, s := range in {
				s.Leave()
			}
			if c.requests == 1 {
				break // one connection
			}
		}
		before := kept(t, table.File())
		mustRead(t, table.File())
		after := kept(t, table.File())
		t.Logf("%4d requests at once: %4d kB", c.requests, after>>10)
		if before != after || after > c.most {
			t.Errorf("%d requests at once take %d bytes, want at most %d; %d before they were read", c.requests, after, c.most, before)
		}
	}
}

// TestSealed cuts the file short, after which to touch the memory would be the
// end of the process.
func TestSealed(t *testing.T) {
	table := newTable(t)
	if err := table.File().Truncate(0); !errors.Is(err, syscall.EPERM) {
		t.Errorf("Truncate: %v, want EPERM", err)
	}
	table.Enter(1, &typical)
}
