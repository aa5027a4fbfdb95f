package a

// Closed by who sends.
func closed(items []int) {
	jobs := make(chan int)
	defer close(jobs)
	go func() {
		for j := range jobs {
			use(j)
		}
	}()
	for _, v := range items {
		jobs <- v
	}
}

func closedElsewhere(items []int) {
	jobs := make(chan int)
	go worker2(jobs)
	go func() {
		for _, v := range items {
			jobs <- v
		}
		close(jobs)
	}()
}

func worker2(jobs <-chan int) {
	for j := range jobs {
		use(j)
	}
}

func finish(ch chan int) { close(ch) }

func closedInHelper(items []int) {
	jobs := make(chan int)
	go worker2(jobs)
	for _, v := range items {
		jobs <- v
	}
	finish(jobs)
}

// Another way out.
func breaks(items []int) {
	jobs := make(chan int)
	go func() {
		for j := range jobs {
			if j < 0 {
				return
			}
			use(j)
		}
	}()
	for _, v := range items {
		jobs <- v
	}
	jobs <- -1
}

// Others may close it.
func returned() chan<- int {
	jobs := make(chan int)
	go worker2(jobs)
	return jobs
}

// The function never returns.
func serves() {
	jobs := make(chan int)
	go worker2(jobs)
	for {
		jobs <- 1
	}
}

// No goroutine: it is chan-deadlock's, or none.
func here(jobs chan int) {
	for j := range jobs {
		use(j)
	}
}

// The field is closed.
type stopped struct{ in chan int }

func newStopped() *stopped {
	s := &stopped{in: make(chan int)}
	go s.loop()
	return s
}

func (s *stopped) loop() {
	for v := range s.in {
		use(v)
	}
}

func (s *stopped) Close() { close(s.in) }

// It cannot be stopped: it lives as long as the process.
type forever struct{ in chan int }

func newForever() *forever {
	f := &forever{in: make(chan int)}
	go f.loop()
	return f
}

func (f *forever) loop() {
	for v := range f.in {
		use(v)
	}
}

// The channel came from outside.
type given struct{ in chan int }

func newGiven(in chan int) *given {
	g := &given{in: in}
	go g.loop()
	return g
}

func (g *given) loop() {
	for v := range g.in {
		use(v)
	}
}

func (g *given) Close() {}

// The failure comes before the goroutine starts.
func checkedBefore(items []int, check func(int) error) error {
	for _, it := range items {
		if err := check(it); err != nil {
			return err
		}
	}
	jobs := make(chan int)
	go func() {
		for j := range jobs {
			use(j)
		}
	}()
	for _, it := range items {
		jobs <- it
	}
	close(jobs)
	return nil
}
