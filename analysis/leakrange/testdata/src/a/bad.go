package a

func run(items []int) {
	jobs := make(chan int)
	go func() {
		for j := range jobs { // want `this goroutine ranges over jobs, which nobody closes`
			use(j)
		}
	}()
	for _, v := range items {
		jobs <- v
	}
}

func bare(items []int) {
	ticks := make(chan struct{}, 1)
	go func() {
		for range ticks { // want `this goroutine ranges over ticks, which nobody closes`
			use(1)
		}
	}()
	for range items {
		ticks <- struct{}{}
	}
}

func worker(jobs <-chan int) {
	for j := range jobs { // want `this goroutine ranges over jobs, which nobody closes`
		use(j)
	}
}

func pool(items []int) {
	jobs := make(chan int)
	for range 4 {
		go worker(jobs)
	}
	for _, v := range items {
		jobs <- v
	}
}

func commaOk(items []int) {
	jobs := make(chan int)
	go func() {
		for {
			j, ok := <-jobs // want `this goroutine ranges over jobs, which nobody closes`
			if !ok {
				return
			}
			use(j)
		}
	}()
	for _, v := range items {
		jobs <- v
	}
}

func collect(items []int) (all []int) {
	out := make(chan int)
	done := make(chan bool)
	go func() {
		for v := range out { // want `this goroutine ranges over out, which nobody closes`
			all = append(all, v)
		}
		done <- true
	}()
	for _, v := range items {
		out <- v
	}
	return all
}

type server struct{ in chan int }

func newServer() *server {
	s := &server{in: make(chan int)}
	go s.loop()
	return s
}

func (s *server) loop() {
	for v := range s.in { // want `this goroutine ranges over s.in, which nobody closes`
		use(v)
	}
}

func (s *server) put(v int) { s.in <- v }
func (s *server) Close()    {}

func use(int) {}

func partly(items []int, check func(int) error) error {
	jobs := make(chan int, len(items))
	go func() {
		for j := range jobs { // want `which is not closed when partly returns early`
			use(j)
		}
	}()
	for _, it := range items {
		if err := check(it); err != nil {
			return err
		}
		jobs <- it
	}
	close(jobs)
	return nil
}
