package store

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/parquet/metadata"

	"github.com/minewatch/minewatch/datasets"
)

// LoadSite reads the readings of one site into l, which it resets; paths as for
// [Loads]. Row groups whose statistics say that the site is not in them are not
// read, so that its cost is a few row groups, not the bucket. A site without
// readings leaves l empty.
func LoadSite(paths []string, siteID string, l *datasets.Load) error {
	l.Reset()
	for _, path := range paths {
		if err := loadSite(path, []byte(siteID), l); err != nil {
			return fmt.Errorf("%s: site %s: %w", path, siteID, err)
		}
	}
	return nil
}

func loadSite(path string, site []byte, l *datasets.Load) (err error) {
	f, err := openLoad(path, site)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.r.Close()) }()
	for f.left() && f.site() < string(site) {
		if err := f.skip(); err != nil {
			return err
		}
	}
	return f.take(string(site), l)
}

// nextGroup is the next row group that is to be read and may hold the site wanted, or
// their number.
func (f *loadFile) nextGroup() int {
	if f.groups != nil {
		if len(f.groups) == 0 {
			return f.r.NumRowGroups()
		}
		group := int(f.groups[0])
		f.groups = f.groups[1:]
		return group
	}
	group := f.group + 1
	for f.only != nil && group < f.r.NumRowGroups() && !f.mayHold(group) {
		group++
	}
	return group
}

// mayHold reads the statistics of the site column. Without them it may.
func (f *loadFile) mayHold(group int) bool {
	s, ok := f.statistics(group, f.siteIx).(*metadata.ByteArrayStatistics)
	return !ok || !s.HasMinMax() || bytes.Compare(s.Min(), f.only) <= 0 && bytes.Compare(f.only, s.Max()) <= 0
}
