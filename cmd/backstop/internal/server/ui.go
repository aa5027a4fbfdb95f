package server

import (
	"net/http"
	"strings"

	"github.com/backstop-go/backstop/internal/host"

	"github.com/backstop-go/backstop/cmd/backstop/internal/web"
)

// ui is the pages. They read the store and ask for one change, a status.
func (a *App) ui() http.Handler {
	return web.New(a.db, web.Options{
		Resolve: a.SetStatus,
		Now:     a.opts.Now,
		Version: strings.TrimPrefix(host.Release(), "unknown"),
		API:     true,
		Logger:  a.log,
	})
}
