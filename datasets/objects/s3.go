package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// An S3 keeps objects in a bucket of a server that speaks the S3 protocol. Its keys
// are those of the environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, with
// keys for a time, AWS_SESSION_TOKEN. So are endpoint and region where the address
// names none: AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, AWS_REGION or
// AWS_DEFAULT_REGION.
type S3 struct {
	client         *minio.Client
	bucket, prefix string // the prefix ends in a slash, or is ""
}

var _ Store = (*S3)(nil)

const (
	amazon        = "https://s3.amazonaws.com"
	defaultRegion = "us-east-1"
)

func openS3(u *url.URL) (*S3, error) {
	query := u.Query()
	for key := range query {
		if key != "endpoint" && key != "region" {
			return nil, fmt.Errorf("%s: no parameter %q; there are endpoint and region", u, key)
		}
	}
	if u.Host == "" {
		return nil, fmt.Errorf("%s: want s3://bucket/prefix", u)
	}
	endpoint := first(query.Get("endpoint"), os.Getenv("AWS_ENDPOINT_URL_S3"), os.Getenv("AWS_ENDPOINT_URL"), amazon)
	server, err := url.Parse(endpoint)
	if err != nil || server.Scheme != "http" && server.Scheme != "https" || server.Host == "" || strings.Trim(server.Path, "/") != "" || server.User != nil {
		return nil, fmt.Errorf("endpoint of s3://%s: want https://host or http://host:port", u.Host)
	}
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		if os.Getenv(name) == "" {
			return nil, fmt.Errorf("s3://%s: %s is not set; keys come from the environment", u.Host, name)
		}
	}
	client, err := minio.New(server.Host, &minio.Options{
		Creds:  credentials.NewEnvAWS(),
		Secure: server.Scheme == "https",
		Region: first(query.Get("region"), os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"), defaultRegion),
	})
	if err != nil {
		return nil, fmt.Errorf("s3://%s: %w", u.Host, err)
	}
	s := &S3{client: client, bucket: u.Host}
	if p := strings.Trim(u.Path, "/"); p != "" {
		if err := checkName(p); err != nil {
			return nil, err
		}
		s.prefix = p + "/"
	}
	return s, nil
}

func first(values ...string) string {
	i := slices.IndexFunc(values, func(v string) bool { return v != "" })
	return values[i]
}

func (s *S3) String() string { return strings.TrimSuffix("s3://"+s.bucket+"/"+s.prefix, "/") }

// Get implements [Store].
func (s *S3) Get(ctx context.Context, name string, w io.Writer) error {
	if err := checkName(name); err != nil {
		return err
	}
	o, err := s.client.GetObject(ctx, s.bucket, s.prefix+name, minio.GetObjectOptions{})
	if err != nil {
		return s.explain(name, err)
	}
	defer o.Close()
	if _, err := io.Copy(w, o); err != nil {
		return s.explain(name, err)
	}
	return nil
}

// Put implements [Store]. A server shows an object once all of it has arrived.
func (s *S3) Put(ctx context.Context, name string, r io.ReadSeeker, size int64) error {
	return s.put(ctx, name, r, size, minio.PutObjectOptions{})
}

// PutNew implements [Store] by If-None-Match.
func (s *S3) PutNew(ctx context.Context, name string, r io.ReadSeeker, size int64) error {
	var o minio.PutObjectOptions
	o.SetMatchETagExcept("*")
	return s.put(ctx, name, r, size, o)
}

func (s *S3) put(ctx context.Context, name string, r io.ReadSeeker, size int64, o minio.PutObjectOptions) error {
	if err := checkName(name); err != nil {
		return err
	}
	_, err := s.client.PutObject(ctx, s.bucket, s.prefix+name, r, size, o)
	return s.explain(name, err)
}

// Has implements [Store].
func (s *S3) Has(ctx context.Context, name string) (bool, error) {
	if err := checkName(name); err != nil {
		return false, err
	}
	_, err := s.client.StatObject(ctx, s.bucket, s.prefix+name, minio.StatObjectOptions{})
	err = s.explain(name, err)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// List implements [Store].
func (s *S3) List(ctx context.Context, prefix string) ([]string, error) {
	var names []string
	for o := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.prefix + prefix, Recursive: true}) {
		if o.Err != nil {
			return nil, s.explain(prefix, o.Err)
		}
		if !strings.HasSuffix(o.Key, "/") { // which some programs make as folders
			names = append(names, strings.TrimPrefix(o.Key, s.prefix))
		}
	}
	slices.Sort(names)
	return names, ctx.Err()
}

// Delete implements [Store].
func (s *S3) Delete(ctx context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	err := s.explain(name, s.client.RemoveObject(ctx, s.bucket, s.prefix+name, minio.RemoveObjectOptions{}))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// An s3Error names the object, says what to do where that is known, and is also
// the error of package fs that the server's stands for, if there is one.
type s3Error struct {
	object, remedy string
	err, is        error
}

func (e *s3Error) Error() string { return e.object + ": " + e.err.Error() + e.remedy }

func (e *s3Error) Unwrap() []error {
	if e.is == nil {
		return []error{e.err}
	}
	return []error{e.err, e.is}
}

// explain wraps what the client returned; nil stays nil.
func (s *S3) explain(name string, err error) error {
	if err == nil {
		return nil
	}
	e := &s3Error{object: s.String() + "/" + name, err: err}
	response := minio.ToErrorResponse(err)
	switch {
	case response.Code == minio.NoSuchBucket:
		e.remedy = " Make the bucket, or name another."
	case response.Code == minio.NoSuchKey, response.StatusCode == http.StatusNotFound:
		e.is = fs.ErrNotExist
	case response.Code == minio.PreconditionFailed, response.StatusCode == http.StatusPreconditionFailed:
		e.is = fs.ErrExist
	case response.StatusCode == http.StatusForbidden, response.StatusCode == http.StatusUnauthorized:
		e.is, e.remedy = fs.ErrPermission, " Are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY keys of this server that may read and write the bucket?"
	}
	return e
}
