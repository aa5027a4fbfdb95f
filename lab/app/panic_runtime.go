package main

func init() {
	register("nil-map-write", nilMapWrite)
	register("send-closed-chan", sendClosedChan)
}

func nilMapWrite() {
	var stock map[string]int
	stock["A-17"] = 1
}

func sendClosedChan() {
	c := make(chan int)
	close(c)
	c <- 1
}
