package new

import "time"

// The collector frees timers that nobody refers to.
func messages(in chan int) {
	for {
		select {
		case m := <-in:
			println(m)
		case <-time.After(time.Minute):
			return
		}
	}
}
