package crash

import (
	"strings"
	"testing"
)

func templateOf(message string) string { return string(template(nil, message)) }

func TestTemplate(t *testing.T) {
	for want, messages := range map[string][]string{
		"load cart #: not found":           {"load cart 17: not found", "load cart 99: not found", "load cart -1: not found", "load cart 3fa85f64-5717-4562-b3fc-2c963f66afa6: not found", "load cart aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee: not found"},
		`user "*" has no cart`:             {`user "bob" has no cart`, `user "al ice" has no cart`, "user `x` has no cart", "user 'o' has no cart"},
		"can't read #":                     {"can't read 0xc000012345", "can't read 7", "can't read deadbeef01", "can't read 1.5", "can't read 1,234.5"},
		"order # failed":                   {"order 9b1deb4d failed", "order 7 failed", "order x9f8k2q1zz08 failed", "order deadbeefcafe failed"},
		"dial tcp #: refused":              {"dial tcp 10.0.0.1:443: refused", "dial tcp 127.0.0.1:80: refused", "dial tcp [::1]:80: refused", "dial tcp [fe80::1%eth0]:80: refused"},
		"dial tcp <host>: refused":         {"dial tcp db-7.internal:5432: refused", "dial tcp cache.internal:6379: refused"},
		"lookup <host> on #: no such host": {"lookup db on 10.0.0.2:53: no such host", "lookup db-3.shop.example on 10.0.0.3:53: no such host"},
		"open <path>: no such file":        {"open /etc/shop.yaml: no such file", "open ./a.yaml: no such file", "open ../b: no such file", `open C:\x\y.yaml: no such file`, "open conf/prod/a.yaml: no such file", "open ~/a: no such file"},
		"open a.yaml: no such file":        {"open a.yaml: no such file"},
		"get <url>: EOF":                   {"get https://shop.example/cart?id=7: EOF", "get http://10.0.0.1/: EOF"},
		"mail to <mail> failed":            {"mail to bob@shop.example failed", "mail to alice.b@x.org failed"},
		"took #, limit #":                  {"took 1m30.5s, limit 2m", "took 12ms, limit 500µs"},
		"at # stopped":                     {"at 2026-11-20T20:15:02.123Z stopped", "at 12:30 stopped", "at 2026/11/20 20:15:02 stopped"},
		"pay user=* order=*: declined":     {"pay user=bob order=17: declined", `pay user="al ice" order={1 2}: declined`},
		"a == b, c => d, e = f":            {"a == b, c => d, e = f"},
		"ids [*] are gone":                 {"ids [1 2 3] are gone", "ids [17] are gone", "ids [] are gone", "ids [a b] are gone"},
		"ids # are gone":                   {"ids 1, 2, 3 are gone", "ids 1 2 are gone", "ids 1,2 are gone"},
		"bad cart &{*}":                    {"bad cart &{17 bob [1 2]}", "bad cart &{1 {x} []}"},
		"bad map[*] here":                  {"bad map[a:1 b:2] here", "bad map[] here"},
		"want []string [running]":          {"want []string [running]"},
		"(main.T)":                         {"(main.T) 0xc00001", "(main.T) {A:1 B:2}"},
		"main.T(#)":                        {"main.T(42)", "main.T(-7)"},
		"worker# stopped":                  {"worker7 stopped", "worker19 stopped\nand more"},
		"#":                                {"+1.500000e+000", "1.5", "-3", "7"},
		"main.go:# is wrong":               {"main.go:57 is wrong"},
		"application/json and net/http":    {"application/json and net/http"},
		"":                                 {"", "\nx"},
		"{ [ ( \"":                         {"{ [ ( \""},
	} {
		for _, message := range messages {
			if got := templateOf(message); got != want {
				t.Errorf("template(%q) = %q, want %q", message, got, want)
			}
		}
	}
	if got := templateOf(strings.Repeat("word ", 1000)); len(got) > maxTemplate+10 {
		t.Errorf("template of %d bytes", len(got))
	}
}
