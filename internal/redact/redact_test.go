package redact

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
	"unsafe"
)

// maskedTexts have a secret, and become something else.
var maskedTexts = []struct{ in, want string }{
	// Names and values, as programs write them.
	{"connect: password=hunter2 host=db", "connect: password=[redacted] host=db"},
	{"password = hunter2", "password = [redacted]"},
	{"Password: hunter2", "Password: [redacted]"},
	{"invalid password: swordfish", "invalid password: [redacted]"},
	{`bad line: password "x" pwd="a b c" end`, `bad line: password "x" pwd="[redacted]" end`},
	{`{"user":"bob","password":"hunter2","age":3}`, `{"user":"bob","password":"[redacted]","age":3}`},
	{`{"user": "bob", "password": "hunt\"er2", "age": 3}`, `{"user": "bob", "password": "[redacted]", "age": 3}`},
	{`body: "{\"api_key\":\"abc123\",\"n\":1}"`, `body: "{\"api_key\":\"[redacted]\",\"n\":1}"`},
	{"main.Config{User:bob Password:hunter2 Port:5432}", "main.Config{User:bob Password:[redacted] Port:5432}"},
	{`main.Config{User:"bob", Password:"hunter2", Port:5432}`, `main.Config{User:"bob", Password:"[redacted]", Port:5432}`},
	{"{Inner:{Secret:s3cr3t} N:1}", "{Inner:{Secret:[redacted]} N:1}"},
	{"map[password:hunter2 user:bob]", "map[password:[redacted] user:bob]"},
	{`form["token"]="abc"`, `form["token"]="[redacted]"`},
	{"params: 'secret' => 'abc'", "params: 'secret' => '[redacted]'"},
	{"DB_PASSWORD=p@ss)w0rd!", "DB_PASSWORD=[redacted]"},
	{"env: [HOME=/root AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY]", "env: [HOME=/root AWS_SECRET_ACCESS_KEY=[redacted]]"},
	{"clientSecret=abc refreshToken=def", "clientSecret=[redacted] refreshToken=[redacted]"},
	{"access_token=abc&token_type=bearer&expires_in=3600", "access_token=[redacted]&token_type=[redacted]&expires_in=[redacted]"},
	{"password1=a1 password2=b2", "password1=[redacted] password2=[redacted]"},
	{"host=db user=app password='it is' sslmode=disable", "host=db user=app password='[redacted]' sslmode=disable"},
	{"Server=tcp:db;User Id=app;Password=abc;Encrypt=yes", "Server=tcp:db;User Id=app;Password=[redacted];Encrypt=yes"},
	{"AccountName=a;AccountKey=Zm9vYmFy==;EndpointSuffix=x", "AccountName=a;AccountKey=[redacted];EndpointSuffix=x"},
	{"Invalid API key: 7c4a8d09", "Invalid API key: [redacted]"},
	{"bad session id: 9f8b3c", "bad session id: [redacted]"},
	{"ssn: 078-05-1120", "ssn: [redacted]"},
	{"{Number:1 CVV:123}", "{Number:1 CVV:[redacted]}"},
	{"cannot charge card_number=4000000000000002x", "cannot charge card_number=[redacted]"},
	{"unexpected token=abc123, want none", "unexpected token=[redacted], want none"},
	{"Key (password)=hunter2 exists", "Key (password)=[redacted] exists"},
	{`password := "hunter2"`, `password := "[redacted]"`},
	{"keys: Tokens:[] Token:[116 111 107]", "keys: Tokens:[] Token:[[redacted]]"},

	// Headers.
	{"Authorization: Bearer mytoken", "Authorization: [redacted]"},
	{"Authorization: Basic dXNlcjpwYXNz\nHost: x", "Authorization: [redacted]\nHost: x"},
	{`Authorization: Digest username="bob"`, `Authorization: [redacted]"bob"`},
	{"authorization: abc123", "authorization: [redacted]"},
	{"Proxy-Authorization: Basic Zm9vOmJhcg==", "Proxy-Authorization: [redacted]"},
	{"Cookie: sid=abc; theme=dark\r\nAccept: */*", "Cookie: [redacted]\r\nAccept: */*"},
	{"Set-Cookie: sid=abc; Path=/; HttpOnly", "Set-Cookie: [redacted]"},
	{`"GET / HTTP/1.1\r\nCookie: a=b; c=d\r\nX-Api-Key: k3y\r\n\r\n"`, `"GET / HTTP/1.1\r\nCookie: [redacted]\r\nX-Api-Key: [redacted]\r\n\r\n"`},
	{"map[Accept:[*/*] Authorization:[Bearer abc] Cookie:[a=b; c=d]]", "map[Accept:[*/*] Authorization:[[redacted]] Cookie:[[redacted]]]"},
	{`http.Header{"Authorization":[]string{"Bearer abc"}, "X":[]string{"y"}}`, `http.Header{"Authorization":[]string{[redacted]}, "X":[]string{"y"}}`},
	{"upstream said 401 to Bearer 2YotnFZFEjr1zCsicMWpAA", "upstream said 401 to Bearer [redacted token]"},
	{"curl -H Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "curl -H Basic [redacted token]"},

	{"authorization=Bearer abc cookie=x1y", "authorization=[redacted]"},
	{"cookie=x1y n=3", "cookie=[redacted] n=3"},
	{`{"Authorization":["Bearer abc.def"],"n":1}`, `{"Authorization":[[redacted]],"n":1}`},

	// URLs and data source names.
	{`parse "postgres://bob:hunter2@db:5432/app": bad`, `parse "postgres://[redacted]@db:5432/app": bad`},
	{`parse "postgres://bob:hunt/er2@db/app": invalid port ":hunt" after host`, `parse "postgres://[redacted]@db/app": invalid port "[redacted]" after host`},
	{"mongodb+srv://app:s3cr3t@cluster0.mongodb.net/x", "mongodb+srv://[redacted]@cluster0.mongodb.net/x"},
	{"https://example.com/#access_token=abc", "https://example.com/#access_token=[redacted]"},
	{"GET /v1/users/bob@example.com/orders", "GET /v1/users/[redacted email]/orders"},
	{"redis://:p4ss@cache:6379/0", "redis://[redacted]@cache:6379/0"},
	{"amqp://guest:gu@est@mq/", "amqp://[redacted]@mq/"},
	{"https://0123456789abcdef0123456789abcdef@sentry.example.com/42", "https://[redacted]@sentry.example.com/42"},
	{`Get "https://api.example.com/v1/users?token=abc&page=2": EOF`, `Get "https://api.example.com/v1/users?token=[redacted]&page=[redacted]": EOF`},
	{"GET /reset?code=8271 failed", "GET /reset?code=[redacted] failed"},
	{"(see https://x.example/a?b=c).", "(see https://x.example/a?b=[redacted])."},
	{"https://x.example/?filter[name]=bob#top", "https://x.example/?filter[name]=[redacted]"},
	{"app:s3cr3t@tcp(127.0.0.1:3306)/shop?parseTime=true", "[redacted]@tcp(127.0.0.1:3306)/shop?parseTime=[redacted]"},
	{"dsn=app:s3cr3t@unix(/run/mysqld.sock)/shop", "dsn=[redacted]@unix(/run/mysqld.sock)/shop"},
	{"dial admin:hunter2@cache:6379: refused", "dial [redacted]@cache:6379: refused"},
	{"git clone https://oauth2:glpat-abc@gitlab.example.com/x.git", "git clone https://[redacted]@gitlab.example.com/x.git"},

	// Tokens, keys, keys in PEM, random text.
	{"jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P is bad", "jwt [redacted token] is bad"},
	{"push with ghp_16C7e42F292c6912E7710c838347Ae178B4a failed", "push with [redacted token] failed"},
	{"github_pat_11ABCDEFG0abcdefghijkl_xyz", "[redacted token]"},
	{"slack: xoxb-123456789012-abcdefghij: not_authed", "slack: [redacted token]: not_authed"},
	{"stripe sk_live_4eC39HqLyjWDarjtT1zdp7dc", "stripe [redacted token]"},
	{"credentials AKIAIOSFODNN7EXAMPLE are old", "credentials [redacted token] are old"},
	{"maps key AIzaSyA1234567890abcdefghijklmnopqrstu", "maps key [redacted token]"},
	{"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", "[redacted token]"},
	{"key -----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----\nnext", "key [redacted key]\nnext"},
	{`"-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"`, `"[redacted key]\n"`},
	{"-----BEGIN EC PRIVATE KEY-----\nMHcCAQ", "[redacted key]"},
	{"aes key 2b7e151628aed2a6abf7158809cf4f3c762e7160f38b4da56a784d9045190cfe", "aes key [redacted key]"},
	{"blob q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=", "blob [redacted key]="},
	{"blob q83vEjRW/JCrze8SNFZ4kKvN7x/0VniQq83v+jRWeJA2", "blob [redacted key]"},

	// Personal data.
	{"no user bob.smith+x@mail.example.co.uk", "no user [redacted email]"},
	{"Duplicate entry 'bob@example.com' for key 'users.email'", "Duplicate entry '[redacted]' for key 'users.email'"},
	{"to <bob@example.com>, bob@example.org.", "to <[redacted email]>, [redacted email]."},
	{"jörg@exämple.de", "[redacted email]"},
	{"card 4111 1111 1111 1111 declined", "card [redacted card] declined"},
	{"card 4111-1111-1111-1111.", "card [redacted card]."},
	{"pan=378282246310005", "pan=[redacted card]"},
	{"map[card:4111111111111111]", "map[card:[redacted card]]"},
	{"5555555555554444", "[redacted card]"},
	{"2223003122003222 and 6011 1111 1111 1117", "[redacted card] and [redacted card]"},

	// Statements of SQL.
	{"INSERT INTO u (a, b) VALUES ('bob', 'x y', 3)", "INSERT INTO u (a, b) VALUES ('[redacted]', '[redacted]', 3)"},
	{"insert into u VALUES ('bob')\n('kept')", "insert into u VALUES ('[redacted]')\n('kept')"},
	{"UPDATE u SET name='bob', n=3 where id IN ('a', 'b')", "UPDATE u SET name='[redacted]', n=3 where id IN ('[redacted]', '[redacted]')"},
	{"SELECT * FROM u WHERE name = 'bob' AND id = 3", "SELECT * FROM u WHERE name = '[redacted]' AND id = 3"},
}

func TestTextMasks(t *testing.T) {
	for _, c := range maskedTexts {
		if got := Text(c.in); got != c.want {
			t.Errorf("Text(%q)\n got %q\nwant %q", c.in, got, c.want)
		}
	}
}

func same(a, b string) bool {
	return len(a) == len(b) && unsafe.StringData(a) == unsafe.StringData(b)
}

// TestTextOfMasks: a text that was masked stays as it is.
func TestTextOfMasks(t *testing.T) {
	for _, c := range maskedTexts {
		if got := Text(c.want); !same(got, c.want) {
			t.Errorf("masked again\nfrom %q\nto   %q", c.want, got)
		}
	}
}

// TestTextTellsNoLength: what stands in place of a secret has always the same
// length.
func TestTextTellsNoLength(t *testing.T) {
	for _, c := range [...]struct{ before, secret, after string }{
		{"password=", "x1", " end"},
		{"password: \"", "x1", "\" end"},
		{"a?b=", "x1", "&c"},
		{"u://", "x1", "@host"},
		{"to ", "x1", "@example.com"},
	} {
		short, long := Text(c.before+c.secret+c.after), Text(c.before+strings.Repeat(c.secret, 50)+c.after)
		if short != long || strings.Contains(short, c.secret) {
			t.Errorf("%q: %q and %q", c.before, short, long)
		}
	}
}

func TestTextAllocates(t *testing.T) {
	clean, dirty := strings.Repeat("runtime error: index out of range [3] with length 3\n", 100), "password=x"
	if n := testing.AllocsPerRun(100, func() { Text(clean) }); n != 0 {
		t.Errorf("%v allocations for a text without secrets", n)
	}
	if n := testing.AllocsPerRun(100, func() { Text(dirty) }); n > 2 {
		t.Errorf("%v allocations for one secret", n)
	}
}

// hostile are texts that read in a long time if anything is read twice: see
// BenchmarkTextHostile.
var hostile = []string{
	"token:", "token:(", "cookie:foo ", "a token: \"", "pwd=/", "token=[redacted]", "://", "://@", "://a:1x", "@",
	"a@", "?[", "?a=", "d d=", "d_", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY----- ", "4111 ", "4", "a/",
	"where ='", "into values ('", "invalid port \"", "Bearer ", "eyJ", "\"token\": [", "token:[[redacted", "[redacted ", "x:y@a", "x:y@",
	"goroutine 1 [", "\\\"", "password: a ", "session:\t", "u:p@tcp", "a.b@c.", "token:[]a", "A1b2C3d4/",
}

func BenchmarkTextHostile(b *testing.B) {
	for _, piece := range hostile {
		for _, size := range []int{10_000, 1_000_000} {
			text := strings.Repeat(piece, size/len(piece))
			b.Run(fmt.Sprintf("%q/%d", piece, size), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for i := 0; i < b.N; i++ {
					Text(text)
				}
			})
		}
	}
}

func BenchmarkText(b *testing.B) {
	for name, text := range map[string]string{
		"short": "runtime error: index out of range [3] with length 3",
		"long":  strings.Repeat("dial tcp 10.0.0.1:5432: connect: connection refused (user app, attempt 3)\n", 10_000),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for i := 0; i < b.N; i++ {
				Text(text)
			}
		})
	}
}

func FuzzText(f *testing.F) {
	for _, c := range maskedTexts {
		f.Add(c.in)
	}
	for _, text := range keptTexts {
		f.Add(text)
	}
	for _, piece := range hostile {
		f.Add(piece + piece + piece)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Text(s)
		if twice := Text(once); twice != once {
			t.Errorf("not idempotent\n   s %q\nonce %q\ntwice %q", s, once, twice)
		}
		if utf8.ValidString(s) && !utf8.ValidString(once) {
			t.Errorf("%q became invalid: %q", s, once)
		}
		if len(once) > 16*len(s)+16 {
			t.Errorf("%d bytes became %d", len(s), len(once))
		}
	})
}
