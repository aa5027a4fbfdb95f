package a

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/pay/sdk"
)

type charger interface {
	Charge(ctx context.Context, n int) error
}

type server struct {
	bank  *sdk.Client
	iface charger
}

// Findings.

func (s *server) pay(w http.ResponseWriter, r *http.Request) {
	n, err := sdk.Parse(r.FormValue("n")) // want `sdk.Parse is third-party code that a handler reaches, and no guard makes an error of its panics`
	if err != nil {
		return
	}
	if err := s.bank.Charge(r.Context(), n); err != nil { // want `sdk.Charge is third-party code that a handler reaches`
		return
	}
	s.helper(r.Context())
}

func (s *server) helper(ctx context.Context) {
	_ = s.bank.Charge(ctx, 1) // want `sdk.Charge is third-party code that a handler reaches`
}

func (s *server) start(ctx context.Context, lines chan string) {
	go func() {
		for l := range lines {
			sdk.Parse(l) // want `sdk.Parse is third-party code that a goroutine reaches`
		}
	}()
	go s.loop(ctx)
}

func (s *server) loop(ctx context.Context) {
	for ctx.Err() == nil {
		_ = s.bank.Charge(ctx, 1) // want `sdk.Charge is third-party code that a goroutine reaches`
	}
}

// No findings.

func (s *server) safe(w http.ResponseWriter, r *http.Request) {
	if err := s.charge(r.Context()); err != nil {
		http.Error(w, err.Error(), 500)
	}
	_ = s.iface.Charge(r.Context(), 1) // our own interface: whoever implements it
	_ = strings.ToUpper(r.URL.Path)    // the standard library
}

// Its guard makes an error of a panic.
func (s *server) charge(ctx context.Context) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("bank: panic: %v", v)
		}
	}()
	s.below(ctx)
	return s.bank.Charge(ctx, 1)
}

// The guard is on the way to it.
func (s *server) below(ctx context.Context) {
	_ = s.bank.Charge(ctx, 2)
}

// Nothing reaches it but the start.
func newServer(url string) (*server, error) {
	if _, err := sdk.Parse(url); err != nil {
		return nil, err
	}
	return &server{bank: &sdk.Client{URL: url}}, nil
}
