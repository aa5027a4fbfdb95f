package main

import (
	_ "embed"
	"html/template"
	"net/http"

	"github.com/backstop-go/backstop/examples/shop/images"
	"github.com/backstop-go/backstop/examples/shop/recommend"
	"github.com/backstop-go/backstop/examples/shop/stats"
)

//go:embed front.html
var frontHTML string

var frontPage = template.Must(template.New("front").Funcs(template.FuncMap{
	"euro": func(cents int64) float64 { return float64(cents) / 100 },
}).Parse(frontHTML))

func (s *shop) front(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := frontPage.Execute(w, map[string]any{
		"Products": s.catalog.Page(1, 100),
		"Settings": s.config.Settings(),
	}); err != nil {
		s.log.Error("write front page", "err", err)
	}
}

func (s *shop) products(w http.ResponseWriter, r *http.Request) {
	s.reply(w, http.StatusOK, s.catalog.Page(number(r, "page", 1), number(r, "per_page", 5)))
}

func (s *shop) product(w http.ResponseWriter, r *http.Request) {
	p, err := s.catalog.Product(r.PathValue("sku"))
	if err != nil {
		s.fail(w, err)
		return
	}
	s.reply(w, http.StatusOK, p)
}

func (s *shop) rating(w http.ResponseWriter, r *http.Request) {
	tenths, err := s.catalog.Rating(r.PathValue("sku"))
	if err != nil {
		s.fail(w, err)
		return
	}
	s.reply(w, http.StatusOK, map[string]float64{"stars": float64(tenths) / 10})
}

func (s *shop) rate(w http.ResponseWriter, r *http.Request) {
	var body struct{ Stars int }
	if !s.read(w, r, &body) {
		return
	}
	if err := s.catalog.Rate(r.PathValue("sku"), body.Stars); err != nil {
		s.fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *shop) image(w http.ResponseWriter, r *http.Request) {
	if _, err := s.catalog.Product(r.PathValue("sku")); err != nil {
		s.fail(w, err)
		return
	}
	resized := images.Resize(images.Placeholder(), number(r, "width", 64), number(r, "height", 64))
	data, err := images.PNG(resized)
	if err != nil {
		s.fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	if _, err := w.Write(data); err != nil {
		s.log.Error("write image", "err", err)
	}
}

func (s *shop) recommendations(w http.ResponseWriter, r *http.Request) {
	s.reply(w, http.StatusOK, recommend.For(s.catalog, r.PathValue("sku")))
}

func (s *shop) categoryPath(w http.ResponseWriter, r *http.Request) {
	path, err := s.catalog.Tree.Path(r.PathValue("id"))
	if err != nil {
		s.fail(w, err)
		return
	}
	s.reply(w, http.StatusOK, path)
}

func (s *shop) moveCategory(w http.ResponseWriter, r *http.Request) {
	var body struct{ Parent string }
	if !s.read(w, r, &body) {
		return
	}
	if err := s.catalog.Tree.Move(r.PathValue("id"), body.Parent); err != nil {
		s.fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *shop) find(w http.ResponseWriter, r *http.Request) {
	s.reply(w, http.StatusOK, s.search.Find(r.URL.Query().Get("q")))
}

// rebuildStats counts a made-up year of sales from scratch.
func (s *shop) rebuildStats(w http.ResponseWriter, r *http.Request) {
	history := stats.History(number(r, "shards", 1), number(r, "lines", 1000))
	s.reply(w, http.StatusOK, map[string]int{"products": len(stats.Totals(history))})
}
