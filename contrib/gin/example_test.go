package backstopgin_test

import (
	"github.com/gin-gonic/gin"

	backstopgin "github.com/backstop-go/backstop/contrib/gin"
)

func Example() {
	r := gin.Default() // brings gin.Recovery, which answers
	r.Use(backstopgin.Middleware(backstopgin.Options{}))
}
