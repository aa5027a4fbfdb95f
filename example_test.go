package backstop_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/backstop-go/backstop"
)

// quiet starts the SDK for an example: without a monitor, and with a spool that
// is thrown away.
func quiet() (stop func()) {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	if err := backstop.Start(backstop.Options{SpoolDir: dir, DisableMonitor: true}); err != nil {
		log.Fatal(err)
	}
	return func() {
		stopNow()
		os.RemoveAll(dir)
	}
}

// A service starts the SDK first thing in main.
func Example() {
	main := func() {
		if err := backstop.Start(backstop.Options{Service: "shop", Collector: "http://127.0.0.1:7070"}); err != nil {
			log.Print(err) // the program goes on, guards only recover
		}
		defer func() {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			if err := backstop.Stop(ctx); err != nil {
				log.Print(err)
			}
		}()
		mux := http.NewServeMux()
		mux.HandleFunc("GET /items/{id}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "an item") })
		log.Print(http.ListenAndServe("127.0.0.1:8080", backstop.Handler(mux, backstop.HandlerOptions{OnPanic: backstop.Answer500})))
	}
	_ = main
}

func ExampleRecover() {
	defer quiet()()
	func() {
		defer backstop.Recover(context.Background())
		panic("reported, and gone")
	}()
	fmt.Println("still here")
	// Output: still here
}

func ExampleGuard() {
	defer quiet()()
	defer func() { fmt.Println("the program would die of:", recover()) }()
	func() {
		defer backstop.Guard()
		panic("reported, and raised again")
	}()
	// Output: the program would die of: reported, and raised again
}

func ExampleCapture() {
	defer quiet()()
	parse := func() (err error) {
		defer func() {
			if v := recover(); v != nil {
				backstop.Capture(context.Background(), v)
				err = fmt.Errorf("parse: %v", v)
			}
		}()
		panic("unexpected token")
	}
	fmt.Println(parse())
	// Output: parse: unexpected token
}

func ExampleGo() {
	defer quiet()()
	done := make(chan struct{})
	backstop.Go(context.Background(), func(context.Context) {
		defer close(done)
		panic("a goroutine of its own, and yet the program goes on")
	})
	<-done
	fmt.Println("still here")
	// Output: still here
}

func ExampleGroup() {
	defer quiet()()
	g := backstop.NewGroup(context.Background())
	g.Go(func(context.Context) error { return nil })
	g.Go(func(context.Context) error { panic("one of them panics") })
	err := g.Wait()
	var p *backstop.PanicError
	fmt.Println(err, errors.As(err, &p))
	// Output: panic: one of them panics true
}

// A point is passed in peace, unless somebody plans otherwise:
//
//	BACKSTOP_POINTS='checkout.charge=panic(card gone)' ./shop
func ExamplePoint() {
	charge := func(cents int64) string {
		backstop.Point("checkout.charge")
		return fmt.Sprintf("%d cents", cents)
	}
	fmt.Println(charge(1250))
	// Output: 1250 cents
}
