package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"time"

	"github.com/backstop-go/backstop/cmd/backstop/internal/htmlview"
	"github.com/backstop-go/backstop/cmd/backstop/internal/store"
)

// A view is what a template gets. Data is the page's own part.
type view struct {
	Title   string // may hold crash text; the layout makes it visible
	Section string // the entry of the navigation that is current
	Version string
	Live    *live // nil on pages that cannot refresh themselves
	Data    any
}

// live says whether a page reloads itself, and links to the other choice. The
// choice is the visitor's and stands in the URL.
type live struct {
	On      bool
	Toggle  string
	Seconds int
}

// liveFor reads the choice from ?live=1.
func liveFor(r *http.Request) *live {
	q := r.URL.Query()
	l := &live{On: q.Get("live") == "1", Seconds: 5}
	if l.On {
		q.Del("live")
	} else {
		q.Set("live", "1")
	}
	l.Toggle = withQuery(r.URL.Path, q)
	return l
}

// parsePages makes one template set for each page: the layout and the partials,
// with the page's "content".
func parsePages(funcs template.FuncMap) map[string]*template.Template {
	base := template.Must(htmlview.Parts("layout.html", funcs).ParseFS(files, "templates/layout.html", "templates/part_*.html"))
	names, err := fs.Glob(files, "templates/page_*.html")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	pages := make(map[string]*template.Template, len(names))
	for _, name := range names {
		t := template.Must(template.Must(base.Clone()).ParseFS(files, name))
		pages[path.Base(name)] = t
	}
	return pages
}

// render writes a page, or nothing: the template runs to its end before the
// first byte leaves, so that a page is never half an error.
func (a *app) render(w http.ResponseWriter, status int, name string, v view) error {
	v.Version = a.opts.Version
	var buf bytes.Buffer
	if err := a.pages[name].ExecuteTemplate(&buf, "layout.html", v); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "private, no-cache")
	h.Set("Content-Length", strconv.Itoa(buf.Len()))
	w.WriteHeader(status)
	_, err := w.Write(buf.Bytes())
	if err != nil {
		return errGone
	}
	return nil
}

// errGone says that the visitor left before the page was written.
var errGone = errors.New("visitor has gone")

// page turns a function that may fail into a handler.
func (a *app) page(f func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := f(w, r); err != nil {
			a.fail(w, r, err)
		}
	})
}

// A failure is what visitors are told about an error.
type failure struct {
	Status int
	Title  string
	Text   string
}

// explainFailure maps errors to statuses: the only place that does. Visitors
// never see the text of an error.
func explainFailure(err error) failure {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, store.ErrNotFound):
		return failure{http.StatusNotFound, "There is no such page", "The issue or event may be older than what is kept, or the address has a typing error. Counts stay exact; samples are kept for the newest events of each issue and for its first one."}
	case errors.Is(err, errMethod):
		return failure{http.StatusMethodNotAllowed, "This page cannot be asked for that way", "The address exists, but not for this method."}
	case errors.Is(err, errCrossOrigin):
		return failure{http.StatusForbidden, "This request came from another site", "Nothing was changed. Open the issue here and press the button again."}
	case errors.Is(err, errBadForm), errors.As(err, &tooLarge):
		return failure{http.StatusBadRequest, "The form could not be read", "Nothing was changed. Go back and try again."}
	case errors.Is(err, context.DeadlineExceeded):
		return failure{http.StatusServiceUnavailable, "The store took too long to answer", "Nothing is lost: events are kept before they are acknowledged. Try again in a moment."}
	default:
		return failure{http.StatusInternalServerError, "This page could not be made", "Nothing is lost: events are kept before they are acknowledged. The collector's log says what went wrong."}
	}
}

// fail answers with the page for an error.
func (a *app) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, errGone) || r.Context().Err() == context.Canceled {
		return
	}
	f := explainFailure(err)
	if f.Status >= 500 {
		a.log.ErrorContext(r.Context(), "render page", "path", r.URL.Path, "err", err)
	}
	if err := a.render(w, f.Status, "page_error.html", view{Title: f.Title, Data: f}); err != nil && !errors.Is(err, errGone) {
		http.Error(w, f.Title, f.Status)
	}
}

// An asset is one file that pages load and the hash its URL carries.
type asset struct {
	body []byte
	mime string
	hash string
}

func loadAssets() map[string]asset {
	assets := make(map[string]asset)
	for name, body := range map[string][]byte{"style.css": htmlview.Style(), "logo.svg": htmlview.Logo()} {
		sum := sha256.Sum256(body)
		assets[name] = asset{body, mime.TypeByExtension(path.Ext(name)), hex.EncodeToString(sum[:6])}
	}
	return assets
}

// assetURL names an asset together with its content, so that browsers may keep
// it for ever and still see a new release at once.
func (a *app) assetURL(name string) string {
	return "/assets/" + name + "?v=" + a.assets[name].hash
}

func (a *app) asset(w http.ResponseWriter, r *http.Request) { a.serveAsset(w, r, r.PathValue("name")) }

func (a *app) favicon(w http.ResponseWriter, r *http.Request) { a.serveAsset(w, r, "logo.svg") }

func (a *app) serveAsset(w http.ResponseWriter, r *http.Request, name string) {
	f, ok := a.assets[name]
	if !ok {
		a.fail(w, r, store.ErrNotFound)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.mime)
	h.Set("ETag", `"`+f.hash+`"`)
	if r.URL.Query().Get("v") == f.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.body))
}
