package redact

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// keptTexts are messages as Go programs die with them, which must stay.
var keptTexts = []string{
	// The runtime.
	"runtime error: index out of range [3] with length 3",
	"runtime error: slice bounds out of range [:5] with capacity 3",
	"runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x48f5a2]",
	"runtime error: integer divide by zero",
	"runtime error: hash of unhashable type []int",
	"runtime error: makeslice: len out of range",
	"runtime error: cannot convert slice with length 2 to array or pointer to array with length 4",
	"interface conversion: interface {} is string, not int",
	"interface conversion: *session.Token is not auth.Session: missing method Secret",
	"interface conversion: interface {} is map[string]interface {}, not *auth.Credential",
	"assignment to entry in nil map",
	"send on closed channel",
	"close of nil channel",
	"all goroutines are asleep - deadlock!",
	"concurrent map read and map write",
	"sync: negative WaitGroup counter",
	"sync: unlock of unlocked mutex",
	"(main.T) {A:1 B:2}",
	"(*errors.errorString) 0xc000012340",
	"main.Code(42)",
	"main.Token(0x2a)",
	"goroutine 4111 [running]: panic at 0xc0000b4000",
	"unexpected fault address 0x7f3c9a1f1000",
	"runtime: goroutine stack exceeds 1000000000-byte limit",
	"test timed out after 10m0s\n\trunning tests:\n\t\tTestLogin (10m0s)",

	"runtime error: index out of range [4111111111111111] with length 5",
	"runtime error: slice bounds out of range [:4111111111111111] with capacity 5",

	// Places, times, numbers, names.
	"at /srv/app/internal/auth/token.go:412 +0x1d4",
	"auth.go:12: session.go:7: token.go:3",
	"took 1m32.5s, limit 30s, 2026-11-25T23:49:17.123456789Z",
	"started at 1732577357123456789, now 1732577357123",
	"rand 5577006791947779410 8674665223082153551 6129484611666145821",
	"snowflake 1187739412345678901",
	"go1.26.8 linux/amd64 v1.2.3-0.20261125234917-0123456789ab",
	"github.com/acme/shop@v1.4.2/cart.go",
	"github.com/acme/shop@v0.0.0-20261125234917-abcdef.dirty",
	"request 4bf92f3577b34da6a3ce929d0e0e4736 failed",
	"traceparent 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
	"id 6ba7b810-9dad-11d1-80b4-00c04fd430c8",
	"6ba7b810-9dad-11d1-80b4-00c04fd430c8-6ba7b810-9dad-11d1-80b4-00c04fd430c8",
	"commit 3f786850e387550fdab836ed7e6dc881de23001b not found",
	"pull nginx:1.25@sha256:2b7e151628aed2a6abf7158809cf4f3c762e7160f38b4da56a784d9045190cfe: not found",
	"shop-7d4b9c6f5d-x2x9k in namespace payments-production-eu-central-1",
	"[52 49 49 49 49 49 49 49 49 49 49 49 49 49 49 49]",
	"rows 4111 1111 1111 1112",
	"TestHTTP2ServerWithTLS13AndALPNNegotiationFallbackToHTTP1",
	"projects/PROJECT1/locations/US-CENTRAL1/keyRings/R1/cryptoKeys/K1/cryptoKeyVersions/12",
	"/usr/local/go/src/internal/runtime/maps/runtime_swiss_hmap_ABC123.go",
	"github.com/acme/shop/internal/Checkout.(*Cart[go.shape.struct { ID int; Name string }]).Total",
	"git@github.com:acme/shop.git: permission denied",
	"proxy https://modules.example.com/github.com/acme/shop/@v/list: 404",
	"http://[::1]:8080/health: connection refused",
	"listen tcp :8080: bind: address already in use",
	"user@host: permission denied",

	// The standard library and common packages.
	"json: cannot unmarshal string into Go struct field User.password of type int",
	`json: unknown field "password"`,
	"json: unsupported type: chan int",
	"invalid character '}' looking for beginning of object key string",
	"invalid token '}'",
	"unexpected token at line 3",
	"unexpected token: }",
	"unexpected token: '}', want ')'",
	"unexpected token: IDENT",
	"syntax error: unexpected token=, expecting )",
	`strconv.Atoi: parsing "12a": invalid syntax`,
	`strconv.ParseInt: parsing "password=": invalid syntax`,
	`time: unknown unit "x" in duration "3x"`,
	`parsing time "2026-13-01" as "2006-01-02": month out of range`,
	"template: page.html:12:5: executing \"page.html\" at <.User.Password>: can't evaluate field Password in type *main.User",
	"html/template: \"token\" is undefined",
	"reflect: call of reflect.Value.Elem on struct Value",
	"reflect.Value.Interface: cannot return value obtained from unexported field or method",
	"regexp: Compile(`(?P<token>a+`): error parsing regexp: missing closing )",
	"regexp: Compile(`a?b|(?:c=d)|(?=e)`): error parsing regexp: invalid or unsupported Perl syntax: `(?=`",
	"dial tcp 10.0.0.1:5432: connect: connection refused",
	"dial tcp: lookup auth on 10.96.0.10:53: no such host",
	"dial tcp auth:8080: connect: connection refused",
	`Get "http://auth:8080/session": dial tcp: i/o timeout`,
	"context deadline exceeded",
	"read tcp 10.0.0.7:52144->10.0.0.1:6379: i/o timeout",
	"open /etc/secrets/token: no such file or directory",
	"open /run/secrets/db_password: permission denied",
	"http: named cookie not present",
	"http: superfluous response.WriteHeader call from main.f (main.go:7)",
	"http: multiple registrations for /session",
	"x509: certificate signed by unknown authority",
	"tls: failed to verify certificate: x509: certificate is valid for a.example, not b.example",
	"sql: no rows in result set",
	`sql: Scan error on column index 2, name "token": converting NULL to string is unsupported`,
	`pq: password authentication failed for user "app"`,
	`pq: duplicate key value violates unique constraint "users_email_key"`,
	"ERROR: column \"password\" of relation \"users\" does not exist (SQLSTATE 42703)",
	"Error 1045 (28000): Access denied for user 'app'@'10.0.0.7' (using password: YES)",
	"UPDATE users SET password = $1, token = $2 WHERE id = $3",
	"UPDATE users SET password = ? WHERE id=? AND token=?",
	"yaml: line 3: did not find expected key",
	"yaml: unmarshal errors:\n  line 2: field secret not found in type main.Config",
	"proto: cannot parse invalid wire-format data",
	"rpc error: code = Unauthenticated desc = token expired",
	"redis: nil",
	"flag provided but not defined: -token",
	"flag: help requested",
	`exec: "auth": executable file not found in $PATH`,
	"bufio.Scanner: token too long",
	"x: negative cookie count",

	// What messages say about secrets.
	"password: must be at least 8 characters",
	"password: 8 characters at least",
	"Password: required",
	"password is required",
	"password=nil token=<nil> secret=\"\"",
	"password=*** token=******",
	"token expired",
	`oauth2: cannot fetch token: 401 Unauthorized Response: {"error":"invalid_client"}`,
	`oauth2: "invalid_grant" "Token has been expired or revoked."`,
	"jwt: token contains an invalid number of segments",
	"gorilla/sessions: session \"auth-session\": securecookie: hash key is not set",
	`environment variable "API_KEY" must be set`,
	"Key: 'User.Password' Error:Field validation for 'Password' failed on the 'min' tag",
	"basic auth: 401, digest auth: 403",
	"expected ';', got token: NEWLINE(10)",
	"Token: main.Token{Kind:1, Pos:12}",
	"lexer: token=42 pos=3 cookie=0",
	`map[string]interface {}{"token":interface {}(nil)}`,
	"auth=ok session=active token=valid",
	"crypto/bcrypt: hashedPassword is not the hash of the given password",
	"ssh: unable to authenticate, attempted methods [none publickey password], no supported methods remain",
	"token: expired",
	"token: signature is invalid",
	"token: jwt.Parse: unexpected EOF",
	"missing Authorization header",
	"Authorization: missing",
	"authorization: header missing",
	"authorization: bearer token missing",
	"Bearer token is missing",
	"Basic auth required, Bearer realm",
	"auth: connection refused",
	"auth: x509: certificate has expired",
	"session: redis: connection pool exhausted",
	"session: not found",
	"cookie: invalid value",
	"secret: unauthorized",
	"credentials: unavailable",
	`secrets "db-creds" not found`,
	"token_count=512 password_length=3 secretName=db session_timeout=30s card_type=visa",
	"author=bob authority=example discard=3 wildcard=x cardinality=7 secretary=ann",
	"bypass=1 pass=3 first pass: 3 files",
	"token == expected, password != want",
	"{Token:<nil> Secret:0xc000014120 Session:{ID:3} Password:}",
	"main.Config{Password:(*string)(0xc000014120), Token:(*string)(nil)}",
	"PWD=/srv/app OLDPWD=/",
	"token:12:3: expected operand",
	"cannot find where to put it: it's in 'a' or ('b')",
	"sk-learn-compatible-models are slow",
}

func TestTextKeeps(t *testing.T) {
	for _, text := range keptTexts {
		if got := Text(text); !same(got, text) {
			t.Errorf("changed\nfrom %q\nto   %q", text, got)
		}
	}
}

// TestTextKeepsTheRuntimes reads all texts with which the runtimes of Go 1.2 to
// 1.27 can end a program.
func TestTextKeepsTheRuntimes(t *testing.T) {
	data, err := os.ReadFile("../../crash/testdata/messages.tsv")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, line := range strings.Split(string(data), "\n") {
		fields := strings.Split(line, "\t")
		if strings.HasPrefix(line, "#") || len(fields) < 3 {
			continue
		}
		text, err := strconv.Unquote(strings.TrimSuffix(fields[2], "..."))
		if err != nil {
			t.Fatalf("%s: %v", fields[2], err)
		}
		n++
		for _, more := range []string{"", "17", "0xc000012340", "what varies"} {
			if got := Text(text + more); !same(got, text+more) && got != text+more {
				t.Errorf("changed\nfrom %q\nto   %q", text+more, got)
			}
		}
	}
	if n < 2000 {
		t.Errorf("%d texts only", n)
	}
}
