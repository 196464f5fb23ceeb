package raw

import (
	"bytes"
	"io"
	"slices"
	"unicode/utf8"
)

// keepBytes is how much is kept of a line that is too long.
const keepBytes = 4096

// A lineReader cuts a stream into lines without copying. Its buffer grows to
// the limit and no further; a longer line is skipped to its end.
type lineReader struct {
	r          io.Reader
	limit      int
	buf        []byte
	start, end int // unread bytes are buf[start:end]
	number     int64
	eof        bool
	pending    []line // given back by unread
	// whole returns how much of a text can be decoded without what follows, all
	// whole lines if it is nil.
	whole func(text []byte) int
}

func newLineReader(r io.Reader, limit int) *lineReader {
	return &lineReader{r: r, limit: limit, buf: make([]byte, min(256<<10, limit+2))}
}

// A line is one line without its end of line. text is valid until the next call.
type line struct {
	text    []byte
	number  int64 // from 1
	tooLong bool  // text is only the beginning
}

// next returns the next line, or io.EOF.
func (lr *lineReader) next() (line, error) {
	if len(lr.pending) > 0 {
		l := lr.pending[0]
		lr.pending = lr.pending[1:]
		return l, nil
	}
	searched := 0
	for {
		if i := bytes.IndexByte(lr.buf[lr.start+searched:lr.end], '\n'); i >= 0 {
			text := lr.buf[lr.start : lr.start+searched+i]
			lr.start += len(text) + 1
			return lr.made(text), nil
		}
		searched = lr.end - lr.start
		if lr.eof {
			if searched == 0 {
				return line{}, io.EOF
			}
			text := lr.buf[lr.start:lr.end]
			lr.start = lr.end
			return lr.made(text), nil
		}
		if searched > lr.limit {
			return lr.skip()
		}
		if err := lr.fill(); err != nil {
			return line{}, err
		}
	}
}

// each calls f with all lines that are left.
func (lr *lineReader) each(f func(ln line) error) error {
	for {
		ln, err := lr.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := f(ln); err != nil {
			return err
		}
	}
}

func (lr *lineReader) made(text []byte) line {
	lr.number++
	return makeLine(text, lr.number, lr.limit)
}

// makeLine drops the carriage return, and all but the beginning of a line that
// is too long.
func makeLine(text []byte, number int64, limit int) line {
	if n := len(text); n > 0 && text[n-1] == '\r' {
		text = text[:n-1]
	}
	if len(text) > limit {
		return line{text[:min(keepBytes, len(text))], number, true}
	}
	return line{text, number, false}
}

// skip drops the rest of a line that is too long.
func (lr *lineReader) skip() (line, error) {
	kept := bytes.Clone(lr.buf[lr.start:min(lr.start+keepBytes, lr.end)])
	for {
		if i := bytes.IndexByte(lr.buf[lr.start:lr.end], '\n'); i >= 0 {
			lr.start += i + 1
			break
		}
		lr.start = lr.end
		if lr.eof {
			break
		}
		if err := lr.fill(); err != nil {
			return line{}, err
		}
	}
	lr.number++
	return line{kept, lr.number, true}, nil
}

// fill moves the unread bytes to the front and reads more behind them.
func (lr *lineReader) fill() error {
	if lr.start > 0 {
		lr.end = copy(lr.buf, lr.buf[lr.start:lr.end])
		lr.start = 0
	}
	if lr.end == len(lr.buf) {
		lr.buf = append(lr.buf, make([]byte, len(lr.buf))...)
	}
	n, err := io.ReadAtLeast(lr.r, lr.buf[lr.end:], 1)
	lr.end += n
	if lr.sawEnd(err) {
		return nil
	}
	return err
}

// sawEnd notes the end of the stream.
func (lr *lineReader) sawEnd(err error) bool {
	lr.eof = lr.eof || err == io.EOF
	return err == io.EOF
}

// unread gives lines back, to be returned again. It owns their texts.
func (lr *lineReader) unread(lines []line) {
	lr.pending = append(slices.Clone(lines), lr.pending...)
}

// fault returns what is wrong with the bytes of a line, or nil.
func (l line) fault() *problem {
	switch {
	case l.tooLong:
		return &tooLong
	case bytes.IndexByte(l.text, 0) >= 0:
		return &nulByte
	case !utf8.Valid(l.text):
		return &notUTF8
	}
	return nil
}

var (
	tooLong = problem{"line longer than the limit", "check the end-of-line characters of the file"}
	nulByte = problem{"NUL byte in the line", "the file is damaged or not text; ask for it again"}
	notUTF8 = problem{"not UTF-8", "save the file as UTF-8 text"}
)
