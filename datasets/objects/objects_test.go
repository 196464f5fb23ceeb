package objects

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/minewatch/minewatch/datasets/objects/objectstest"
)

// whole reports whether a store knows all of the protocol: the server for tests takes
// no empty objects, and none in parts.
func whole(s Store) bool {
	_, overS3 := s.(*S3)
	return !overS3 || objectstest.Real()
}

func mustOpen(t *testing.T, address string) Store {
	t.Helper()
	s, err := Open(address)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Every store passes one suite.
func TestStores(t *testing.T) {
	for name, address := range map[string]func(*testing.T) string{
		"folder": func(t *testing.T) string { return t.TempDir() + "/new" },
		"file":   func(t *testing.T) string { return "file://" + t.TempDir() },
		"s3":     objectstest.Address,
	} {
		t.Run(name, func(t *testing.T) {
			s := mustOpen(t, address(t))
			t.Run("what was put is there", func(t *testing.T) { testPut(t, s) })
			t.Run("one of several is new", func(t *testing.T) { testPutNew(t, s) })
			t.Run("several at once", func(t *testing.T) { testAtOnce(t, s) })
			t.Run("interrupted", func(t *testing.T) { testInterrupted(t, s) })
			t.Run("large", func(t *testing.T) { testLarge(t, s) })
			t.Run("names", func(t *testing.T) { testNames(t, s) })
		})
	}
}

func put(t *testing.T, s Store, name, text string) {
	t.Helper()
	if err := s.Put(t.Context(), name, strings.NewReader(text), int64(len(text))); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, s Store, name string) string {
	t.Helper()
	var b bytes.Buffer
	if err := s.Get(t.Context(), name, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func list(t *testing.T, s Store, prefix string) []string {
	t.Helper()
	names, err := s.List(t.Context(), prefix)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func testPut(t *testing.T, s Store) {
	if names := list(t, s, ""); len(names) != 0 {
		t.Errorf("a new store has %v", names)
	}
	if err := s.Get(t.Context(), "a/b", io.Discard); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Get of what is not there: %v", err)
	}
	if has, err := s.Has(t.Context(), "a/b"); has || err != nil {
		t.Errorf("Has of what is not there: %v, %v", has, err)
	}
	if err := s.Delete(t.Context(), "a/b"); err != nil {
		t.Errorf("Delete of what is not there: %v", err)
	}
	put(t, s, "a/b", "one")
	put(t, s, "a/bucket=0001", "two")
	if whole(s) {
		put(t, s, "empty", "")
	}
	put(t, s, "a/b", "three")
	if got := get(t, s, "a/b"); got != "three" {
		t.Errorf("got %q", got)
	}
	if whole(s) && get(t, s, "empty") != "" {
		t.Error("nothing came back as something")
	}
	if has, err := s.Has(t.Context(), "a/b"); !has || err != nil {
		t.Errorf("Has: %v, %v", has, err)
	}
	if got, want := list(t, s, "a/"), []string{"a/b", "a/bucket=0001"}; !slices.Equal(got, want) {
		t.Errorf("List: %v, want %v", got, want)
	}
	for _, name := range list(t, s, "") {
		if err := s.Delete(t.Context(), name); err != nil {
			t.Error(err)
		}
	}
	if names := list(t, s, ""); len(names) != 0 {
		t.Errorf("all was deleted, but %v", names)
	}
}

func testPutNew(t *testing.T, s Store) {
	texts := []string{"first", "second", "third", "fourth"}
	var won atomic.Int32
	var wg sync.WaitGroup
	for _, text := range texts {
		wg.Go(func() {
			err := s.PutNew(t.Context(), "new", strings.NewReader(text), int64(len(text)))
			switch {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, fs.ErrExist):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d of %d were the first", won.Load(), len(texts))
	}
	was := get(t, s, "new")
	if err := s.PutNew(t.Context(), "new", strings.NewReader("late"), 4); !errors.Is(err, fs.ErrExist) {
		t.Errorf("PutNew over an object: %v", err)
	}
	if got := get(t, s, "new"); got != was || !slices.Contains(texts, got) {
		t.Errorf("%q became %q", was, got)
	}
}

// Readers and writers of one name: what is read is what one of them wrote.
func testAtOnce(t *testing.T, s Store) {
	text := func(n int) string { return strings.Repeat(fmt.Sprint(n), 100_000) }
	put(t, s, "busy", text(0))
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			if err := s.Put(t.Context(), "busy", strings.NewReader(text(n)), int64(len(text(n)))); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			var b bytes.Buffer
			if err := s.Get(t.Context(), "busy", &b); err != nil {
				t.Error(err)
				return
			}
			if got := b.String(); got != text(int(got[0]-'0')) {
				t.Errorf("%d bytes of several writers", len(got))
			}
		})
	}
	wg.Wait()
}

// A broken reader stands for a worker that dies while it writes.
type broken struct{ *strings.Reader }

var errBroken = errors.New("broken")

func (b broken) Read(p []byte) (int, error) {
	if b.Len() < 50_000 {
		return 0, errBroken
	}
	return b.Reader.Read(p[:min(len(p), 10_000)])
}

func (b broken) ReadAt(p []byte, at int64) (int, error) {
	if at+int64(len(p)) > 50_000 {
		return 0, errBroken
	}
	return b.Reader.ReadAt(p, at)
}

func testInterrupted(t *testing.T, s Store) {
	text := strings.Repeat("x", 100_000)
	if err := s.Put(t.Context(), "torn", broken{strings.NewReader(text)}, int64(len(text))); err == nil {
		t.Error("no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Put(ctx, "torn", strings.NewReader(text), int64(len(text))); err == nil {
		t.Error("no error once it was cancelled")
	}
	if has, err := s.Has(t.Context(), "torn"); has || err != nil {
		t.Errorf("half an object is there: %v, %v", has, err)
	}
	if slices.Contains(list(t, s, ""), "torn") {
		t.Error("half an object is listed")
	}
}

// An object of more than one part.
func testLarge(t *testing.T, s Store) {
	if !whole(s) {
		t.Skip("the server for tests takes no parts")
	}
	text := strings.Repeat("0123456789", 7_000_000)
	put(t, s, "large", text)
	if get(t, s, "large") != text {
		t.Error("it came back changed")
	}
	if err := s.Delete(t.Context(), "large"); err != nil {
		t.Error(err)
	}
}

func testNames(t *testing.T, s Store) {
	for _, name := range []string{"", ".", "..", "../x", "a/../x", "/x", "a//b", "a/", `a\b`, "a\x00"} {
		for what, err := range map[string]error{
			"Get":    s.Get(t.Context(), name, io.Discard),
			"Put":    s.Put(t.Context(), name, strings.NewReader(""), 0),
			"Delete": s.Delete(t.Context(), name),
		} {
			if err == nil {
				t.Errorf("%s of %q: no error", what, name)
			}
		}
		if _, err := s.Has(t.Context(), name); err == nil {
			t.Errorf("Has of %q: no error", name)
		}
	}
}

// What a server refuses is said with the object and what to do.
func TestWrongKeys(t *testing.T) {
	address := objectstest.Address(t)
	if !objectstest.Real() { // the server for tests knows no keys
		refuse := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `<Error><Code>InvalidAccessKeyId</Code><Message>The access key ID you provided does not exist in our records.</Message></Error>`)
		}))
		t.Cleanup(refuse.Close)
		address = "s3://test/x?endpoint=" + refuse.URL
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "nobody")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "a-secret-of-nobody")
	s := mustOpen(t, address)
	_, hasErr := s.Has(t.Context(), "a")
	_, listErr := s.List(t.Context(), "")
	for what, err := range map[string]error{
		"Get": s.Get(t.Context(), "a", io.Discard), "Put": s.Put(t.Context(), "a", strings.NewReader("x"), 1), "Delete": s.Delete(t.Context(), "a"), "Has": hasErr, "List": listErr,
	} {
		if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), s.String()) || !strings.Contains(err.Error(), "AWS_SECRET_ACCESS_KEY") {
			t.Errorf("%s: %v", what, err)
		}
		if err != nil && strings.Contains(err.Error(), "a-secret-of-nobody") {
			t.Errorf("%s tells the secret: %v", what, err)
		}
	}
}

func TestMissingBucket(t *testing.T) {
	if objectstest.Real() {
		t.Skip("some servers make a bucket when it is first named")
	}
	s := mustOpen(t, strings.Replace(objectstest.Address(t), "s3://test", "s3://missing", 1))
	if err := s.Put(t.Context(), "a", strings.NewReader("x"), 1); err == nil || !strings.Contains(err.Error(), "Make the bucket, or name another.") {
		t.Error(err)
	}
	if err := s.Get(t.Context(), "a", io.Discard); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no bucket passes for no object: %v", err)
	}
}

// A connection that breaks in the middle of an upload is tried again; the object is
// whole.
func TestBrokenConnection(t *testing.T) {
	u, err := url.Parse(objectstest.Address(t))
	if err != nil {
		t.Fatal(err)
	}
	server, err := url.Parse(u.Query().Get("endpoint"))
	if err != nil {
		t.Fatal(err)
	}
	var breaks atomic.Int32
	breaks.Store(2)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut && breaks.Add(-1) >= 0 {
			_, _ = io.CopyN(io.Discard, r.Body, 20_000)
			hang(t, w)
			return
		}
		p := httputil.NewSingleHostReverseProxy(server)
		p.ServeHTTP(w, r) // Host stays that of the proxy, as it was signed
	}))
	t.Cleanup(proxy.Close)
	s := mustOpen(t, "s3://"+u.Host+u.Path+"?endpoint="+proxy.URL)
	text := strings.Repeat("y", 200_000)
	put(t, s, "retried", text)
	if get(t, s, "retried") != text || breaks.Load() >= 0 {
		t.Errorf("%d bytes after %d breaks", len(get(t, s, "retried")), 2-breaks.Load())
	}
}

// hang closes the connection of a request without an answer.
func hang(t *testing.T, w http.ResponseWriter) {
	t.Helper()
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a reset
	}
	conn.Close()
}

func TestOpen(t *testing.T) {
	for _, name := range []string{"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "key")
	for address, want := range map[string]string{
		"relative/folder":          "relative/folder",
		"/folder":                  "/folder",
		"file:///a/b":              "/a/b",
		"s3://bucket":              "s3://bucket",
		"s3://bucket/":             "s3://bucket",
		"s3://bucket/a/b/":         "s3://bucket/a/b",
		"s3://b/a?region=kz-ala-1": "s3://b/a",
	} {
		if s := mustOpen(t, address); s.String() != want {
			t.Errorf("%s: %s, want %s", address, s, want)
		}
	}
	for address, want := range map[string]string{
		"s3://id:key@bucket/a":                      "keys do not belong into an address",
		"s3://id:key/%zz":                           "no URL",
		"s3://":                                     "want s3://bucket/prefix",
		"s3://bucket/../a":                          "no name",
		"s3://bucket?endpoint=host":                 "want https://host",
		"s3://bucket?endpoint=ftp://host":           "want https://host",
		"s3://bucket?endpoint=https://host/path":    "want https://host",
		"s3://bucket?endpoint=https://id:key@host/": "want https://host",
		"s3://bucket?secret=key":                    `no parameter "secret"`,
		"gs://bucket":                               "want a folder",
		"file://host/a":                             "want file:///folder",
	} {
		_, err := Open(address)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "id:key") {
			t.Errorf("%s: the message tells the key: %v", address, err)
		}
	}
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	if _, err := Open("s3://bucket"); err == nil || !strings.Contains(err.Error(), "AWS_SECRET_ACCESS_KEY is not set") {
		t.Errorf("without a key: %v", err)
	}
}
