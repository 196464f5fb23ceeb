package store

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/apache/arrow-go/v18/parquet/file"

	"github.com/minewatch/minewatch/datasets"
)

// A SortedReadings is readings in the order of site and time: a file, or some of its
// row groups.
type SortedReadings struct {
	Path   string
	Groups []int32 // nil: all
}

// JoinReadings writes the readings of several sources, of which no site and time is
// twice, in their order to a new file below dir, and returns its temporary name and
// their number. Memory is a batch a source and the readings of one site.
func JoinReadings(dir string, bucket int32, sources []SortedReadings) (name string, rows int64, err error) {
	var open []*readingFile
	defer func() {
		for _, f := range open {
			f.close()
		}
	}()
	batch := max(1024, loadBatch*8/max(8, len(sources)))
	for _, s := range sources {
		f := &readingFile{}
		if err := f.openReadings(s, batch); err != nil {
			return "", 0, fmt.Errorf("%s: %w", s.Path, err)
		}
		open = append(open, f)
	}
	w, err := Create[datasets.Reading](filepath.Clean(dir))
	if err != nil {
		return "", 0, err
	}
	defer func() {
		if err != nil {
			w.Discard()
		}
	}()
	var site []datasets.Reading
	for {
		id, found := "", false
		for _, f := range open {
			if f.left() && (!found || f.site() < id) {
				id, found = f.site(), true
			}
		}
		if !found {
			break
		}
		site = site[:0]
		for _, f := range open {
			if site, err = f.takeReadings(id, bucket, site); err != nil {
				return "", 0, fmt.Errorf("%s: site %s: %w", f.path, id, err)
			}
		}
		if !slices.IsSortedFunc(site, byTime) {
			slices.SortFunc(site, byTime)
		}
		for i := 1; i < len(site); i++ {
			if site[i].TS == site[i-1].TS {
				return "", 0, fmt.Errorf("site %s has %s twice: %w", id, site[i].TS, ErrOrder)
			}
		}
		if err := w.Write(site); err != nil {
			return "", 0, err
		}
	}
	name, err = w.Close()
	return name, w.Rows(), err
}

func byTime(a, b datasets.Reading) int { return cmp.Compare(a.TS, b.TS) }

// A readingFile is a cursor over a file of readings with all their columns.
type readingFile struct {
	loadFile
	varh, source             []int32
	line                     []int64
	varhCol, sourceCol       numbers[int32] // nil where all rows of the group have one value
	lineCol                  numbers[int64]
	lineDelta                deltaNumbers[int64]
	varhIx, sourceIx, lineIx int
}

func (f *readingFile) openReadings(s SortedReadings, batch int) error {
	if err := f.open(s.Path, batch); err != nil {
		return err
	}
	f.groups, f.rest = s.Groups, f
	f.varh, f.source, f.line = make([]int32, batch), make([]int32, batch), make([]int64, batch)
	if err := f.columns(map[string]*int{"varh": &f.varhIx, "src_file": &f.sourceIx, "src_line": &f.lineIx}); err != nil {
		return err
	}
	return f.fill()
}

// openRest opens the columns of a row group that detection does not read.
func (f *readingFile) openRest(g *file.RowGroupReader) (err error) {
	if f.varhCol, err = f.spread(g, f.varhIx, "varh", f.varh); err != nil {
		return err
	}
	if f.sourceCol, err = f.spread(g, f.sourceIx, "src_file", f.source); err != nil {
		return err
	}
	f.lineCol, err = f.int64s(g, f.lineIx, "src_line", &f.lineDelta)
	return err
}

// readRest reads a batch of them.
func (f *readingFile) readRest() error {
	if f.varhCol != nil {
		if err := f.varhCol.read(f.varh[:f.n]); err != nil {
			return err
		}
	}
	if f.sourceCol != nil {
		if err := f.sourceCol.read(f.source[:f.n]); err != nil {
			return err
		}
	}
	return f.lineCol.read(f.line[:f.n])
}

// takeReadings appends the readings of a site, if the cursor stands before them.
func (f *readingFile) takeReadings(site string, bucket int32, rows []datasets.Reading) ([]datasets.Reading, error) {
	for f.left() && f.site() == site {
		end := f.sites[f.run].end
		rows = slices.Grow(rows, end-f.at)
		for i := f.at; i < end; i++ {
			rows = append(rows, datasets.Reading{
				Bucket: bucket, SiteID: site, TS: datasets.Micros(f.ts[i]), Wh: f.wh[i], Quality: datasets.Quality(f.quality[i]),
				IntervalMin: f.interval[i], VArh: f.varh[i], Origin: datasets.Origin{Source: f.source[i], Line: f.line[i]},
			})
		}
		if err := f.skip(); err != nil {
			return nil, err
		}
	}
	if f.left() && f.site() < site {
		return nil, fmt.Errorf("site %s comes later: %w", f.site(), ErrOrder)
	}
	return rows, nil
}
