package crash

import (
	"sort"
	"strings"
)

// Explain says what people want to know about a class. A class that is not in
// the table gets what its kind, the part before the dot, lets one say.
func Explain(c Class) Info {
	if info, ok := lookup(c); ok {
		return info
	}
	info, _ := lookup(genericClass(kindOf(c)))
	info.Class, info.Scenarios = c, nil
	return info
}

// Classes returns every class of the table, sorted by name.
func Classes() []Info {
	var all []Info
	for _, table := range classTables() {
		for c := range table {
			all = append(all, Explain(c))
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Class < all[j].Class })
	return all
}

// classTables lists the tables. They are maps of their own, and this is a
// function, so that programs that never ask carry none of it.
func classTables() [5]map[Class]Info {
	return [5]map[Class]Info{panicClasses, libraryClasses, fatalClasses, runtimeClasses, otherClasses}
}

// lookup finds a class; kind and recoverable are derived from the name where
// the entry does not say otherwise.
func lookup(c Class) (Info, bool) {
	for _, table := range classTables() {
		info, ok := table[c]
		if !ok {
			continue
		}
		info.Class = c
		if info.Kind == "" {
			info.Kind = kindOf(c)
		}
		if info.Recoverable == "" {
			info.Recoverable = recoverableKind(info.Kind)
		}
		return info, true
	}
	return Info{}, false
}

func kindOf(c Class) Kind {
	prefix, _, _ := strings.Cut(string(c), ".")
	for _, k := range Kinds() {
		if string(k) == prefix {
			return k
		}
	}
	return KindFragment
}

func genericClass(k Kind) Class {
	switch k {
	case KindPanic:
		return "panic.custom"
	case KindFatal:
		return "fatal.runtime"
	case KindSignal:
		return "signal.other"
	case KindKill:
		return "kill.other"
	case KindExit:
		return "exit.os_exit"
	case KindRace, KindHang:
		return Class(k)
	default:
		return "fragment"
	}
}

func recoverableKind(k Kind) Recoverable {
	switch k {
	case KindPanic:
		return RecoverYes
	case KindFragment:
		return RecoverMaybe
	default:
		return RecoverNo
	}
}
