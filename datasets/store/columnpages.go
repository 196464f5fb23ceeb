package store

import (
	"encoding/binary"
	"io"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
)

// pages reads the pages of a column of which no row is null.
type pages struct {
	file.PageReader
	optional   bool // whether pages say of each row whether it is null
	dictionary func(*file.DictionaryPage) error
}

// next returns the number of values of the next page, its body and the encoding. They
// are valid until the next call.
func (p *pages) next() (n int, body []byte, encoding parquet.Encoding, err error) {
	for p.Next() {
		levels := uint64(0)
		switch page := p.Page().(type) {
		case *file.DictionaryPage:
			if p.dictionary == nil {
				return 0, nil, 0, ErrSchema
			}
			if err := p.dictionary(page); err != nil {
				return 0, nil, 0, err
			}
			continue
		case *file.DataPageV1:
			n, body, encoding = int(page.NumValues()), page.Data(), parquet.Encoding(page.Encoding())
			if p.optional {
				if len(body) < 4 {
					return 0, nil, 0, io.ErrUnexpectedEOF
				}
				levels = 4 + uint64(binary.LittleEndian.Uint32(body))
			}
		case *file.DataPageV2:
			n, body, encoding = int(page.NumValues()), page.Data(), parquet.Encoding(page.Encoding())
			levels = uint64(page.DefinitionLevelByteLen()) + uint64(page.RepetitionLevelByteLen())
		}
		if levels > uint64(len(body)) {
			return 0, nil, 0, io.ErrUnexpectedEOF
		}
		return n, body[levels:], encoding, nil
	}
	if err := p.Err(); err != nil {
		return 0, nil, 0, err
	}
	return 0, nil, 0, io.ErrUnexpectedEOF
}
