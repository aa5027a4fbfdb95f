package a

import (
	"log"
	"time"
)

// Who waits tells nobody.
func waiting() {
	if r := recover(); r != nil { // want `drops the panic`
		time.Sleep(time.Second)
	}
}

// This one says it first.
func waitingAfter() {
	if r := recover(); r != nil {
		log.Printf("panic: %v", r)
		time.Sleep(time.Second)
	}
}

func waits(f func()) {
	defer waiting()
	defer waitingAfter()
	f()
}
