// Package objectstest gives tests a bucket: of a server of the S3 protocol within
// the test's own process, or of a real one.
package objectstest

import (
	"crypto/rand"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// realServer names the variable with the address of a bucket of a real server, such as
// s3://test?endpoint=http://127.0.0.1:8333. The usual variables hold its keys.
const realServer = "MINEWATCH_TEST_S3"

// Real reports whether tests are to use a real server.
func Real() bool { return os.Getenv(realServer) != "" }

// Address returns the address of a place in a bucket that no other test uses. The
// keys that open it are in the environment.
func Address(t *testing.T) string {
	t.Helper()
	address := os.Getenv(realServer)
	if address == "" {
		t.Setenv("AWS_ACCESS_KEY_ID", "test")
		t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
		backend := s3mem.New()
		if err := backend.CreateBucket("test"); err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(gofakes3.New(backend).Server())
		t.Cleanup(server.Close)
		address = "s3://test?endpoint=" + server.URL
	}
	bucket, query, _ := strings.Cut(address, "?")
	return bucket + "/" + rand.Text() + "?" + query
}
