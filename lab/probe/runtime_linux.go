package main

import (
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"unsafe"
)

func init() {
	register("panicking-flag", panickingFlag)
	register("g-fields", gFields)
}

// self opens the running program. A probe that cannot is not measured.
func self() *elf.File {
	f, err := elf.Open("/proc/self/exe")
	if err != nil {
		fail(err)
	}
	return f
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// variable finds a 32-bit variable of the runtime in the running program, by its
// symbol: no language feature leads there.
func variable(name string) *uint32 {
	symbols, err := self().Symbols()
	if err != nil {
		fail(err)
	}
	for _, s := range symbols {
		if s.Name == name && s.Size == 4 {
			address := uintptr(s.Value)
			return *(**uint32)(unsafe.Pointer(&address))
		}
	}
	fail(fmt.Errorf("the program has no 32-bit variable %s", name))
	return nil
}

// panickingFlag reads runtime.panicking before, while and after deferred calls of
// a panic run, writes 2 into it, and sees whether recover still works.
func panickingFlag() {
	flag := variable("runtime.panicking")
	say("idle", atomic.LoadUint32(flag))
	var during uint32
	caught(func() {
		defer func() { during = atomic.LoadUint32(flag) }()
		panic("stop")
	})
	say("in_deferred_call", during)
	say("after_recover", atomic.LoadUint32(flag))

	// At two the runtime would believe that it is dying, so only for a moment.
	runtime.LockOSThread()
	atomic.StoreUint32(flag, 2)
	value := caught(func() { panic("stop") })
	atomic.StoreUint32(flag, 0)
	say("recovered_at_2", fmt.Sprint(value))
}

// gFields reads the fields of the runtime's g from the debug information of the
// running program.
func gFields() {
	info, err := self().DWARF()
	if err != nil {
		fail(err)
	}
	fields := structFields(info, "runtime.g")
	if len(fields) == 0 {
		fail(fmt.Errorf("no debug information on runtime.g"))
	}
	at := func(offset int64) string {
		for name, o := range fields {
			if o == offset {
				return name
			}
		}
		return "none"
	}
	say("field_at_0x140", at(0x140))
	for _, name := range []string{"panicking", "panicwrap", "_panic", "_defer", "paniconfault"} {
		_, ok := fields[name]
		say("has_"+name, ok)
	}
}

// structFields returns the members of a structure with their offsets.
func structFields(info *dwarf.Data, name string) map[string]int64 {
	for r := info.Reader(); ; {
		e, err := r.Next()
		if err != nil {
			fail(err)
		}
		if e == nil {
			return nil
		}
		if e.Tag != dwarf.TagStructType || e.Val(dwarf.AttrName) != name {
			continue
		}
		fields := make(map[string]int64)
		for {
			m, err := r.Next()
			if err != nil {
				fail(err)
			}
			if m == nil || m.Tag == 0 {
				return fields
			}
			field, _ := m.Val(dwarf.AttrName).(string)
			offset, _ := m.Val(dwarf.AttrDataMemberLoc).(int64)
			fields[field] = offset
		}
	}
}
