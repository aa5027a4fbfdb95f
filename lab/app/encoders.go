package main

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"os"
	"text/template"
)

func init() {
	register("fmt-swallows-string-panic", fmtSwallowsStringPanic)
	register("template-swallows-panic", templateSwallowsPanic)
	register("json-marshaler-panic", jsonMarshalerPanic)
	register("gob-encode-panic", gobEncodePanic)
}

// price has methods that all rely on a currency being set.
type price struct {
	cents    int
	currency *string
}

func (p price) String() string {
	if p.currency == nil {
		panic("price without a currency")
	}
	return fmt.Sprint(p.cents, " ", *p.currency)
}

func (p price) MarshalJSON() ([]byte, error) { return json.Marshal(p.String()) }

func (p price) GobEncode() ([]byte, error) { return []byte(p.String()), nil }

// fmtSwallowsStringPanic shows that package fmt recovers what String, Error, Format
// and GoString panic with, and prints it in place of the value.
func fmtSwallowsStringPanic() {
	fmt.Println("total:", price{cents: 250})
}

// templateSwallowsPanic shows that a template recovers what the functions and
// methods it calls panic with. Execute returns it as an error, without a stack.
func templateSwallowsPanic() {
	page := template.Must(template.New("page").Parse("total: {{.String}}\n"))
	err := page.Execute(os.Stdout, price{cents: 250})
	fmt.Println("error:", err)
}

// jsonMarshalerPanic shows that encoding/json hands panics of a MarshalJSON on: it
// recovers only its own, and repeats the others.
func jsonMarshalerPanic() {
	json.Marshal(price{cents: 250})
}

// gobEncodePanic shows the same of encoding/gob.
func gobEncodePanic() {
	gob.NewEncoder(new(bytes.Buffer)).Encode(price{cents: 250})
}
