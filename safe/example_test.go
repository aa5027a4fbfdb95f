package safe_test

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log"
	"net/http"
	"time"

	"github.com/backstop-go/backstop"
	"github.com/backstop-go/backstop/safe"
)

// An Order is what the payment service answers with.
type Order struct{ ID string }

// charge stands for the client of a service, with a bug.
func charge(ctx context.Context) (*Order, error) {
	orders, err := find(ctx)
	return &orders[0], err
}

func find(ctx context.Context) ([]Order, error) { return nil, ctx.Err() }

// lookup stands for a client that returns nil without an error.
func lookup() (*Order, error) { return nil, nil }

func ExampleCall() {
	order, err := safe.Call(context.Background(), "payment", charge)
	var p *backstop.PanicError
	if errors.As(err, &p) {
		fmt.Println("its client panicked:", p.Value) // and p.Stack() says where
	}
	fmt.Println(order, err)
	// Output:
	// its client panicked: runtime error: index out of range [0] with length 0
	// <nil> payment: panic: runtime error: index out of range [0] with length 0
}

func ExampleDo() {
	err := safe.Do(context.Background(), "mail", func(context.Context) error { panic("no such template") })
	fmt.Println(err)
	// Output: mail: panic: no such template
}

func ExampleCheck() {
	order, err := safe.Check(lookup()).From("orders")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(order.ID)
	// Output: orders: nil result without an error
}

func ExampleMust() {
	// Usually a package variable.
	page := safe.Must(template.New("page").Parse("<h1>{{.}}</h1>")).From("pages")
	fmt.Println(page.Name())
	// Output: page
}

func ExampleLimiter() {
	limiter := safe.NewLimiter(safe.LimiterOptions{Capacity: 10, MaxWaiting: 100})
	err := limiter.Run(context.Background(), safe.Task{
		Weight: 3, // a large export
		Check:  func(context.Context) error { return errors.New("the database is away") },
		Work:   func(context.Context) error { panic("not reached") },
	})
	var refused *safe.RefusedError
	fmt.Println(err, errors.As(err, &refused))
	// Output: refused: health check: the database is away true
}

func ExamplePool() {
	pool := safe.NewPool(safe.PoolOptions{Workers: 4})
	ctx := context.Background()
	var jobs []*safe.Job
	for i := range 3 {
		job, err := pool.Submit(ctx, func(context.Context) error {
			if i == 1 {
				panic("bad picture")
			}
			return nil
		})
		if err != nil {
			log.Fatal(err) // ctx was done while the queue was full
		}
		jobs = append(jobs, job)
	}
	for i, job := range jobs {
		fmt.Println(i, job.Wait(ctx))
	}
	// Output:
	// 0 <nil>
	// 1 panic: bad picture
	// 2 <nil>
}

func ExampleChildren() {
	handler := func(w http.ResponseWriter, r *http.Request) {
		kids := safe.NewChildren(r.Context())
		kids.Go(func(context.Context) error { panic("no price") })
		select {
		case err := <-kids.Errors():
			log.Print(err) // child of GET /cart, trace 0af7…: panic: no price
			http.Error(w, "try again", http.StatusServiceUnavailable)
		case <-kids.Done():
			fmt.Fprintln(w, "your cart")
		}
	}
	http.Handle("GET /cart", backstop.Handler(http.HandlerFunc(handler), backstop.HandlerOptions{}))
}

func ExampleAfterFunc() {
	done := make(chan struct{})
	safe.AfterFunc(context.Background(), time.Millisecond, func(context.Context) {
		defer close(done)
		panic("in a timer, and yet the program goes on")
	})
	<-done
	fmt.Println("still here")
	// Output: still here
}

func ExampleEvery() {
	calls := make(chan int, 1)
	n := 0
	ticker := safe.Every(context.Background(), time.Millisecond, func(context.Context) {
		if n++; n == 1 {
			panic("the first time")
		}
		calls <- n
	})
	fmt.Println("call", <-calls)
	ticker.Stop()
	// Output: call 2
}

func ExampleFunc() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	context.AfterFunc(ctx, safe.Func(ctx, func(context.Context) {
		defer close(done)
		panic("in a callback, and yet the program goes on")
	}))
	cancel()
	<-done
	fmt.Println("still here")
	// Output: still here
}

func ExampleTransport() {
	client := &http.Client{Transport: safe.Transport(http.DefaultTransport), Timeout: 5 * time.Second}
	resp, err := client.Get("http://stock.internal/items")
	if err != nil {
		log.Print(err) // also when a hook, the body, or the transport panicked
		return
	}
	resp.Body.Close()
}
