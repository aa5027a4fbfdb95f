package htmltest

import (
	"reflect"
	"time"
)

// Payloads are what somebody who controls crash text would try. Each holds the
// word "evil", so that a test can see that it was shown at all.
var Payloads = []string{
	`<script>alert("evil")</script>`,
	`</pre></code></title></svg></style><img src=x onerror=alert('evil')>`,
	`" onmouseover="alert('evil')" style="position:fixed" x="`,
	`' autofocus onfocus=alert('evil') x='`,
	`javascript:alert("evil")`,
	`//evil.example/x`,
	`{{.Evil}}{{template "evil"}}{{define "content"}}{{end}}`,
	"evil\u202egnp.\u2066exe\u2069\u200b\ufeff",
	"\x1b]0;evil\x07\x00\x08\x7f\u0085\u2028",
	"\xff\xfe\xc0\xafevil",
	`<!-- evil --!><![CDATA[ evil ]]>&lt;&#x3c;evil&#0;`,
	`<svg><desc><script>alert("evil")</script>`,
	`../../evil?x=1#y`,
}

// Fill sets every string below v to s, every time to at, and makes what is empty
// non-empty.
func Fill(v reflect.Value, s string, at time.Time) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Int, reflect.Int64:
		if v.Int() == 0 {
			v.SetInt(3)
		}
	case reflect.Uint64:
		v.SetUint(7)
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		Fill(v.Elem(), s, at)
	case reflect.Slice:
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		}
		for i := range v.Len() {
			Fill(v.Index(i), s, at)
		}
	case reflect.Map:
		m := reflect.MakeMap(v.Type())
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		Fill(key, s, at)
		Fill(value, s, at)
		m.SetMapIndex(key, value)
		v.Set(m)
	case reflect.Struct:
		if t, ok := v.Addr().Interface().(*time.Time); ok {
			*t = at
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				Fill(v.Field(i), s, at)
			}
		}
	}
}
