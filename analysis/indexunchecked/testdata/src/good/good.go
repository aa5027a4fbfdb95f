// Package good holds code that looks like a fault and is none.
package good

import (
	"b"
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"sort"
	"strconv"
	"strings"
)

// There is always a first part.
func first(s string) string { return strings.Split(s, ":")[0] }

// The length is known.
func checked(s string) string {
	parts := strings.Split(s, ":")
	if len(parts) != 2 {
		return ""
	}
	return parts[1]
}

// Through a variable.
func viaVariable(s string) string {
	parts := strings.Split(s, ":")
	n := len(parts)
	if n < 3 {
		return ""
	}
	return parts[2]
}

// Through a boolean.
func viaBool(s string) string {
	parts := strings.Split(s, ":")
	ok := len(parts) == 2 && parts[0] != ""
	if ok {
		return parts[1]
	}
	return ""
}

// The switch knows.
func viaSwitch(s string) string {
	parts := strings.Split(s, ":")
	switch len(parts) {
	case 1:
		return parts[0]
	case 2, 3:
		return parts[1]
	}
	return ""
}

func viaSwitchTrue(s string) string {
	parts := strings.Fields(s)
	switch {
	case len(parts) == 0:
		return ""
	case len(parts) > 2:
		return parts[2]
	default:
		return parts[0]
	}
}

// log.Fatal does not come back.
func fatal() string {
	if len(os.Args) < 2 {
		log.Fatal("usage")
	}
	return os.Args[1]
}

func usage() {
	fmt.Println("usage")
	os.Exit(2)
}

// Nor does a function that exits.
func exits() string {
	if len(os.Args) != 3 {
		usage()
	}
	return os.Args[2]
}

// The short case is replaced.
func replaced(s string) string {
	parts := strings.Split(s, ":")
	if len(parts) < 2 {
		parts = []string{"", ""}
	}
	return parts[1]
}

// It is made longer.
func padded(s string) string {
	parts := strings.Split(s, ":")
	for len(parts) < 3 {
		parts = append(parts, "")
	}
	return parts[2]
}

// Contains has said that there are two.
func contains(s string) string {
	if !strings.Contains(s, "=") {
		return ""
	}
	return strings.Split(s, "=")[1]
}

// So has Count.
func counted(s string) string {
	if strings.Count(s, "=") != 1 {
		return ""
	}
	return strings.SplitN(s, "=", 2)[1]
}

// A helper has asked; what exactly is not looked at.
func valid(parts []string) bool { return len(parts) == 2 }

func viaHelper(s string) string {
	parts := strings.Split(s, ":")
	if !valid(parts) {
		return ""
	}
	return parts[1]
}

func check(parts []string) error {
	if len(parts) != 2 {
		return errors.New("no pair")
	}
	return nil
}

func viaError(s string) (string, error) {
	parts := strings.Split(s, ":")
	if err := check(parts); err != nil {
		return "", err
	}
	return parts[1], nil
}

// The function of the other package gives two, or an error.
func viaPackage(s string) string {
	p, err := b.Pair(s)
	if err != nil {
		return ""
	}
	return p[1]
}

var kv = regexp.MustCompile(`(\w+)=(\w+)`)

// A match has all groups.
func submatch(s string) string {
	m := kv.FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	return m[2]
}

func submatchLen(s string) string {
	if m := kv.FindStringSubmatch(s); len(m) > 0 {
		return m[1]
	}
	return ""
}

func submatchEach(s string) (out []string) {
	for _, m := range kv.FindAllStringSubmatch(s, -1) {
		out = append(out, m[1]+m[2])
	}
	return out
}

func submatchAsked(s string) string {
	if !kv.MatchString(s) {
		return ""
	}
	return kv.FindStringSubmatch(s)[1]
}

// A regular expression that is not known here: who asked for nil knows it.
func submatchOf(re *regexp.Regexp, s string) string {
	m := re.FindStringSubmatch(s)
	if m == nil {
		return ""
	}
	return m[1]
}

// The ok of the map says that there is one.
func header(r *http.Request) string {
	if v, ok := r.Header["X"]; ok {
		return v[0]
	}
	if len(r.Header["Y"]) > 0 {
		return r.Header["Y"][0]
	}
	return ""
}

// Not empty.
func line(in io.Reader) {
	sc := bufio.NewScanner(in)
	for sc.Scan() {
		text := sc.Text()
		if text == "" || text[0] == '#' {
			continue
		}
		if fields := strings.Fields(text); fields[0] == "x" {
			println(text[len(text)-1])
		}
	}
}

func trimmed(in io.Reader) byte {
	sc := bufio.NewScanner(in)
	for sc.Scan() {
		if len(strings.TrimSpace(sc.Text())) == 0 {
			continue
		}
		return strings.TrimSpace(sc.Text())[0]
	}
	return 0
}

func prefixed(s string) byte {
	name := os.Getenv(s)
	if strings.HasPrefix(name, "ab") {
		return name[1]
	}
	return 0
}

// The reader makes sure of the number of fields.
func columns(in io.Reader) string {
	r := csv.NewReader(in)
	r.FieldsPerRecord = 4
	rec, err := r.Read()
	if err != nil {
		return ""
	}
	return rec[3]
}

// Read has filled all of it.
func full(in io.Reader) uint32 {
	buf := make([]byte, 8)
	if _, err := io.ReadFull(in, buf[:4]); err != nil {
		return 0
	}
	return binary.BigEndian.Uint32(buf[4:8])
}

// n is what Read says.
func read(in io.Reader) []byte {
	buf := make([]byte, 512)
	n, _ := in.Read(buf)
	return buf[:n]
}

// The capacity is known to suffice.
func reslice(in io.Reader) []byte {
	buf := make([]byte, 0, 512)
	return buf[:100]
}

// Masks, remainders, bytes.
func table(h uint32, b byte, xs []int) int {
	var t [256]int
	var u [16]int
	sum := t[b] + t[h&0xff] + u[h>>28] + u[b&15] + t[h%256]
	if len(xs) > 0 {
		sum += xs[h%uint32(len(xs))]
	}
	return sum
}

// The number is compared on both sides.
func parsed(s string, xs []string) string {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n >= len(xs) {
		return ""
	}
	return xs[n]
}

// An unsigned comparison takes care of both.
func unsigned(s string, xs []string) string {
	n, _ := strconv.Atoi(s)
	if uint(n) < uint(len(xs)) {
		return xs[n]
	}
	return ""
}

func clamped(s string, xs []string) []string {
	n, _ := strconv.Atoi(s)
	n = max(0, min(n, len(xs)))
	return xs[:n]
}

func clampedIf(s string, xs []string) []string {
	n, _ := strconv.Atoi(s)
	if n < 0 {
		n = 0
	}
	if n > len(xs) {
		n = len(xs)
	}
	return xs[:n]
}

func frame(b []byte) []byte {
	if len(b) < 4 {
		return nil
	}
	n := int(binary.BigEndian.Uint32(b))
	if n > len(b)-4 {
		return nil
	}
	return b[4 : 4+n]
}

func frameOther(b []byte) []byte {
	if len(b) < 4 {
		return nil
	}
	n := binary.BigEndian.Uint16(b)
	b = b[4:]
	if len(b) < int(n) {
		return nil
	}
	return b[:n]
}

// The slice is made with the length.
func made(in io.Reader, head []byte) []byte {
	n := binary.BigEndian.Uint16(head)
	buf := make([]byte, n)
	io.ReadFull(in, buf)
	return buf[:n]
}

// Loops that stop in time.
func next(xs []int) (n int) {
	for i := 0; i < len(xs)-1; i++ {
		n += xs[i+1] - xs[i]
	}
	for i := range xs[1:] {
		n += xs[i+1]
	}
	for i := 1; i < len(xs); i++ {
		n += xs[i-1]
	}
	for i := range xs {
		if i+1 < len(xs) {
			n += xs[i+1]
		}
		if i > 0 {
			n += xs[i-1]
		}
		if i == len(xs)-1 {
			break
		}
		n += xs[i+1]
	}
	for i := len(xs) - 1; i >= 0; i-- {
		n += xs[i]
	}
	for i := len(xs); i > 0; i-- {
		n += xs[i-1]
	}
	for i := 0; i <= len(xs); i++ {
		if i == len(xs) || xs[i] == 0 {
			break
		}
	}
	for i, j := 0, len(xs)-1; i < j; i, j = i+1, j-1 {
		xs[i], xs[j] = xs[j], xs[i]
	}
	return n
}

// A sentinel: the next one is only looked at when this one asks for it, and the
// origin of the list is not known.
func escape(tokens []string) string {
	for i := range tokens {
		if tokens[i] == "--" {
			return tokens[i+1]
		}
	}
	return ""
}

// i <= len is right for slices.
func prefixes(s string) (out []string) {
	for i := 0; i <= len(s); i++ {
		out = append(out, s[:i], s[i:])
	}
	return out
}

// Same length.
func sameLength(xs []string) []string {
	out := make([]string, len(xs))
	for i, x := range xs {
		out[i] = strings.ToUpper(x)
	}
	return out
}

// The lengths were compared.
func twoLists(keys []string, line string) map[string]string {
	values := strings.Split(line, ",")
	if len(values) != len(keys) {
		return nil
	}
	m := make(map[string]string)
	for i, k := range keys {
		m[k] = values[i]
	}
	return m
}

// sort gives indexes within the slice.
func sorted(line string) []string {
	words := strings.Fields(line)
	sort.Slice(words, func(i, j int) bool { return words[i] < words[j] })
	return words
}

// Even.
func pairs(line string) map[string]string {
	words := strings.Fields(line)
	if len(words)%2 != 0 {
		return nil
	}
	m := make(map[string]string)
	for i := 0; i < len(words); i += 2 {
		m[words[i]] = words[i+1]
	}
	return m
}

// -1 is asked for, or makes no difference.
func colon(addr string) string {
	i := strings.Index(addr, ":")
	if i < 0 {
		return addr
	}
	if j := strings.LastIndex(addr, "]"); j != -1 {
		return addr[j:]
	}
	if k := strings.IndexByte(addr, '/'); k > 0 {
		return addr[:k]
	}
	return addr[:i] + addr[strings.LastIndex(addr, "/")+1:]
}

func colonContains(addr string) string {
	if strings.Contains(addr, ":") {
		return addr[:strings.Index(addr, ":")]
	}
	return addr
}

func batches(items []string, size int, use func([]string)) {
	for i := 0; i < len(items); i += size {
		use(items[i:min(i+size, len(items))])
	}
	for i := 0; i < len(items); i += size {
		end := i + size
		if end > len(items) {
			end = len(items)
		}
		use(items[i:end])
	}
}

// Whoever calls this may have asked.
func unknown(xs []string, b []byte, i int) string {
	_ = b[0]
	_ = xs[len(xs)-1]
	return xs[1] + xs[i]
}

type request struct{ Items []string }

func decoded(r *http.Request) string {
	var req request
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		return ""
	}
	if len(req.Items) == 0 {
		return ""
	}
	return req.Items[0]
}

func (r *request) validate() error {
	if len(r.Items) == 0 {
		return errors.New("no items")
	}
	return nil
}

func decodedValidated(r *http.Request) string {
	var req request
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		return ""
	}
	if err := req.validate(); err != nil {
		return ""
	}
	return req.Items[0]
}

// Every caller has asked.
func second(parts []string) string { return parts[1] }

func callsSecond(s string) string {
	parts := strings.Split(s, "/")
	if len(parts) < 2 {
		return ""
	}
	return second(parts)
}

type point struct{ x, y byte }

func (p *point) UnmarshalBinary(data []byte) error {
	if len(data) != 2 {
		return io.ErrUnexpectedEOF
	}
	p.x, p.y = data[0], data[1]
	return nil
}

// The closure runs behind the check.
func closure(line string) func() string {
	parts := strings.Fields(line)
	if len(parts) < 2 {
		return nil
	}
	return func() string { return parts[1] }
}

func consume(data []byte) (n int) {
	for len(data) > 0 {
		n += int(data[0])
		data = data[1:]
	}
	return n
}

func lines(b []byte) (out [][]byte) {
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			return out
		}
		out = append(out, b[:i])
		b = b[i+1:]
	}
}

func either(s string) string {
	parts := strings.Split(s, ",")
	if len(parts) == 3 || len(parts) == 4 {
		return parts[2]
	}
	if len(parts) < 2 || parts[1] == "" {
		return ""
	}
	return parts[1]
}

func ranged(s string) (out string) {
	for i := range strings.Split(s, ",") {
		out += strings.Split(s, ",")[i]
	}
	for i := range s {
		out += s[i : i+1]
	}
	for i := range len(s) {
		out += string(s[i])
	}
	return out
}

func search(xs []int, n int) int {
	i := sort.SearchInts(xs, n)
	if i < len(xs) && xs[i] == n {
		return i
	}
	return -1
}

// What depends on the length is kept in another variable.
func correlated(s string) string {
	parts := strings.Fields(s)
	if len(parts) == 0 {
		return ""
	}
	second := ""
	if len(parts) == 2 {
		second = parts[1]
	}
	if second != "" {
		return parts[1]
	}
	return parts[0]
}

// The state of the program: who put the name there knows its form.
type state struct {
	name  string
	names map[string]int
	buf   []byte
}

func (s *state) kind() string {
	for name := range s.names {
		println(strings.Fields(name)[1])
	}
	return strings.Split(s.name, ".")[1]
}

func (s *state) record(at int) []byte {
	buf := s.buf[at:]
	n := int(binary.BigEndian.Uint16(buf))
	return s.buf[2 : 2+n]
}

// The slice is made longer in between.
func (s *state) grow() *byte {
	n := len(s.buf)
	s.buf = append(s.buf, 0)
	return &s.buf[n]
}

// The map is ranged over, so that the entry is there.
func entries(h http.Header) {
	for name, values := range h {
		for i := range values {
			h[name][i] = strings.TrimSpace(h[name][i])
		}
	}
}

// Names of groups are as many as groups.
func named(re *regexp.Regexp, s string) map[string]string {
	m := re.FindStringSubmatch(s)
	if m == nil {
		return nil
	}
	out := make(map[string]string)
	for i, name := range re.SubexpNames() {
		out[name] = m[i]
	}
	return out
}

// The number is part of what is compared.
func derived(b []byte, extra bool) []byte {
	n := int(binary.BigEndian.Uint16(b))
	need := n
	if extra {
		need += 4
	}
	if need > len(b) {
		return nil
	}
	return b[:n]
}

// NArg is the length of Args.
func command(args []string) []string {
	fs := flag.NewFlagSet("x", flag.ContinueOnError)
	if fs.Parse(args) != nil || fs.NArg() == 0 {
		return nil
	}
	return fs.Args()[1:]
}

// What is wrong is kept, and asked for later.
func late(r *http.Request, pool []string) string {
	var in struct{ Index int }
	if json.NewDecoder(r.Body).Decode(&in) != nil {
		return ""
	}
	wrong := ""
	if in.Index < 0 || in.Index >= len(pool) {
		wrong = "no such index"
	}
	if wrong != "" {
		return wrong
	}
	return pool[in.Index]
}

// The length is asked for outside of the literal.
func paths(data []byte) func() string {
	var list []string
	json.Unmarshal(data, &list)
	n := 0
	if len(list) == 1 {
		n = len(list[0])
	}
	return func() string {
		if n > 0 {
			return list[0]
		}
		return ""
	}
}

// Fixed has room for the longest that one byte can say.
func Fixed(conn io.Reader) (string, error) {
	buf := make([]byte, 1+255)
	if _, err := io.ReadFull(conn, buf[:1]); err != nil {
		return "", err
	}
	l := int(buf[0])
	if _, err := io.ReadFull(conn, buf[1:1+l]); err != nil {
		return "", err
	}
	return string(buf[1 : 1+l]), nil
}

// Trailer asks.
func Trailer(msg []byte) (body, mac []byte) {
	if len(msg) < 10 {
		return nil, nil
	}
	at := len(msg) - 10
	return msg[:at], msg[at:]
}

// The callers of this package give enough.
func trailer(msg []byte) []byte { return msg[len(msg)-10:] }

// HasPrefix compares the lengths first.
func HasPrefix(key, prefix []byte) bool {
	if len(key) < len(prefix) {
		return false
	}
	for i := range prefix {
		if key[i] != prefix[i] {
			return false
		}
	}
	return true
}

// Xor is given two of one length, as its caller knows.
func Xor(dst, a []byte) {
	for i := range a {
		dst[i] ^= a[i]
	}
}

// The address of a dialer has a port.
func dialer(d *net.Dialer) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		return d.DialContext(ctx, network, "127.0.0.1:"+strings.Split(addr, ":")[1])
	}
}

type admin struct{}

// The path has been looked at before the request comes here.
func (a *admin) serve(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/pki/"), "/")
	if len(parts) == 2 && parts[0] == "ca" {
		a.info(w, r)
	}
}

func (a *admin) info(w http.ResponseWriter, r *http.Request) {
	io.WriteString(w, strings.Split(r.URL.Path, "/")[3])
}

func (a *admin) mount(mux *http.ServeMux) { mux.HandleFunc("/pki/", a.serve) }

type lexer struct {
	src    string
	offset int
}

func (l *lexer) next() { l.offset++ }

// The offset is another one behind next.
func (l *lexer) comment() bool {
	from := l.offset - 1
	for l.src[l.offset] != '/' {
		l.next()
	}
	lit := l.src[from:l.offset]
	return len(lit) >= 2 && lit[1] == '*'
}

type spec struct {
	count [16]byte
	value []byte
}

// The table is as large as the greatest of its own entries.
func (s spec) lut() []int {
	most := 0
	for _, v := range s.value {
		most = max(most, int(v))
	}
	lut := make([]int, most+1)
	for k := range s.value {
		lut[s.value[k]] = k
	}
	return lut
}

// The weights are those that the function itself has put there.
func weigh(weights []byte, marks []int, n int) (sum int) {
	for i := range n {
		weights[i] = byte(i % 8)
	}
	for _, w := range weights[:n] {
		sum += marks[w]
	}
	return sum
}

// Runs of equal elements, of which each is found to its end.
func runs(list []int) (out [][]int) {
	for n, i := 0, 0; i < len(list); i += n {
		for n = 1; i+n < len(list); n++ {
			if list[i+n] != list[i] {
				break
			}
		}
		out = append(out, list[i:i+n])
	}
	return out
}

// The first part begins as the whole does, for no separator is in the prefix.
func release(version string) string {
	if !strings.HasPrefix(version, "go") {
		return ""
	}
	return strings.Split(version, " ")[0][2:]
}

func pair(s string) (string, string) {
	parts := strings.SplitN(s, "=", 2)
	return parts[0], parts[1]
}

// Every caller has looked for the separator.
func settings(args []string) (list []string) {
	for _, a := range args {
		if !strings.Contains(a, "=") {
			continue
		}
		k, v := pair(a)
		list = append(list, k, v)
	}
	return list
}

// The system gives name and value.
func environment() (list []string) {
	for _, line := range os.Environ() {
		list = append(list, strings.SplitN(line, "=", 2)[1])
	}
	return list
}

var version = regexp.MustCompile(`([a-z]*)(\d*)`)

// The expression matches everything, nothing included.
func software(name string) string {
	return version.FindAllStringSubmatch(name, -1)[0][1]
}

type decoder struct {
	raw []byte
	off int
}

func (d *decoder) number() (uint64, error) {
	n, size := binary.Uvarint(d.raw[d.off:])
	if size <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	d.off += size
	return n, nil
}

func (d *decoder) length() (int, error) {
	n, err := d.number()
	if err != nil {
		return 0, err
	}
	if n > 0 && n-1 > uint64(len(d.raw)-d.off) {
		return 0, io.ErrUnexpectedEOF
	}
	return int(n) - 1, nil
}

// Compared with what is left, by the function that reads it.
func (d *decoder) text() (string, error) {
	n, err := d.length()
	if err != nil || n < 0 {
		return "", err
	}
	s := string(d.raw[d.off : d.off+n])
	d.off += n
	return s, nil
}

// An offset that was made of two bytes is not negative.
func word(b []byte, at int) (uint16, int, error) {
	if len(b) < at+2 {
		return 0, 0, io.ErrUnexpectedEOF
	}
	return binary.BigEndian.Uint16(b[at : at+2]), at + 2, nil
}

func words(b []byte) error {
	n, at, err := word(b, 0)
	if err != nil {
		return err
	}
	_, _, err = word(b, at+int(n))
	return err
}

type folders struct{ list []string }

// Made as long as what the loop runs over.
func (f *folders) read(raw []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(raw, &parts); err != nil {
		return err
	}
	f.list = make([]string, len(parts))
	for i, p := range parts {
		if err := json.Unmarshal(p, &f.list[i]); err != nil {
			return err
		}
	}
	return nil
}

// A release is never blank.
func toolchain() string { return strings.Fields(runtime.Version())[0] }
