package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOpenRecordingEndsACutLine(t *testing.T) {
	for before, want := range map[string]string{"": "new\n", "whole\n": "whole\nnew\n", "cut": "cut\nnew\n"} {
		path := filepath.Join(t.TempDir(), "out.jsonl")
		if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := openRecording(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.WriteString("new\n"); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("after %q: %q, want %q (%v)", before, got, want, err)
		}
	}
}
