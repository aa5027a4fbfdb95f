package backstopprometheus_test

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/backstop-go/backstop"
	backstopprometheus "github.com/backstop-go/backstop/contrib/prometheus"
)

func Example() {
	c := backstopprometheus.New()
	backstop.OnCrash(c.Count)
	prometheus.MustRegister(c)
}
