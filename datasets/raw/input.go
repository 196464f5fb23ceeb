package raw

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// headBytes is how much of a file formats see to recognise it.
const headBytes = 64 << 10

// zstdWindow bounds the memory of the Zstandard decoder; the format's own
// recommendation is 8 MiB, and zstd --ultra uses up to 128 MiB.
const zstdWindow = 128 << 20

// An input is a file and the stream of its unpacked bytes.
type input struct {
	path     string
	packing  string // gzip, zstd, zip or ""
	encoding string // "" for UTF-8, or whatever the format says
	file     *os.File
	packed   *meter // the file's own bytes
	r        *bufio.Reader
	limits   Limits
	closer   func()
}

// A meter counts the bytes of the file and keeps the system's error apart
// from those of the unpacking.
type meter struct {
	r   io.Reader
	n   int64
	err error
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.n += int64(n)
	if err != nil && err != io.EOF {
		m.err = err
	}
	return n, err
}

func open(path string, limits Limits) (*input, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil {
		return nil, errors.Join(err, f.Close())
	} else if err := limits.tooLarge(info.Size()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	in := &input{path: path, file: f, packed: &meter{r: f}, limits: limits, closer: func() {}}
	raw := bufio.NewReaderSize(in.packed, 256<<10)
	in.r = raw
	magic, err := raw.Peek(4)
	if err != nil && err != io.EOF {
		return nil, errors.Join(err, f.Close())
	}
	switch {
	case bytes.HasPrefix(magic, []byte("\x1f\x8b")):
		in.packing = "gzip"
		in.unpack(lazyGzip(raw))
	case bytes.HasPrefix(magic, []byte("\x28\xb5\x2f\xfd")):
		in.packing = "zstd"
		z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		in.closer = z.Close
		in.unpack(z)
	}
	return in, nil
}

func (in *input) unpack(r io.Reader) {
	in.r = bufio.NewReaderSize(&guard{r: r, packed: in.packed, limits: in.limits}, 256<<10)
}

// head returns the first bytes without consuming them.
func (in *input) head() ([]byte, error) {
	head, err := in.r.Peek(headBytes)
	if err == io.EOF || err == bufio.ErrBufferFull {
		err = nil
	}
	return head, err
}

func (in *input) close() error {
	in.closer()
	return in.file.Close()
}

// explain turns an error of the unpacking into a fault of the file, and leaves
// faults and errors of the system as they are.
func (in *input) explain(err error) error {
	var f *Fault
	if err == nil || errors.As(err, &f) || in.packed.err != nil || in.packing == "" {
		return err
	}
	var corrupt *corruptError
	if errors.As(err, &corrupt) {
		return &Fault{Reason: "damaged " + in.packing + " data (" + corrupt.err.Error() + ")", Remedy: "ask the sender to deliver the file again"}
	}
	return err
}

// corruptError is an error of the unpacking.
type corruptError struct{ err error }

func (e *corruptError) Error() string { return e.err.Error() }

// lazyGzip opens the gzip stream at the first Read, so that a bad header is
// met where all other damage is.
func lazyGzip(r io.Reader) io.Reader {
	var z *gzip.Reader
	return readerFunc(func(p []byte) (n int, err error) {
		if z == nil {
			if z, err = gzip.NewReader(r); err != nil {
				z = nil
				return 0, unexpected(err)
			}
		}
		return z.Read(p)
	})
}

// unexpected makes an end of file inside a header an error.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// tooLarge is a fault if a file of n bytes is larger than it may be.
func (l Limits) tooLarge(n int64) error {
	if l.Bytes > 0 && n > l.Bytes {
		return &Fault{Reason: "file too large", Remedy: fmt.Sprintf("the limit is %d MiB unpacked", l.Bytes>>20)}
	}
	return nil
}

// A guard stops a stream that unpacks to more than it may, or to implausibly much.
type guard struct {
	r      io.Reader
	packed *meter
	n      int64
	limits Limits
}

func (g *guard) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	g.n += int64(n)
	if err := g.limits.tooLarge(g.n); err != nil {
		return 0, err
	}
	if g.n > g.limits.RatioFrom && g.n/max(g.packed.n, 1) > g.limits.Ratio {
		return 0, &Fault{Reason: "unpacks to more than the allowed multiple of its size", Remedy: "deliver the file unpacked if it really is that large"}
	}
	if err != nil && err != io.EOF {
		err = &corruptError{err}
	}
	return n, err
}
