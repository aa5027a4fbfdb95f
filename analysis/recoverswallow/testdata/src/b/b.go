package b

// Ignore drops panics, for whoever defers it.
func Ignore() {
	recover() // want `recover-swallow`
}

// Note does nothing with a value.
func Note(any) {}
