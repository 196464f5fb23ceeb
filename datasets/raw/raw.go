package raw

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/minewatch/minewatch/datasets"
)

// Version is raised when this package reads some file otherwise than before,
// so that files taken in by an older one are read again.
const Version = 4

// BatchRows is the number of rows in a full batch.
const BatchRows = 4096

// Limits keep memory and time bounded whatever a file holds. A file beyond one of
// them is refused, but a line that is too long only as a row.
type Limits struct {
	LineBytes int   // longest line, quoted record of several lines, or XML element
	Columns   int   // most columns of a header
	Depth     int   // most XML elements within each other
	Rows      int64 // most rows of a file; 0 for any number
	Bytes     int64 // most bytes of a file when unpacked; 0 for any number
	Ratio     int64 // most bytes unpacked from one packed byte …
	RatioFrom int64 // … once this many bytes were unpacked
}

// DefaultLimits returns the limits that minewatch.yaml starts from.
func DefaultLimits() Limits {
	return Limits{LineBytes: 1 << 20, Columns: 2000, Depth: 32, Ratio: 1000, RatioFrom: 64 << 20}
}

// Options are what the content of a file does not say.
type Options struct {
	Zone    *time.Location // of times without offset
	Buckets int            // a power of two, see datasets.BucketOf
	Source  int32          // delivery number, kept in every row's origin
	Workers int            // that decode blocks of one text; 0 for none, line by line
	block   int            // bytes of a block; 0 is blockBytes
	Limits  Limits
	Mapping *Mapping          // nil if the file's header is the table's
	Given   map[string]string // values that the file's name gives, by column
}

// A Fault says what is wrong with a record, or with a whole file, and what
// its sender can do.
type Fault struct {
	Line   int64  `json:"line,omitempty"`   // line of a text, row of a Parquet file, from 1; 0 for the file
	Column string `json:"column,omitempty"` // as delivered; "" for the whole record
	Reason string `json:"reason"`           // from a small set, so that faults can be counted by it
	Remedy string `json:"remedy,omitempty"`
	Raw    string `json:"-"` // the record as delivered
}

func (f *Fault) Error() string {
	s := f.Key()
	if f.Line > 0 {
		s = fmt.Sprintf("line %d: %s", f.Line, s)
	}
	if f.Remedy != "" {
		s += "; " + f.Remedy
	}
	return s
}

// Key returns column and reason, under which faults are counted.
func (f *Fault) Key() string {
	if f.Column == "" {
		return f.Reason
	}
	return f.Column + ": " + f.Reason
}

// A Summary is what was found in one file. Rows = Accepted + the sum of Quarantined.
type Summary struct {
	Format      string           // name of the format, with the packing, e.g. "csv;gzip"
	Rows        int64            // records in the file
	Accepted    int64            // rows handed on
	Quarantined map[string]int64 // refused records by Fault.Key
	Skipped     map[string]int64 // lines and records that are none of this table, by what they are; not among Rows
	Warnings    map[string]int64 // accepted but doubtful, by column and doubt
	Columns     []Use            // what became of each delivered column; nil for formats without a header
	Ignored     []string         // columns that the table does not have
	Wh          int64            // sum of the energy of the accepted rows, if the table has energy
	First, Last datasets.Micros  // least and greatest key time of the accepted rows, if it has one
	Open        bool             // a log of connections that were still open: final records count more
	Refused     *Fault           // the whole file is refused; nothing else holds then
}

func newSummary() Summary {
	return Summary{Quarantined: map[string]int64{}, Skipped: map[string]int64{}, Warnings: map[string]int64{}}
}

// A Sink receives what Read finds, in the order of the file.
type Sink[R any] struct {
	Accept func(rows []R) error // batches of at most BatchRows; the slice is reused
	Refuse func(f Fault) error
}

// Read decodes the file at path into rows of t, whose row type must be R. The
// error is that of a broken system or of the sink; a bad file is told by
// Summary.Refused.
func Read[R any](path string, t *datasets.Table, o Options, sink Sink[R]) (Summary, error) {
	row := new(R)
	batch := make([]R, 0, BatchRows)
	l := newLoader(t, o, row)
	flush := func() error {
		err := sink.Accept(batch)
		batch = batch[:0]
		return errors.Join(err, l.tooMany())
	}
	l.fork = func() *worker { return newWorker[R](l) }
	l.refuse = func(f Fault) error {
		if err := l.tooMany(); err != nil {
			return err
		}
		return sink.Refuse(f)
	}
	l.clear = func() { *row = *new(R) }
	l.accept = func() error {
		batch = append(batch, *row)
		if len(batch) < cap(batch) {
			return nil
		}
		return flush()
	}
	// Rows that workers made wait behind those of the loader itself.
	l.acceptAll = func(rows any) error {
		if len(batch) > 0 {
			if err := flush(); err != nil {
				return err
			}
		}
		for part := range slices.Chunk(rows.([]R), BatchRows) {
			if err := sink.Accept(part); err != nil {
				return err
			}
		}
		return l.tooMany()
	}
	err := decode(path, l)
	if err == nil {
		err = l.finish()
	}
	if err == nil && len(batch) > 0 {
		err = flush()
	}
	var f *Fault
	if errors.As(err, &f) {
		l.sum.Refused = f
		err = nil
	}
	if err != nil {
		return l.sum, fmt.Errorf("read %s: %w", path, err)
	}
	return l.sum, nil
}

// tooMany is a fault once the file has more rows than it may have.
func (l *loader) tooMany() error {
	if most := l.options.Limits.Rows; most > 0 && l.sum.Rows > most {
		return &Fault{Reason: "too many rows", Remedy: fmt.Sprintf("the limit is %d", most)}
	}
	return nil
}

// decode opens the file and lets the format that knows its head read it.
func decode(path string, l *loader) (err error) {
	in, err := open(path, l.options.Limits)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.close()) }()
	head, err := in.head()
	if err != nil {
		return in.explain(err)
	}
	if bytes.HasPrefix(head, zipMagic) || bytes.HasPrefix(head, emptyZip) {
		return in.zip(l)
	}
	return in.stream(l)
}

// stream reads what is no archive.
func (in *input) stream(l *loader) error {
	head, err := in.head()
	if err == nil {
		head, err = in.recode(head)
	}
	if err != nil {
		return in.explain(err)
	}
	if len(head) == 0 {
		return &Fault{Reason: "empty file", Remedy: "ask the sender to deliver it again"}
	}
	format := sniff(head)
	if format == nil {
		return unknown(head)
	}
	l.sum.Format = format.Name()
	if in.encoding != "" {
		l.sum.Format += ";" + in.encoding
	}
	if in.packing != "" && in.packing != "zip" {
		l.sum.Format += ";" + in.packing
	}
	return in.explain(format.decode(in, l))
}
