package variants

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"strings"
)

type A struct{ n int }

func (a A) String() string { return fmt.Sprintf("A(%v)", a) } // want `until the stack overflows`

type B struct{ n int }

func (b *B) String() string { return fmt.Sprint("B: ", b) } // want `until the stack overflows`

type E struct{ op string }

func (e E) Error() string { return "e: " + fmt.Sprintf("%s", e) } // want `until the stack overflows`

type E2 struct{ op string }

func (e *E2) Error() string { return fmt.Errorf("op %s: %w", e.op, e).Error() } // want `until the stack overflows`

type J struct{ N int }

func (j J) MarshalJSON() ([]byte, error) { return json.Marshal(j) } // want `until the stack overflows`

type J2 struct{ N int }

func (j *J2) UnmarshalJSON(b []byte) error {
	if len(b) == 0 {
		return errors.New("empty")
	}
	return json.Unmarshal(b, j) // want `until the stack overflows`
}

type J3 struct{ N int }

func (j J3) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct { // want `until the stack overflows`
		Kind string
		J3
	}{"x", j})
}

type J4 struct{ N int }

func (j *J4) UnmarshalJSON(b []byte) error {
	aux := struct{ *J4 }{j}
	return json.Unmarshal(b, &aux) // want `until the stack overflows`
}

type X struct{ A string }

func (x X) MarshalXML(e *xml.Encoder, s xml.StartElement) error {
	return e.EncodeElement(x, s) // want `until the stack overflows`
}

type T struct{ v string }

func (t T) MarshalText() ([]byte, error) {
	return json.Marshal(t) // want `until the stack overflows`
}

type L struct{ n int }

func (l L) LogValue() slog.Value { return slog.AnyValue(l) } // no crash: slog stops; not BAD

type Names []string

func (n Names) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v", n) // want `until the stack overflows`
	return b.String()
}

type G[T any] struct{ v T }

func (g G[T]) String() string { return fmt.Sprintf("G[%v]", g) } // want `until the stack overflows`

type St int

func (s St) String() string {
	switch s {
	case 1:
		return "one"
	}
	return fmt.Sprintf("St(%v)", s) // want `until the stack overflows`
}

type St2 int

func (s St2) String() string {
	if name, ok := names[s]; ok {
		return name
	}
	return "unknown " + fmt.Sprint(s) // want `until the stack overflows`
}

var names = map[St2]string{}

type P struct{ next *P }

func (p *P) Depth() int { return p.Depth() + 1 } // want `until the stack overflows`

type svc struct{ name string }

func (s *svc) Name() string { return s.Name() } // want `until the stack overflows`

func (s *svc) Close() error {
	log.Print("close")
	return s.Stop() // want `until the stack overflows`
}

func (s *svc) Stop() error { return s.Close() } // want `until the stack overflows`

type iface interface{ Get(string) string }
type wrapped struct{ in iface }

func (w *wrapped) Get(k string) string { return w.Get(strings.ToLower(k)) } // want `until the stack overflows`

type Fmt struct{ n int }

func (f Fmt) Format(s fmt.State, v rune) { fmt.Fprintf(s, "%v", f) } // want `until the stack overflows`

type GS struct{ n int }

func (g GS) GoString() string { return fmt.Sprintf("%#v", g) } // want `until the stack overflows`

type viaLog struct{ n int }

func (v viaLog) String() string {
	log.Printf("stringing %v", v) // want `until the stack overflows`
	return "v"
}

type viaHelper struct{ n int }

func (v viaHelper) String() string { return render(v) } 

func render(x any) string { return fmt.Sprintf("<%v>", x) }

type errT struct{ msg string }

func (e *errT) Error() string { return e.str() } // want `until the stack overflows`
func (e *errT) str() string   { return "errT " + e.Error() } // want `until the stack overflows`

func fact(n int) int { return n * fact(n-1) } // want `until the stack overflows`

func retry(n int) error {
	if err := do(); err != nil {
		log.Print(err)
		return retry(n)
	}
	return nil
}

func do() error { return nil }

type Opt struct{ V *int }

func (o Opt) MarshalJSON() ([]byte, error) {
	if o.V == nil {
		return []byte("null"), nil
	}
	return json.MarshalIndent(&o, "", " ") // want `until the stack overflows`
}

type Y struct{ N int }

func (y *Y) UnmarshalText(b []byte) error { return json.Unmarshal(b, y) } // text: json calls UnmarshalText only for strings
