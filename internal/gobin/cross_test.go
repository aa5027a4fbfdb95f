package gobin_test

import (
	"debug/elf"
	"debug/gosym"
	"debug/macho"
	"debug/pe"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/backstop-go/backstop/internal/crashtest"
	"github.com/backstop-go/backstop/internal/gobin"
)

// TestTargets compares executables that cannot run here with debug/gosym, which
// needs the tables shown to it but then reads them independently.
func TestTargets(t *testing.T) {
	for _, c := range []struct {
		mode
		format string
		ptr    int
		pie    bool
		always bool
	}{
		{cross("windows", "amd64"), "pe", 8, true, true},
		{cross("darwin", "arm64"), "macho", 8, true, true},
		{cross("linux", "s390x"), "elf", 8, false, true},
		{cross("windows", "386"), "pe", 4, true, false},
		{cross("linux", "mips"), "elf", 4, false, false},
		{cross("linux", "arm64", "-buildmode=pie"), "elf", 8, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !c.always && os.Getenv("BACKSTOP_REQUIRE_ALL") == "" {
				crashtest.Skip(t, "it would compile the standard library once more")
			}
			exe := build(t, current(), c.mode)
			f := open(t, exe)
			if f.Format() != c.format || f.PointerSize() != c.ptr || f.PIE() != c.pie ||
				f.GoVersion() != current() || !strings.HasSuffix(c.env[1], "="+f.Arch()) {
				t.Errorf("%s %s, %d-byte pointers, PIE %v, %s", f.Format(), f.Arch(), f.PointerSize(), f.PIE(), f.GoVersion())
			}
			compareSymbols(t, f, symbols(t, exe))
			compareFiles(t, f, open(t, build(t, current(), c.mode.stripped())))
		})
	}
}

// symbols lets the standard library read the tables, found by their sections or
// symbols.
func symbols(t *testing.T, exe string) *gosym.Table {
	t.Helper()
	var data []byte
	var text uint64
	if f, err := elf.Open(exe); err == nil {
		defer f.Close()
		data = sectionData(t, f.Section(".gopclntab"))
		all, err := f.Symbols()
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all {
			if s.Name == "runtime.text" {
				text = s.Value
			}
		}
		if data == nil {
			data = sectionData(t, f.Section(".data.rel.ro.gopclntab"))
		}
	} else if f, err := macho.Open(exe); err == nil {
		defer f.Close()
		data = sectionData(t, f.Section("__gopclntab"))
		for _, s := range f.Symtab.Syms {
			if s.Name == "runtime.text" || s.Name == "_runtime.text" {
				text = s.Value
			}
		}
	} else if f, err := pe.Open(exe); err == nil {
		defer f.Close()
		data, text = peSymbols(t, f)
	}
	if len(data) == 0 || text == 0 {
		t.Fatalf("%s: %d bytes of tables, text at %#x", exe, len(data), text)
	}
	table, err := gosym.NewTable(nil, gosym.NewLineTable(data, text))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func sectionData(t *testing.T, s interface{ Data() ([]byte, error) }) []byte {
	t.Helper()
	switch x := s.(type) {
	case *elf.Section:
		if x == nil {
			return nil
		}
	case *macho.Section:
		if x == nil {
			return nil
		}
	}
	data, err := s.Data()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func peSymbols(t *testing.T, f *pe.File) (data []byte, text uint64) {
	t.Helper()
	base := uint64(0)
	switch h := f.OptionalHeader.(type) {
	case *pe.OptionalHeader32:
		base = uint64(h.ImageBase)
	case *pe.OptionalHeader64:
		base = h.ImageBase
	}
	for _, s := range f.Symbols {
		if s.SectionNumber <= 0 {
			continue
		}
		section := f.Sections[s.SectionNumber-1]
		switch s.Name {
		case "runtime.text":
			text = base + uint64(section.VirtualAddress) + uint64(s.Value)
		case "runtime.pclntab":
			all, err := section.Data()
			if err != nil {
				t.Fatal(err)
			}
			data = all[s.Value:]
		}
	}
	return data, text
}

// compareSymbols checks every function and addresses in each.
func compareSymbols(t *testing.T, f *gobin.File, table *gosym.Table) {
	t.Helper()
	if len(table.Funcs) != f.NumFuncs() || f.NumFuncs() < 1000 {
		t.Fatalf("%d functions, debug/gosym has %d", f.NumFuncs(), len(table.Funcs))
	}
	i := 0
	if err := f.Funcs(func(fn gobin.Func) bool {
		want := &table.Funcs[i]
		i++
		if fn.Symbol != want.Name || fn.Entry != want.Entry || fn.End != want.End {
			t.Errorf("%+v, debug/gosym says %s from %#x to %#x", fn, want.Name, want.Entry, want.End)
		}
		if strings.HasPrefix(fn.Symbol, "go:") {
			return true // a mark in the text; debug/gosym makes up positions
		}
		for pc := fn.Entry; pc < fn.End; pc += 100 {
			file, line, err := f.Position(pc)
			wantFile, wantLine, _ := table.PCToLine(pc)
			if err == nil && (file != wantFile || line != wantLine) || err != nil && wantFile != "" {
				t.Errorf("%#x: %s:%d, %v; debug/gosym says %s:%d", pc, file, line, err, wantFile, wantLine)
			}
		}
		return !t.Failed()
	}); err != nil {
		t.Error(err)
	}
}

// compareFiles checks that nothing is lost without symbols.
func compareFiles(t *testing.T, f, stripped *gobin.File) {
	t.Helper()
	for _, name := range []string{"main.main", "main.inner", "main.each[...]", "runtime.gopanic", "strconv.Itoa"} {
		a, err := f.Lookup(name)
		if err != nil {
			t.Error(err)
		}
		b, err := stripped.Lookup(name)
		if err != nil {
			t.Error(err)
		}
		if len(a) != len(b) {
			t.Errorf("%s: %+v, stripped %+v", name, a, b)
			continue
		}
		for i := range a {
			if a[i] != b[i] {
				t.Errorf("%s: %+v, stripped %+v", name, a[i], b[i])
			}
			if a[i].Inlined {
				continue
			}
			x, err := f.Stack(a[i].Entry)
			if err != nil {
				t.Error(err)
			}
			y, err := stripped.Stack(b[i].Entry)
			if err != nil || frameText(x) != frameText(y) {
				t.Errorf("%s: %+v, stripped %+v, %v", name, x, y, err)
			}
		}
	}
}

// TestRefused opens what is no Go executable that can be read.
func TestRefused(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ content, want string }{
		"empty":   {"", "shorter than any header"},
		"text":    {"#!/bin/sh\necho no executable\n", "neither ELF, PE nor Mach-O"},
		"wasm":    {"\x00asm\x01\x00\x00\x00\x00\x0b\x0a go:buildid", "WebAssembly"},
		"fat":     {"\xca\xfe\xba\xbe\x00\x00\x00\x02\x01\x00\x00\x07\x00\x00\x00\x03", "lipo -thin"},
		"mz":      {"MZ" + strings.Repeat("\x00", 100), "MZ without a PE header"},
		"archive": {"!<arch>\n__.PKGDEF       0           0     0     644", "neither ELF, PE nor Mach-O"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := gobin.Open(path)
		if !errors.Is(err, gobin.ErrNotGo) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if _, err := gobin.Open(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := gobin.Open(dir); err == nil {
		t.Error("a directory was opened")
	}
	if exe, err := filepath.EvalSymlinks("/bin/sh"); err == nil {
		if _, err := gobin.Open(exe); !errors.Is(err, gobin.ErrNotGo) {
			t.Errorf("%s: %v", exe, err)
		}
	}
}
