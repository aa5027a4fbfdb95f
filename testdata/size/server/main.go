// Command server only serves. Built with and without the tag sdk, it shows what
// the SDK adds.
package main

import "net/http"

func main() {
	start()
	http.ListenAndServe("127.0.0.1:0", wrap(http.NotFoundHandler()))
}
