package store

import (
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	parquetgo "github.com/parquet-go/parquet-go"
)

type deltaRow struct {
	Long  int64 `parquet:"long,delta"`
	Short int32 `parquet:"short,delta"`
}

// Distances of any number of bits, also those that overflow, are read back as they
// were written, in batches that end anywhere.
func TestDeltaOfAnyWidth(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 7))
	for width := range 65 {
		rows := make([]deltaRow, 1+r.IntN(700))
		for i := range rows {
			rows[i] = deltaRow{int64(r.Uint64() >> (64 - width)), int32(r.Uint32() >> max(0, 32-width))}
			if i > 0 && r.IntN(3) > 0 {
				rows[i].Long = rows[i-1].Long + 3_600_000_000 // runs of equal distances
			}
		}
		path := filepath.Join(t.TempDir(), "x.parquet")
		if err := writeDelta(path, rows); err != nil {
			t.Fatal(err)
		}
		f, err := file.OpenParquetFile(path, false)
		if err != nil {
			t.Fatal(err)
		}
		long, err := f.RowGroup(0).GetColumnPageReader(0)
		if err != nil {
			t.Fatal(err)
		}
		short, err := f.RowGroup(0).GetColumnPageReader(1)
		if err != nil {
			t.Fatal(err)
		}
		a, b := deltaNumbers[int64]{pages: pages{PageReader: long}}, deltaNumbers[int32]{pages: pages{PageReader: short}}
		for at := 0; at < len(rows); {
			n := min(1+r.IntN(200), len(rows)-at)
			gotLong, gotShort := make([]int64, n), make([]int32, n)
			if err := errors.Join(a.read(gotLong), b.read(gotShort)); err != nil {
				t.Fatalf("width %d: %v", width, err)
			}
			for i := range n {
				if got := (deltaRow{gotLong[i], gotShort[i]}); got != rows[at+i] {
					t.Fatalf("width %d, row %d: %v, want %v", width, at+i, got, rows[at+i])
				}
			}
			at += n
		}
		if err := a.read(make([]int64, 1)); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("behind the last row: %v", err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func writeDelta(path string, rows []deltaRow) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := parquetgo.NewGenericWriter[deltaRow](f, parquetgo.PageBufferSize(1024))
	_, err = w.Write(rows)
	return errors.Join(err, w.Close(), f.Close())
}

// A given is the one page of a column.
type given struct {
	file.PageReader
	page file.Page
	next int
}

func (g *given) Next() bool { g.next++; return g.next == 1 }

func (g *given) Page() file.Page { return g.page }

func (g *given) Err() error { return nil }

func givenPage(body []byte, rows uint16, encoding parquet.Encoding) pages {
	return pages{PageReader: &given{page: file.NewDataPageV2(memory.NewBufferBytes(slices.Clone(body)), int32(rows), 0, int32(rows), encoding, 0, 0, int32(len(body)), false)}}
}

// Whatever lies in a page, reading it ends, with values or an error.
func FuzzPages(f *testing.F) {
	f.Add([]byte{128, 1, 4, 3, 2, 2, 0, 0, 0, 0}, uint16(3))
	f.Add([]byte{128, 1, 4, 33, 2, 2, 3, 63, 64, 65, 1, 2, 3}, uint16(33))
	f.Add([]byte{2, 6, 1, 3, 0b11100100, 0, 4, 2}, uint16(13))
	f.Fuzz(func(t *testing.T, body []byte, rows uint16) {
		out := make([]int64, rows)
		numbers := deltaNumbers[int64]{pages: givenPage(body, rows, parquet.Encodings.DeltaBinaryPacked)}
		_ = numbers.read(out)
		for _, encoding := range []parquet.Encoding{parquet.Encodings.RLEDict, parquet.Encodings.Plain} {
			sites := dictSites{pages: givenPage(body, rows, encoding), ids: [][]byte{[]byte("a"), []byte("b"), []byte("c"), []byte("d")}}
			for read := 0; read < int(rows); {
				_, n, err := sites.next(int(rows) - read)
				if err != nil {
					break
				}
				if n <= 0 {
					t.Fatalf("a run of %d rows", n)
				}
				read += n
			}
		}
	})
}

// Sites of runs and of rows that each have their own index come in their order.
func TestSitesOfADictionary(t *testing.T) {
	// Six rows of site 1 as a run, then eight rows with indices of two bits.
	body := []byte{2, 6 << 1, 1, 1<<1 | 1, 0b11_10_01_00, 0b00_00_11_11}
	sites := dictSites{pages: givenPage(body, 14, parquet.Encodings.RLEDict), ids: [][]byte{[]byte("a"), []byte("b"), []byte("c"), []byte("d")}}
	got := ""
	for len(got) < 14 {
		id, rows, err := sites.next(4)
		if err != nil {
			t.Fatal(err)
		}
		for range rows {
			got += string(id)
		}
	}
	if want := "bbbbbb" + "abcd" + "ddaa"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if _, _, err := sites.next(1); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("behind the last row: %v", err)
	}
	plain := binary.LittleEndian.AppendUint32(nil, 2)
	texts := dictSites{pages: givenPage(slices.Concat(plain, []byte("xy"), plain, []byte("xz")), 2, parquet.Encodings.Plain)}
	for _, want := range []string{"xy", "xz"} {
		if id, rows, err := texts.next(5); err != nil || rows != 1 || string(id) != want {
			t.Errorf("%q, %d rows, %v; want %s", id, rows, err, want)
		}
	}
}
