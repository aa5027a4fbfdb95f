package main

import (
	"bytes"
	"database/sql"
	"database/sql/driver"
	"errors"
	"math"
	"reflect"
	"regexp"
	"strings"
)

func init() {
	register("bytes-buffer-too-large", bytesBufferTooLarge)
	register("strings-repeat-neg", stringsRepeatNegative)
	register("reflect-unexported-set", reflectUnexportedSet)
	register("reflect-zero-value", reflectZeroValue)
	register("regexp-mustcompile", regexpMustCompile)
	register("sql-register-twice", sqlRegisterTwice)
}

// bytesBufferTooLarge makes room for a length that came with the data.
func bytesBufferTooLarge() {
	var message bytes.Buffer
	message.WriteString("header")
	message.Grow(math.MaxInt)
}

// stringsRepeatNegative pads a name that is longer than its column.
func stringsRepeatNegative() {
	name, width := "a long name", 8
	_ = name + strings.Repeat(" ", width-len(name))
}

// reflectUnexportedSet sets a field that begins with a small letter.
func reflectUnexportedSet() {
	var config struct{ timeout int }
	reflect.ValueOf(&config).Elem().FieldByName("timeout").SetInt(30)
}

// reflectZeroValue asks for the type of a field that is not there.
func reflectZeroValue() {
	var config struct{ Timeout int }
	_ = reflect.ValueOf(config).FieldByName("Retries").Type()
}

// regexpMustCompile compiles a pattern that somebody typed.
func regexpMustCompile() {
	typed := "order-[0-9"
	regexp.MustCompile(typed)
}

// sqlRegisterTwice is what happens when two versions of a driver are linked in.
func sqlRegisterTwice() {
	sql.Register("ledger", ledger{})
	sql.Register("ledger", ledger{})
}

// ledger is a driver that opens nothing.
type ledger struct{}

func (ledger) Open(string) (driver.Conn, error) { return nil, errors.New("no such ledger") }
