package shapes

// The question stands outside of the literal that calls.
func (s *svc) wrapped(err error) func() {
	if s.opts.OnError == nil {
		return nil
	}
	return func() { s.opts.OnError(err) }
}
