package labrun

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestSelect(t *testing.T) {
	usual, err := Select("")
	if err != nil || len(usual) != len(pinned) {
		t.Fatalf("all: %v, %v", usual, err)
	}
	for _, c := range []struct {
		spec string
		want string // minor releases, or an exact name
	}{
		{"1.22", "22"},
		{"1.22..1.24", "22 23 24"},
		{"1.21,1.27", "21 27"},
		{"1.22..1.23,1.23,1.21", "22 23 21"},
		{"go1.24.1", "go1.24.1"},
		{"1.24.1", "go1.24.1"},
		{"1.28rc1", "go1.28rc1"},
	} {
		names, err := Select(c.spec)
		if err != nil {
			t.Errorf("%s: %v", c.spec, err)
			continue
		}
		var got []string
		for _, n := range names {
			if slices.Contains(usual, n) {
				n = strings.Split(n, ".")[1]
			}
			got = append(got, n)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %s, want %s", c.spec, s, c.want)
		}
	}
	for _, bad := range []string{"1.9", "x", "1.27..1.21", "2.0", "1.", "1.30..1.40", ",", "go"} {
		if names, err := Select(bad); err == nil {
			t.Errorf("%q was taken for %v", bad, names)
		}
	}
}

func TestUnavailableToolchain(t *testing.T) {
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOFLAGS", "")
	_, err := FindToolchain(context.Background(), "go1.21.99")
	var missing *Unavailable
	if !errors.As(err, &missing) || missing.Name != "go1.21.99" {
		t.Errorf("error %v, want an *Unavailable", err)
	}
}

func TestReleases(t *testing.T) {
	for _, c := range []struct{ names, want string }{
		{"go1.26.8", "1.26"},
		{"go1.21.13 go1.22.12 go1.23.12", "1.21..1.23"},
		{"go1.21.13 go1.23.12 go1.24.13 go1.27.0", "1.21, 1.23..1.24, 1.27"},
		{"go1.26.1 go1.26.8", "1.26"},
	} {
		if got := releases(strings.Fields(c.names)); got != c.want {
			t.Errorf("%s: %s, want %s", c.names, got, c.want)
		}
	}
}

// TestGoEnv: what somebody set for their own builds changes nothing here, neither
// in the environment nor with go env -w.
func TestGoEnv(t *testing.T) {
	config := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(config, []byte("GOFLAGS=-tags=theirs\nGOAMD64=v4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOENV", config)
	t.Setenv("CGO_CFLAGS", "-O9")
	t.Setenv("GOWORK", "/nowhere/go.work")
	got, err := goOutput(context.Background(), "", "local", "env", "GOFLAGS", "GOAMD64", "CGO_CFLAGS", "GOWORK")
	if want := "-buildvcs=false\nv1\n-O2 -g\noff"; err != nil || got != want {
		t.Errorf("%v: %q, want %q", err, got, want)
	}
}
