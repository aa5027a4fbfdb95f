package backstopotel_test

import (
	"log"
	"net/http"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"github.com/backstop-go/backstop"
	backstopotel "github.com/backstop-go/backstop/contrib/otel"
)

func Example() {
	if err := backstop.Start(backstop.Options{Service: "shop", TraceID: backstopotel.TraceID}); err != nil {
		log.Print(err)
	}
	backstop.OnCrash(backstopotel.Spans())

	mux := http.NewServeMux()
	inner := backstop.Handler(mux, backstop.HandlerOptions{OnPanic: backstop.Answer500})
	log.Print(http.ListenAndServe("127.0.0.1:8080", otelhttp.NewHandler(inner, "shop")))
}
