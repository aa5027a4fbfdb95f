package gobin

// A Func is a function of the executable.
type Func struct {
	// Name is the name as tracebacks print it: type arguments are "[...]".
	Name string
	// Symbol is the name as the linker has it, with type arguments.
	Symbol string
	// File is where the function is declared.
	File string
	// StartLine is the line of the func keyword; 0 when it is not known, as in
	// executables of Go before 1.20.
	StartLine int
	// Entry and End are the range of its code, end excluded. They are 0 for a
	// function that is Inlined.
	Entry, End uint64
	// Inlined says that the function has no code of its own.
	Inlined bool
	// Wrapper says that the compiler made the function, often to call another:
	// an assembly function has one of the same name. See Frame.Wrapper.
	Wrapper bool
}

// A Frame is one call at a program counter.
type Frame struct {
	Func      string // as tracebacks print it
	File      string
	Line      int
	StartLine int  // of the function; 0 when it is not known
	Inlined   bool // into the frame that follows
	// Wrapper says that the compiler made the function, often to call another.
	// Tracebacks leave it out, except below a panic (runtime/traceback.go,
	// elideWrapperCalling). It is known for known releases only.
	Wrapper bool
}

// Funcs calls yield for each function with code, by address, until it returns
// false. A damaged record ends it with an error.
func (f *File) Funcs(yield func(Func) bool) error {
	r := f.t.reader()
	r.budget = maxTables
	for i := uint64(0); i < f.t.nfunc; i++ {
		fn, err := f.fn(r, i)
		if err != nil {
			return err
		}
		if !yield(fn) {
			return nil
		}
	}
	return nil
}

// FuncAt returns the function whose code holds pc.
func (f *File) FuncAt(pc uint64) (Func, error) {
	r := f.t.reader()
	i, err := f.t.search(&r.ftab, pc)
	if err != nil {
		return Func{}, err
	}
	return f.fn(r, i)
}

func (f *File) fn(r *reader, i uint64) (Func, error) {
	rec, err := r.record(i)
	if err != nil {
		return Func{}, err
	}
	fn := Func{StartLine: int(rec.startLine), Entry: rec.entry, End: rec.end, Wrapper: f.t.isWrapper(rec.id)}
	if err := f.setName(r, &fn, rec.name); err != nil {
		return Func{}, err
	}
	if rec.pcfile == 0 {
		return fn, nil // assembly without positions
	}
	own, err := r.ownCode(&rec)
	if err != nil {
		return Func{}, err
	}
	n, err := r.value(&rec, rec.pcfile, own)
	if err != nil {
		return Func{}, err
	}
	fn.File, err = r.file(&rec, n)
	return fn, err
}

// ownCode returns the address of an instruction of f that was not inlined into
// it: the first ones may have been.
func (r *reader) ownCode(f *record) (uint64, error) {
	if f.inline == 0 || f.tree == 0 {
		return f.entry, nil
	}
	pc, first, own := f.entry, int32(-1), false
	err := r.runs(f, f.inline, func(u run) bool {
		if u.from == f.entry {
			first = u.value
		}
		if own = u.value < 0; own {
			pc = u.from
		}
		return !own
	})
	if err != nil || own || first < 0 {
		return pc, err
	}
	// All of it was inlined: the outermost call is in f.
	calls := map[int32]bool{}
	for i := first; i >= 0 && !calls[i]; {
		calls[i] = true
		c, err := r.call(f, i)
		if err != nil {
			return 0, err
		}
		pc = c.parent
		if i, err = r.value(f, f.inline, pc); err != nil {
			return 0, err
		}
	}
	return pc, nil
}

func (f *File) setName(r *reader, fn *Func, off uint32) (err error) {
	if fn.Symbol, err = f.t.stringAt(&window{m: f.t.image}, f.t.names, uint64(off), "function names"); err != nil {
		return err
	}
	fn.Name = f.t.printed(fn.Symbol)
	return nil
}
