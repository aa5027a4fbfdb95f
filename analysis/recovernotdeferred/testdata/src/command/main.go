// Command command is nobody's library: what it exports is not deferred by others.
package main

import "log"

func main() {
	if r := recover(); r != nil { // want `recover\(\) in main stops nothing`
		log.Println(r)
	}
	Work()
}

func Work() {
	if r := recover(); r != nil { // want `recover\(\) in Work stops nothing`
		log.Println(r)
	}
	log.Println("work")
}
