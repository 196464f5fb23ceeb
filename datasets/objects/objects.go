// Package objects keeps named objects where several machines reach them: in a
// folder that they share, or with a server of the S3 protocol.
//
// A [Store] knows no more than whole objects: [Store.Get], [Store.Put] and their
// kin. A reader sees an object as one Put left it, or not at all; what an
// interrupted Put leaves is never seen. [Open] chooses the implementation by
// URL. Names are paths with slashes, relative to what the URL names.
package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"
)

// A Store keeps objects. All of its methods may be called at once, from several
// processes too.
type Store interface {
	// Get copies an object to w. The error is fs.ErrNotExist if there is none; w
	// may have got a part of it after any other.
	Get(ctx context.Context, name string, w io.Writer) error
	// Put makes size bytes of r the object, in place of an earlier one.
	Put(ctx context.Context, name string, r io.ReadSeeker, size int64) error
	// PutNew is Put that leaves an earlier object alone: the error is then
	// fs.ErrExist. Of several at once one succeeds, where the server knows
	// conditional writes; another server lets the last one win.
	PutNew(ctx context.Context, name string, r io.ReadSeeker, size int64) error
	// Has reports whether there is an object of that name.
	Has(ctx context.Context, name string) (bool, error)
	// List returns the names of all objects that begin with prefix, sorted.
	List(ctx context.Context, prefix string) ([]string, error)
	// Delete removes an object. That there is none is no error.
	Delete(ctx context.Context, name string) error
	// String names the place for messages, without secrets.
	String() string
}

// Open returns the store at an address: a folder, file:///folder, or
// s3://bucket/prefix?endpoint=http://host:port&region=name. Nothing is asked of a
// server yet. Keys of a server come from the environment alone, see [S3].
func Open(address string) (Store, error) {
	if !strings.Contains(address, "://") {
		return NewFolder(address), nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("the address is no URL; if a key is in it, keys do not belong there") // the error would show it
	}
	if u.User != nil {
		return nil, fmt.Errorf("%s: keys do not belong into an address; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", u.Redacted())
	}
	switch u.Scheme {
	case "file":
		if u.Host != "" || u.Path == "" {
			return nil, fmt.Errorf("%s: want file:///folder", address)
		}
		return NewFolder(u.Path), nil
	case "s3":
		return openS3(u)
	default:
		return nil, fmt.Errorf("%s: want a folder, file:///folder or s3://bucket/prefix", address)
	}
}

// checkName refuses names that could lead out of the store.
func checkName(name string) error {
	if name == "" || name == "." || path.Clean(name) != name || path.IsAbs(name) || strings.HasPrefix(name, "..") || strings.ContainsAny(name, "\\\x00") {
		return fmt.Errorf("%q is no name of an object", name)
	}
	return nil
}
